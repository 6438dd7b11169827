// A wall hangs for months and nobody touches it: it comes back by itself whatever happens to it or to the server.
import { appendFileSync, cpSync } from "node:fs";
import path from "node:path";

import { expect, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { site } from "../harness/places.mjs";

/** What the browser writes when a socket or a question meets a server that is away. */
const SERVER_AWAY = /WebSocket connection to .* failed|Failed to load resource: net::ERR_CONNECTION_REFUSED/;

/** A mark that only this very load of the page has. */
const mark = (page) => page.evaluate(() => (globalThis.loadedOnce = true));
const isMarked = (page) => page.evaluate(() => globalThis.loadedOnce === true).catch(() => true);

async function hang(page, programs, { site: own } = {}) {
  const dataDir = programs.folder();
  const stream = await programs.stream([{ vin: "LTEST00000W000001", lon: 121.47, lat: 31.23, state: "started" }]);
  const server = await programs.server({ telemetry: [stream.url], dataDir, site: own });
  const screen = await programs.user(dataDir, "wall-1", "screen");
  await signIn(page, { ...screen, url: server.url });
  await page.goto(`${server.url}/wall?scene=city`);
  await untilDrawn(page);
  return { stream, server, dataDir };
}

test("a wall whose map has died loads itself anew", async ({ page, programs }) => {
  await hang(page, programs);
  await mark(page);
  // As after a fault in the WebAssembly: its beats stop, and nothing of the page says so.
  await page.evaluate(() => {
    const { setAttribute } = Element.prototype;
    Element.prototype.setAttribute = function (name, value) {
      if (name !== "data-beat") setAttribute.call(this, name, value);
    };
  });
  await expect.poll(() => isMarked(page), { timeout: 60_000 }).toBe(false);
  await untilDrawn(page);
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
  await programs.server(again);
  await expect.poll(() => isMarked(page), { timeout: 60_000 }).toBe(false);
  await untilDrawn(page);
});
