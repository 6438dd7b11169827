// A wall hangs for months and nobody touches it: it comes back by itself whatever happens to it or to the server.
import { appendFileSync, cpSync } from "node:fs";
import path from "node:path";

import { expect, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { holdMap, untilGround } from "../harness/instruments.mjs";
import { site } from "../harness/places.mjs";

/** What the browser writes when a socket or a question meets a server that is away. */
const SERVER_AWAY = /WebSocket connection to .* failed|Failed to load resource: net::ERR_CONNECTION_(REFUSED|RESET)/;

/** A mark that only this very load of the page has. */
const mark = (page) => page.evaluate(() => (globalThis.loadedOnce = true));
const isMarked = (page) => page.evaluate(() => globalThis.loadedOnce === true).catch(() => true);

/** Keeps every frame that the screen shows from now on; `fullness()` ends that and says how much there was on each, 0 for one colour alone. */
async function watchScreen(page) {
  const screen = await page.context().newCDPSession(page);
  const frames = [];
  screen.on("Page.screencastFrame", ({ data, sessionId }) => {
    frames.push(data);
    screen.send("Page.screencastFrameAck", { sessionId }).catch(() => {});
  });
  await screen.send("Page.startScreencast", { format: "png", maxWidth: 480, maxHeight: 270 });
  return {
    async fullness() {
      await screen.send("Page.stopScreencast");
      return page.evaluate(async (pictures) => {
        const full = [];
        for (const picture of pictures) {
          const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
          const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
          const { width, height } = image;
          // The middle, where only the map is.
          const [w, h] = [Math.round(width / 3), Math.round(height / 2)];
          const context = new OffscreenCanvas(w, h).getContext("2d");
          context.drawImage(image, -w, -Math.round(height / 4));
          const { data } = context.getImageData(0, 0, w, h);
          const colours = new Map();
          for (let at = 0; at < data.length; at += 4) {
            const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
            colours.set(colour, (colours.get(colour) ?? 0) + 1);
          }
          full.push(1 - Math.max(...colours.values()) / (w * h));
        }
        return full;
      }, frames);
    },
  };
}

async function hang(page, programs, { site: own } = {}) {
  await holdMap(page);
  const dataDir = programs.folder();
  const stream = await programs.stream([{ vin: "LTEST00000W000001", lon: 121.47, lat: 31.23, state: "started" }]);
  const server = await programs.server({ telemetry: [stream.url], dataDir, site: own });
  const screen = await programs.user(dataDir, "wall-1", "screen");
  await signIn(page, { ...screen, url: server.url }, "/wall?scene=city");
  await untilDrawn(page);
  await untilGround(page);
  return { stream, server, dataDir };
}

/** Lets the page's clock jump until it has loaded itself anew; a jump of more than ten seconds is a machine that slept. */
async function untilLoadedAnew(page, jump) {
  await expect
    .poll(async () => {
      await page.clock.fastForward(jump).catch(() => {});
      return isMarked(page);
    }, { timeout: 30_000 })
    .toBe(false);
  await untilDrawn(page);
}

test("a wall whose map has died loads itself anew", async ({ page, programs }) => {
  await page.clock.install();
  await hang(page, programs);
  await mark(page);
  // As after a fault in the WebAssembly: its beats stop, and nothing of the page says so.
  await page.evaluate(() => {
    const { setAttribute } = Element.prototype;
    Element.prototype.setAttribute = function (name, value) {
      if (name !== "data-beat") setAttribute.call(this, name, value);
    };
  });
  await untilLoadedAnew(page, 9_000);

  await test.step("so does one that gets no frames any more, though its timers go on", async () => {
    await mark(page);
    await page.evaluate(() => (globalThis.requestAnimationFrame = () => 0));
    await untilLoadedAnew(page, 9_000);
  });

  await test.step("so does one whose memory, which never gets smaller, has grown past a gigabyte", async () => {
    await mark(page);
    await page.evaluate(async () => {
      const { default: begin } = await import("/pkg/evwall.js");
      // Begun already: this only hands out what it exports.
      (await begin()).memory.grow(2 ** 14);
    });
    await untilLoadedAnew(page, 1_000);
  });
});

test("a wall loads itself anew once a day, in the quietest hour, and not in between", async ({ page, programs }) => {
  await page.clock.install({ time: "2026-11-22T05:00:00+08:00" });
  await hang(page, programs);
  await mark(page);
  await page.clock.fastForward("10:00:00");
  await expect(page.getByTestId("connection")).toHaveText("Connected");
  expect(await isMarked(page), "in the afternoon").toBe(true);
  await page.clock.fastForward("12:59:00");
  expect(await isMarked(page), "a minute before").toBe(true);
  // The minute of the hour is a matter of chance.
  await untilLoadedAnew(page, 60_000);
});

test("a wall is drawn by the page that the server has: an update reloads it, a restart does not", async ({ page, programs, complaints }) => {
  complaints.allow(SERVER_AWAY);
  const own = path.join(programs.folder(), "site");
  cpSync(site, own, { recursive: true });
  const { stream, server, dataDir } = await hang(page, programs, { site: own });
  const again = { telemetry: [stream.url], dataDir, site: own, listen: new URL(server.url).host };
  await mark(page);
  await server.stop();
  const restarted = await programs.server(again);
  await expect(page.getByTestId("trouble")).toBeHidden({ timeout: 30_000 });
  await expect(page.getByTestId("connection")).toHaveText("Connected", { timeout: 30_000 });
  expect(await isMarked(page), "the same page goes on").toBe(true);

  await restarted.stop();
  appendFileSync(path.join(own, "pkg/evwall.js"), "\n// a later version\n");
  const frames = await watchScreen(page);
  await programs.server(again);
  await expect.poll(() => isMarked(page), { timeout: 60_000 }).toBe(false);
  await untilDrawn(page);
  await untilGround(page);
  // The picture from before is let go of once a second, when this one is whole.
  await page.waitForFunction(() => "whole" in document.documentElement.dataset && document.activeViewTransition === null);
  const fullness = await frames.fullness();
  const least = Math.min(...fullness);
  expect(least, `no frame without the map, among ${fullness.length}`).toBeGreaterThan(fullness[0] / 2);
});
