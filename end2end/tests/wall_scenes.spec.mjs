// The wall of a control room: scenes that are addresses and change by the server's clock, figures, districts, alarms without
// names, platforms that went silent, several screens that form one picture. Nothing on it can be touched.
import { expect, figure, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { holdMap, seePixels } from "../harness/instruments.mjs";

const HD = { width: 1920, height: 1080 };
const UHD = { width: 3840, height: 2160 };
test.use({ viewport: HD });

/** In the middle of Huangpu, of Pudong, of Songjiang. */
const HUANGPU = { lon: 121.485, lat: 31.225 };
const PUDONG = { lon: 121.54, lat: 31.22 };
const SONGJIANG = { lon: 121.23, lat: 31.03 };

const vehicle = (serial, place, more) => ({
  vin: `LTEST00000W${String(serial).padStart(6, "0")}`,
  ...place,
  speed_kmh: 30,
  soc: 55,
  odometer_km: 1234.5,
  state: "started",
  charging: false,
  alarm_level: 0,
  ...more,
});
// So few are told to nobody otherwise.
const TELL_ALL = ["--suppress-below", "0"];
const FLEET = [
  vehicle(1, PUDONG),
  vehicle(2, { lon: 121.56, lat: 31.21 }),
  vehicle(3, SONGJIANG, { state: "off", charging: true, speed_kmh: 0 }),
  vehicle(4, HUANGPU, { alarm_level: 2 }),
];

/** A stream of few vehicles, a server, and a screen's page that shows the wall of this address. */
async function hang(page, programs, query, fleet = FLEET) {
  const dataDir = programs.folder();
  const stream = await programs.stream(fleet);
  const server = await programs.server({ telemetry: [stream.url], dataDir, args: TELL_ALL });
  const screen = await programs.user(dataDir, "wall-1", "screen");
  await signIn(page, { ...screen, url: server.url }, `/wall${query}`);
  return { stream, server, dataDir, url: (query) => `${server.url}/wall${query}` };
}

test("every scene is an address, and the wall says which it is and counts what it is about", async ({ page, programs }) => {
  const { url } = await hang(page, programs, "?scene=charging");
  await expect(page.getByTestId("headline")).toHaveText("Charging now");
  await expect.poll(() => figure(page, "drawn")).toBe(1);
  await expect(page.getByTestId("bar").first()).toHaveText("Songjiang1");
  await page.goto(url("?scene=alarms"));
  await expect(page.getByTestId("headline")).toHaveText("Vehicles with an alarm");
  await expect.poll(() => figure(page, "drawn")).toBe(1);
  await page.goto(url("?scene=districts"));
  await expect(page.getByTestId("headline")).toHaveText(/^Districts · \S/);
  await page.goto(url("?scene=city&every=60"));
  await expect(page.getByTestId("headline")).toHaveText("The whole city");
  await expect(page.getByTestId("odd-address")).toHaveCount(0);
  await expect.poll(() => figure(page, "drawn")).toBe(4);
  await expect.poll(() => figure(page, "registered")).toBe(4);
  expect(await figure(page, "live")).toBe(4);
  await expect.poll(() => figure(page, "board-driving")).toBe(3);
  expect(await figure(page, "board-charging")).toBe(1);
  expect(await figure(page, "board-alarms")).toBe(1);
  await expect.poll(() => figure(page, "rate")).toBe(4);
  await expect(page.getByTestId("newest")).toHaveText(/^[012] s$/);
  await expect(page.getByTestId("clock")).toContainText(/\d\d:\d\d:\d\d/);
  await expect(page.getByTestId("clock"), "the time zone of the screen").toContainText("GMT+8");
  await expect(page.getByTestId("bar").first()).toHaveText("Pudong2");
  await expect(page.getByTestId("bar")).toHaveCount(16);
});

test("an address that is not understood is said, and the wall shows everything", async ({ page, programs }) => {
  await hang(page, programs, "?scene=moon");
  await expect(page.getByTestId("odd-address")).toContainText("/wall?scene=city");
  await untilDrawn(page);
});

test("two screens change their scenes in the same moment, whenever they were switched on", async ({ page, context, programs }) => {
  const { url } = await hang(page, programs, "?every=5");
  const watch = async (screen) => {
    // The wall of the script has taken the place of the server's.
    await expect(screen.locator("html[data-live]")).toBeAttached();
    await screen.evaluate(() => {
      globalThis.changes = [];
      const wall = document.querySelector("main.wall");
      new MutationObserver(() => changes.push([wall.dataset.turn, wall.dataset.scene, Date.now()])).observe(wall, { attributeFilter: ["data-turn"] });
    });
  };
  await watch(page);
  const other = await context.newPage();
  await other.goto(url("?every=5"));
  await watch(other);
  const seen = (screen) => screen.evaluate(() => changes);
  await expect.poll(async () => (await seen(other)).length, { timeout: 60_000 }).toBeGreaterThan(2);
  const [first, second] = [await seen(page), await seen(other)];
  const order = ["city", "districts", "charging", "alarms"];
  for (const [turn, scene, at] of second) {
    expect(scene, "the server's clock decides").toBe(order[Number(turn) % 4]);
    const there = first.find(([same]) => same === turn);
    if (!there) continue;
    expect(there[1]).toBe(scene);
    // Both change with the same tick; what is more is what two browsers take on a busy machine.
    expect(Math.abs(there[2] - at), `turn ${turn}`).toBeLessThan(4_000);
  }
  expect(second.filter(([turn]) => first.some(([same]) => same === turn)).length).toBeGreaterThan(1);
});

test("a new serious alarm stands in the strip with district and age, and nothing of it names the vehicle", async ({ page, programs }) => {
  const heard = [];
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => heard.push(Buffer.from(payload))));
  const { stream } = await hang(page, programs, "?scene=city");
  await untilDrawn(page);
  await expect(page.getByTestId("strip")).toContainText("None in the last ten minutes");
  stream.say(vehicle(5, SONGJIANG, { alarm_level: 4 }), vehicle(6, PUDONG, { alarm_level: 3 }));
  const news = page.getByTestId("alarm-news");
  await expect(news).toHaveCount(2);
  await expect(news.filter({ hasText: "Songjiang" })).toHaveText(/^level 4 · Songjiang · \d+ s$/);
  await expect(news.filter({ hasText: "Pudong" })).toHaveText(/^level 3 · Pudong · \d+ s$/);
  await expect(page.getByTestId("board-severe")).toContainText("4");
  expect(await page.content()).not.toContain("LTEST");
  expect(page.url()).not.toContain("LTEST");
  expect(heard.length).toBeGreaterThan(3);
  for (const frame of heard) expect(frame.includes("LTEST")).toBe(false);
});

