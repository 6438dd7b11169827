// The engine in the product's own page: both back ends draw the same picture, and dots never part from the ground.
import { writeFileSync } from "node:fs";
import path from "node:path";

import { expect, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { holdClock, holdMap, pass, seePixels } from "../harness/instruments.mjs";

// Small enough to compare all pixels on a slow machine.
test.use({ viewport: { width: 800, height: 500 } });

/** A second of the server, for pages whose clock stands still. */
const TICK_MS = 1_000;
const TICKS = 6;
/** First byte of what a page sends when it asks for cells; the byte behind it counts the questions. */
const VIEW = 65;
const VIEW_SEQ = [1, 2];

test("both back ends draw the same picture in the middle of the glides", async ({ page, centre, context }) => {
  await signIn(page, centre.server, "/account");
  const { view, messages } = await recorded(context, centre.server);
  const cpu = await picture(context, centre.server, "cpu", view, messages);
  const webgl2 = await picture(context, centre.server, "webgl2", view, messages);
  expect(cpu.lit, "there are dots in the picture").toBeGreaterThan(500);
  expect(webgl2.size).toEqual(cpu.size);
  let [elsewhere, otherwise] = [0, 0];
  for (let ix = 0; ix < cpu.pixels.length; ix += 4) {
    if ((cpu.pixels[ix + 3] > 0) !== (webgl2.pixels[ix + 3] > 0)) elsewhere += 1;
    // One is rounded by the browser, the other by the shader.
    else if ([0, 1, 2].some((part) => Math.abs(cpu.pixels[ix + part] - webgl2.pixels[ix + part]) > 3)) otherwise += 1;
  }
  expect(elsewhere, "pixels lit by one and not by the other").toBe(0);
  expect(otherwise, "pixels of another colour").toBe(0);
});

/** What a page is sent that connects and looks at the ordinary view: the bytes of some ticks. */
async function recorded(context, server) {
  const page = await context.newPage();
  const connections = [];
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const heard = { views: [], messages: [], socket };
    connections.push(heard);
    const upstream = socket.connectToServer();
    socket.onMessage((message) => {
      if (message[0] === VIEW) heard.views.push(withoutSeq(message));
      upstream.send(message);
    });
    upstream.onMessage((message) => {
      heard.messages.push(message);
      socket.send(message);
    });
  });
  await page.goto(server.url);
  await untilDrawn(page);
  // The next connection asks for what the camera sees now, and for nothing else.
  await connections[0].socket.close();
  await expect.poll(() => connections[1]?.messages.length, { timeout: 30_000 }).toBeGreaterThan(TICKS + 2);
  await page.close();
  return { view: connections[1].views[0], messages: connections[1].messages };
}

function withoutSeq(message) {
  const bytes = Buffer.from(message);
  bytes.fill(0, ...VIEW_SEQ);
  return bytes.toString("hex");
}

/** The dots' canvas of a page that got these messages at these moments of its clock. */
async function picture(context, server, renderer, view, messages) {
  const page = await context.newPage();
  await holdClock(page);
  await seePixels(page);
  let socket;
  const views = [];
  await page.routeWebSocket(/\/ws$/, (opened) => {
    socket = opened;
    socket.onMessage((message) => {
      if (message[0] === VIEW) views.push(withoutSeq(message));
    });
  });
  await page.goto(`${server.url}/?renderer=${renderer}`);
  await expect.poll(() => socket !== undefined).toBe(true);
  socket.send(messages[0]);
  await expect
    .poll(async () => {
      await pass(page, 150);
      return views.includes(view);
    }, { message: "it looks at the same cells", timeout: 60_000 })
    .toBe(true);
  for (const message of messages.slice(1)) {
    await pass(page, TICK_MS);
    socket.send(message);
  }
  await pass(page, TICK_MS / 2);
  const seen = await page.waitForFunction(
    () =>
      new Promise((resolve) => {
        // Two frames later what came last has been drawn.
        requestAnimationFrame(() => requestAnimationFrame(() => {
          const { data, width, height } = evwallPixels();
          let text = "";
          for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
          const lit = evwallLit();
          resolve(lit > 0 && { lit, size: [width, height], bytes: btoa(text) });
        }));
      }),
    null,
    { timeout: 60_000 },
  );
  const { lit, size, bytes } = await seen.jsonValue();
  await page.close();
  return { lit, size, pixels: Buffer.from(bytes, "base64") };
}

test.describe("one standing vehicle", () => {
  const [LON, LAT] = [121.4737, 31.2304];

  for (const renderer of ["cpu", "webgl2"]) {
    test(`dots and ground never part during a flight (${renderer})`, async ({ page, programs }) => {
      const folder = programs.folder();
      const recording = path.join(folder, "standing.ndjson");
      const line = (s) => JSON.stringify({ t: 1_700_000_000_000 + s * 1_000, id: "standing", lon: LON, lat: LAT, speed_kmh: 0, soc: 60 });
      writeFileSync(recording, `${Array.from({ length: 60 }, (_, s) => line(s)).join("\n")}\n`);
      const sim = await programs.sim({ recording });
      const server = await programs.server({ telemetry: [sim.url], dataDir: folder });
      await holdMap(page);
      await seePixels(page);
      await signIn(page, server, `/?renderer=${renderer}`);
      await page.waitForFunction(() => globalThis.evwallMap?.loaded(), null, { timeout: 60_000 });
      await page.waitForFunction(() => document.querySelector("[data-testid=drawn]")?.textContent.trim() === "1", null, { timeout: 60_000 });

      const offs = await page.evaluate(async ([lon, lat]) => {
        const map = evwallMap;
        const seen = [];
        const look = () => {
          const { data, width, height } = evwallPixels();
          let [lit, sx, sy] = [0, 0, 0];
          for (let ix = 3, at = 0; ix < data.length; ix += 4, at += 1) {
            if (data[ix] === 0) continue;
            lit += 1;
            sx += at % width;
            sy += Math.floor(at / width);
          }
          if (lit === 0) return;
          const { x, y } = map.project([lon, lat]);
          const inside = x > 20 && y > 20 && x < width - 20 && y < height - 20;
          if (inside) seen.push(Math.hypot(sx / lit + 0.5 - x, sy / lit + 0.5 - y));
        };
        map.on("render", look);
        for (const [dx, dy, zoom] of [[0.02, 0.01, 13.3], [-0.01, 0.012, 12.2]]) {
          map.flyTo({ center: [lon + dx, lat + dy], zoom, duration: 1_500 });
          await map.once("moveend");
        }
        map.off("render", look);
        return seen;
      }, [LON, LAT]);
      expect(offs.length, "frames of the flight with the dot in sight").toBeGreaterThan(5);
      // A dot begins at a whole pixel, and its place is known to an eighth of a pixel of its level.
      expect(Math.max(...offs), "CSS pixels between the dot and its place on the map").toBeLessThan(1.5);
    });
  }
});
