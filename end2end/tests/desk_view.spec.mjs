// The desk's view: its address, its keys, going to places, measuring.
import { expect, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { holdMap } from "../harness/instruments.mjs";
import { clickDot, fiveFields, movingDot, openCard } from "../harness/vehicle.mjs";

const query = (page) => new URL(page.url()).searchParams;

/** The middle of the map and its zoom. */
const camera = (page) =>
  page.evaluate(() => {
    const { lng, lat } = evwallMap.getCenter();
    return { lng, lat, zoom: evwallMap.getZoom() };
  });

test("the view is in the address: it can be shared, and back brings the one before", async ({ centre, page, browser }) => {
  await holdMap(page);
  await signIn(page, centre.server);
  await untilDrawn(page);
  await expect.poll(() => query(page).get("at"), "where the map stands").toMatch(/^31\.\d{4},121\.\d{4},\d+\.\d{2}$/);

  const legend = page.locator(".legend");
  await page.getByTestId("colour-by").selectOption("alarm");
  await expect.poll(() => query(page).get("by")).toBe("alarm");
  const noAlarm = legend.getByRole("button", { name: /no alarm/ });
  await noAlarm.click();
  await expect.poll(() => query(page).get("hide")).toBe("0");
  await page.getByTestId("lang").click();
  await expect.poll(() => query(page).get("lang")).toBe("zh");
  await page.evaluate(() => evwallMap.jumpTo({ center: [121.6, 31.1], zoom: 13 }));
  await expect.poll(() => query(page).get("at")).toBe("31.1000,121.6000,13.00");
  const shared = page.url();

  await test.step("back, step by step", async () => {
    await page.goBack();
    await expect.poll(async () => (await camera(page)).zoom, "the map is where it was").toBeLessThan(11);
    await page.goBack();
    await expect(page.getByTestId("connection")).toHaveText("Connected");
    await expect(noAlarm).toHaveAttribute("aria-pressed", "false");
    await page.goBack();
    await expect(noAlarm).toHaveAttribute("aria-pressed", "true");
    await page.goBack();
    await expect(page.getByTestId("colour-by")).toHaveValue("activity");
    await page.goForward();
    await expect(page.getByTestId("colour-by")).toHaveValue("alarm");
  });

  await test.step("somebody else opens the same view", async () => {
    const context = await browser.newContext();
    const other = await context.newPage();
    await holdMap(other);
    const { pathname, search } = new URL(shared);
    await signIn(other, centre.server, pathname + search);
    await expect(other.getByTestId("connection")).toHaveText("已连接");
    await expect(other.locator("html")).toHaveAttribute("lang", "zh-CN");
    await expect(other.getByTestId("colour-by")).toHaveValue("alarm");
    await expect(other.locator(".legend").getByRole("button", { name: "无报警" })).toHaveAttribute("aria-pressed", "false");
    await expect.poll(() => camera(other)).toEqual({ lng: expect.closeTo(121.6, 3), lat: expect.closeTo(31.1, 3), zoom: 13 });
    await expect(other.getByRole("link", { name: "我的账户" }), "the language goes along").toHaveAttribute("href", "/account?lang=zh");
    await context.close();
  });
});

test("no vehicle is ever in the address, not even one that somebody put there", async ({ desk: page, centre }) => {
  const { vin } = await fiveFields(await openCard(await clickDot(page, await movingDot(page))));
  await page.getByTestId("colour-by").selectOption("charge");
  await expect.poll(() => query(page).get("by")).toBe("charge");
  expect(page.url()).not.toContain(vin);
  await page.goto(`${centre.server.url}/?vin=${vin}&by=freshness`);
  await expect.poll(() => page.url()).toContain("at=");
  expect(page.url()).not.toContain(vin);
  await expect(page.getByTestId("colour-by")).toHaveValue("freshness");
});

test("the counts of the legend are those of what is in view", async ({ centre, page }) => {
  await holdMap(page);
  await signIn(page, centre.server);
  await untilDrawn(page);
  const total = () =>
    page.locator(".legend ul b").evaluateAll((all) => all.reduce((sum, one) => sum + Number(one.textContent.replaceAll(/\D/g, "")), 0));
  await expect.poll(total).toBeGreaterThan(100);
  const whole = await total();
  await page.evaluate(() => evwallMap.jumpTo({ center: [121.47, 31.23], zoom: 13 }));
  await expect.poll(total, "less is in view").toBeLessThan(whole / 2);
  await page.evaluate(() => evwallMap.jumpTo({ center: [125.5, 31.0], zoom: 11 }));
  await expect.poll(total, "nothing drives in the sea").toBe(0);
});

test("every key is on the help sheet, and none of them works while somebody types", async ({ desk: page }) => {
  await page.keyboard.press("?");
  const help = page.getByTestId("panel-help");
  await expect(help).toBeFocused();
  for (const key of ["a", "n", "/", "g", "l", "b", "o", "m", "f", "w", "c", "z", "?", "Esc", "Enter"]) {
    await expect(help.locator("kbd", { hasText: new RegExp(`^${key.replace("?", "\\?")}$`) })).toHaveCount(1);
  }
  await page.keyboard.press("Escape");
  await expect(help).toHaveCount(0);
  await page.keyboard.press("c");
  await expect(page.getByTestId("colour-by")).toHaveValue("charge");
  await page.keyboard.press("/");
  const vin = page.locator(".search [name=vin]");
  await expect(vin).toBeFocused();
  await page.keyboard.type("gcm?");
  await expect(vin).toHaveValue("gcm?");
  await expect(page.getByTestId("colour-by")).toHaveValue("charge");
  await expect(page.locator(".panel")).toHaveCount(0);

  await test.step("whoever does not want single keys switches them off", async () => {
    await vin.blur();
    await page.keyboard.press("?");
    await help.getByRole("checkbox").uncheck();
    await page.keyboard.press("c");
    await expect(page.getByTestId("colour-by")).toHaveValue("charge");
  });
});

test("a district is gone to by its name in either language", async ({ centre, page }) => {
  await holdMap(page);
  await signIn(page, centre.server);
  await untilDrawn(page);
  await page.keyboard.press("g");
  const field = page.getByRole("searchbox");
  await expect(field).toBeFocused();
  await field.fill("chongm");
  await expect(page.getByTestId("places").getByRole("button")).toHaveText([/Chongming\s*district/]);
  await field.press("Enter");
  await expect.poll(async () => (await camera(page)).lat, "Chongming lies in the north").toBeGreaterThan(31.45);
  await field.fill("浦东新区");
  await field.press("Enter");
  await expect.poll(async () => (await camera(page)).lat).toBeLessThan(31.3);
  const { lng, lat } = await camera(page);
  expect(lng).toBeGreaterThan(121.5);
  const all = await page.evaluate(() => {
    const box = evwallMap.getBounds();
    return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
  });
  expect(all[0], "the whole district is in view").toBeLessThan(121.46);
  expect(lat).toBeGreaterThan(30.9);
  await field.fill("Atlantis");
  await expect(page.getByTestId("panel-go-to")).toContainText("No place of this name.");
});

test("whoever presses Enter before the list of places has come is taken there when it comes", async ({ centre, complaints, page }) => {
  complaints.allow(/503/);
  await holdMap(page);
  await signIn(page, centre.server);
  await untilDrawn(page);
  const panel = page.getByTestId("panel-go-to");
  const open = async () => {
    await page.keyboard.press("g");
    await expect(panel.getByRole("searchbox")).toBeFocused();
  };
  let come;
  const held = new Promise((resolve) => {
    come = resolve;
  });
  const answers = [(route) => held.then(() => route.continue()), (route) => route.fulfill({ status: 503 })];
  let asked = 0;
  await page.route("**/api/gazetteer", (route) => answers[asked++](route));
  await open();
  await expect.poll(() => asked).toBe(1);
  await panel.getByRole("searchbox").fill("Chongming");
  await panel.getByRole("searchbox").press("Enter");
  come();
  await expect.poll(async () => (await camera(page)).lat, "Chongming lies in the north").toBeGreaterThan(31.45);

  await panel.getByRole("searchbox").press("Escape");
  await expect(panel).toBeHidden();
  await open();
  await expect(panel).toContainText("The server gave no list of places.");
});

test("a distance is measured on the ellipsoid, by pointer and by keyboard", async ({ centre, page }) => {
  await holdMap(page);
  await signIn(page, centre.server);
  await untilDrawn(page);
  await page.keyboard.press("m");
  const panel = page.getByTestId("panel-measure");
  await expect(panel).toBeVisible();
  const points = [[700, 300], [900, 520]];
  for (const [x, y] of points) await page.mouse.click(x, y);
  await expect(panel.getByTestId("measured-points")).toHaveText("2");
  await expect(page.getByTestId("popup"), "a click is a point now").toHaveCount(0);
  await expect(page.getByTestId("way")).toHaveAttribute("d", /^M[\d.]+ [\d.]+L[\d.]+ [\d.]+$/);
  const places = await page.evaluate(
    (points) => points.map((point) => evwallMap.unproject(point)).map(({ lng, lat }) => [lng, lat]),
    points,
  );
  // On a sphere; the ellipsoid differs by half a percent at most.
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const [[x0, y0], [x1, y1]] = places.map((place) => place.map(radians));
  const half = Math.sin((y1 - y0) / 2) ** 2 + Math.cos(y0) * Math.cos(y1) * Math.sin((x1 - x0) / 2) ** 2;
  const sphere_km = 2 * 6371.0088 * Math.asin(Math.sqrt(half));
  const words = await panel.getByTestId("measured").innerText();
  expect(words).toMatch(/^[\d.]+ km$/);
  expect(Math.abs(parseFloat(words) / sphere_km - 1)).toBeLessThan(0.006);

  await page.locator(".maplibregl-canvas").focus();
  await page.keyboard.press("Enter");
  await expect(panel.getByTestId("measured-points"), "the middle of the map").toHaveText("3");
  await panel.getByRole("button", { name: "Take back" }).click();
  await expect(panel.getByTestId("measured-points")).toHaveText("2");
  await page.getByTestId("lang").click();
  await expect(panel.getByTestId("measured")).toHaveText(/^[\d.]+公里$/);
  await page.getByTestId("tool-measure").click();
  await expect(page.getByTestId("way"), "nothing is left on the map").toHaveAttribute("d", "");
});