test("when a platform goes silent its dots turn hollow and it is named, and both end when it is back", async ({ page, programs }) => {
  await seePixels(page);
  const { stream } = await hang(page, programs, "?scene=city", [vehicle(1, PUDONG)]);
  const port = Number(new URL(stream.url).port);
  await untilDrawn(page);
  const lit = () => page.evaluate(() => evwallLit());
  await expect.poll(lit, "a whole disc of three pixels").toBe(9);
  await stream.stop();
  const away = page.getByTestId("board-away");
  await expect(away).toContainText(`127.0.0.1:${port} · no connection`);
  await expect(page.getByTestId("board-hollow")).toContainText("drawn hollow", { timeout: 30_000 });
  await expect.poll(lit, "its outline alone").toBe(4);
  expect(await figure(page, "cut-off")).toBe(1);

  await programs.stream([vehicle(1, PUDONG)], { port });
  await expect(away).toBeHidden({ timeout: 30_000 });
  await expect.poll(lit).toBe(9);
});

const tile = (number) => `?scene=city&span=2x2&tile=${number}`;

test("the screens of a span form one picture, and panels stand on it once", async ({ page, context, programs }) => {
  await page.setViewportSize({ width: 960, height: 540 });
  await holdMap(page);
  const { url } = await hang(page, programs, tile(1));
  const screens = [page, await context.newPage(), await context.newPage(), await context.newPage()];
  for (const [ix, screen] of screens.entries()) {
    if (ix > 0) {
      await screen.setViewportSize({ width: 960, height: 540 });
      await holdMap(screen);
      await screen.goto(url(tile(ix + 1)));
    }
    await expect(screen.getByTestId("map")).not.toHaveClass(/stale/, { timeout: 60_000 });
    await screen.waitForFunction(() => globalThis.evwallMap?.loaded());
    // Zoom 9.6 is for one screen of 1920 × 1080, which is what these four are together.
    await expect.poll(() => screen.evaluate(() => evwallMap.getZoom())).toBeCloseTo(9.6, 3);
    const panels = ["headline", "board", "strip", "foot"];
    const there = await Promise.all(panels.map((id) => screen.getByTestId(id).count()));
    expect(there, `panels of tile ${ix + 1}`).toEqual([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]][ix]);
  }
  const edges = () => {
    const bounds = evwallMap.getBounds();
    return { west: bounds.getWest(), east: bounds.getEast(), north: bounds.getNorth(), south: bounds.getSouth() };
  };
  // All at once, and again where the picture was just being moved to spare the screens.
  await expect(async () => {
    const [a, b, c, d] = await Promise.all(screens.map((screen) => screen.evaluate(edges)));
    // A pixel is 0.0009 degrees here.
    for (const [one, other] of [[a.east, b.west], [c.east, d.west], [a.south, c.north], [b.south, d.north], [a.west, c.west], [b.north, a.north]]) {
      expect(Math.abs(one - other)).toBeLessThan(0.0005);
    }
  }).toPass({ timeout: 30_000 });
});

for (const [size, viewport] of [["1080p", HD], ["4K", UHD]]) {
  test(`at ${size} everything is on the screen, nothing overlaps, and there is neither control nor cursor`, async ({ page, programs }) => {
    await page.setViewportSize(viewport);
    await hang(page, programs, "?scene=alarms", [...FLEET, vehicle(5, SONGJIANG, { alarm_level: 4 })]);
    await untilDrawn(page);
    await expect(page.getByTestId("bar")).toHaveCount(16);
    const boxes = await page.evaluate(() =>
      [".title", ".side", ".legend", ".strip", ".foot", ".maplibregl-ctrl-attrib"].map((name) => {
        const { left, top, right, bottom } = document.querySelector(name).getBoundingClientRect();
        return { name, left, top, right, bottom };
      }),
    );
    for (const box of boxes) {
      expect(box.left >= 0 && box.top >= 0 && box.right <= viewport.width && box.bottom <= viewport.height, JSON.stringify(box)).toBe(true);
      for (const other of boxes.filter((other) => other !== box)) {
        const apart = box.right <= other.left || other.right <= box.left || box.bottom <= other.top || other.bottom <= box.top;
        expect(apart, `${JSON.stringify(box)} and ${JSON.stringify(other)}`).toBe(true);
      }
    }
    const sizes = await page.evaluate(() =>
      ["board-driving", "headline"].map((id) => Number.parseFloat(getComputedStyle(document.querySelector(`[data-testid=${id}]`)).fontSize)),
    );
    const larger = viewport.width / HD.width;
    for (const [ix, base] of [28, 36.8].entries()) expect(sizes[ix]).toBeCloseTo(base * larger, 0);
    await expect(page.locator("button, input, select, summary, [tabindex='0']").filter({ visible: true })).toHaveCount(0);
    const cursors = await page.evaluate(() => {
      const seen = new Set();
      for (let x = 5; x < innerWidth; x += 97) {
        for (let y = 5; y < innerHeight; y += 97) seen.add(getComputedStyle(document.elementFromPoint(x, y)).cursor);
      }
      return [...seen];
    });
    expect(cursors).toEqual(["none"]);
    // Nobody moves the map either.
    const lit = () => page.getByTestId("dots").evaluate((canvas) => canvas.toDataURL());
    await page.mouse.move(900, 500);
    await page.mouse.wheel(0, -800);
    await page.keyboard.press("ArrowRight");
    await expect(page.getByTestId("headline")).toBeVisible();
    expect((await lit()).length).toBeGreaterThan(100);
    expect(await figure(page, "drawn")).toBe(2);
  });
}

test("panels move by a few pixels in the course of an hour, so that none burns in", async ({ page, programs }) => {
  await hang(page, programs, "?scene=city");
  await untilDrawn(page);
  const places = await page.evaluate(async () => {
    const side = document.querySelector(".side");
    const [drift] = side.getAnimations();
    const seen = [];
    for (let minute = 0; minute < 36; minute += 3) {
      drift.currentTime = minute * 60_000;
      const { left, top } = side.getBoundingClientRect();
      seen.push([left, top]);
    }
    return seen;
  });
  const different = new Set(places.map(String));
  expect(different.size).toBeGreaterThanOrEqual(5);
  for (const [left, top] of places) {
    expect(Math.hypot(left - places[0][0], top - places[0][1])).toBeLessThan(8);
  }
});

test.describe("in Chinese", () => {
  test.use({ locale: "zh-CN" });

  test("the wall and the names on its map are Chinese, in the font that comes with it", async ({ page, programs }) => {
    await holdMap(page);
    await hang(page, programs, "?scene=city", [...FLEET, vehicle(5, SONGJIANG, { alarm_level: 4 })]);
    await untilDrawn(page);
    await expect(page.getByTestId("headline")).toHaveText("全市概况");
    await expect(page.getByTestId("bar").first()).toHaveText("浦东新区2");
    await expect(page.getByTestId("alarm-news")).toHaveText(/^等级 4 · 松江区 · \d+秒$/);
    const drawn = () =>
      page.evaluate(() => {
        const layers = ["district-name"];
        return evwallMap.queryRenderedFeatures({ layers }).map(({ properties, layer }) => [properties.name_zh, layer.layout["text-field"].toString()]);
      });
    await expect.poll(async () => (await drawn()).map(([name]) => name)).toContain("浦东新区");
    expect(await page.evaluate(() => evwallMap.getGlobalState().lang)).toBe("zh");
    expect(await page.evaluate(() => evwallMap.getStyle().glyphs), "no glyph server").toBeUndefined();
    // Not boxes: with the bundled font two names of two characters look different from each other, and from no font.
    const looks = await page.evaluate(async () => {
      const picture = (font, text) => {
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = 64;
        const context = canvas.getContext("2d");
        context.font = `32px ${font}`;
        context.fillText(text, 0, 40);
        return canvas.toDataURL();
      };
      await document.fonts.load('32px "Noto Sans SC"', "浦普");
      return { one: picture('"Noto Sans SC"', "浦"), other: picture('"Noto Sans SC"', "普"), none: picture('"Noto Sans SC"', "") };
    });
    expect(new Set(Object.values(looks)).size).toBe(3);
  });
});
