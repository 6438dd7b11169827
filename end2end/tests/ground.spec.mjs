// The ground that operators bring: tiles of one file, a style in a file or at an address, and a datum of its own.
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

import { expect, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { holdMap, seePixels } from "../harness/instruments.mjs";
import { pmtiles } from "../harness/tiles.mjs";

/** The same place in both datums, a published check value. */
const WGS = [121.4737, 31.2304];
const GCJ = [121.4782231, 31.2284577];

test.use({ viewport: { width: 1920, height: 1080 } });

/** A wall on a ground of one's own, with one vehicle at a known place. */
async function hang(page, programs, args) {
  await holdMap(page);
  await seePixels(page);
  const [lon, lat] = WGS;
  const stream = await programs.stream([{ vin: "LTEST00000W000001", lon, lat, speed_kmh: 30, state: "started" }]);
  const server = await programs.server({ telemetry: [stream.url], dataDir: programs.folder(), args });
  await signIn(page, server, "/wall?scene=city");
  await untilDrawn(page);
  await expect.poll(() => page.evaluate(() => Boolean(globalThis.evwallMap?.loaded()))).toBe(true);
  return server;
}

/** The middle of the lit pixels, and where the map draws two places. */
const look = (page) =>
  page.evaluate(([wgs, gcj]) => {
    const { data, width } = evwallPixels();
    const sum = { x: 0, y: 0, lit: 0 };
    for (let ix = 0; ix < data.length / 4; ix += 1) {
      if (data[ix * 4 + 3] === 0) continue;
      sum.x += ix % width;
      sum.y += Math.floor(ix / width);
      sum.lit += 1;
    }
    const off = (place) => {
      const at = evwallMap.project(place);
      return Math.hypot(sum.x / sum.lit + 0.5 - at.x, sum.y / sum.lit + 0.5 - at.y);
    };
    return { fromWgs: off(wgs), fromGcj: off(gcj) };
  }, [WGS, GCJ]);

test("tiles of one file are fetched in ranges and drawn by a style that was made for them", async ({ page, programs }) => {
  const file = path.join(programs.folder(), "town.pmtiles");
  writeFileSync(file, pmtiles([...WGS, 14]));
  const parts = [];
  const strangers = [];
  page.on("response", (response) => response.url().endsWith(".pmtiles") && parts.push(response.status()));
  const server = await hang(page, programs, ["--pmtiles", file]);
  page.on("request", (request) => request.url().startsWith("http") && !request.url().startsWith(server.url) && strangers.push(request.url()));
  const water = () => page.evaluate(() => evwallMap.queryRenderedFeatures({ layers: ["water"] }).map(({ properties }) => properties.name));
  // Shanghai lies in the north-eastern quarter of the world.
  await expect.poll(async () => [...new Set(await water())]).toEqual(["1/1/0"]);
  expect(parts.length).toBeGreaterThan(1);
  expect(new Set(parts)).toEqual(new Set([206]));
  expect(strangers).toEqual([]);
  await expect(page.locator(".maplibregl-ctrl-attrib")).toContainText("made by a test");
  const { fromWgs } = await look(page);
  expect(fromWgs, "the ground is in WGS-84").toBeLessThan(4);
});

test("on a ground in GCJ-02 the dots are drawn where the ground has their place", async ({ page, programs }) => {
  const file = path.join(programs.folder(), "town.pmtiles");
  writeFileSync(file, pmtiles([...GCJ, 14]));
  await hang(page, programs, ["--pmtiles", file, "--ground-datum", "gcj02"]);
  const { fromWgs, fromGcj } = await look(page);
  expect(fromGcj).toBeLessThan(4);
  // Half a kilometre, at four metres a pixel.
  expect(fromWgs).toBeGreaterThan(80);
});

test("a style in a file takes the place of the default ground", async ({ page, programs }) => {
  const file = path.join(programs.folder(), "style.json");
  const style = {
    version: 8, name: "of the operators", center: WGS, zoom: 12, sources: {},
    layers: [{ id: "paper", type: "background", paint: { "background-color": "#203040" } }],
  };
  writeFileSync(file, JSON.stringify(style));
  await hang(page, programs, ["--style", file]);
  expect(await page.evaluate(() => evwallMap.getStyle().name)).toBe("of the operators");
  expect((await look(page)).fromWgs).toBeLessThan(4);
});

test("a style at an address is fetched from there, and nothing from anywhere else", async ({ page, programs }) => {
  const asked = [];
  const style = { version: 8, name: "from elsewhere", center: WGS, zoom: 12, sources: {}, layers: [] };
  const other = createServer((request, answer) => {
    asked.push(request.url);
    answer.writeHead(200, { "content-type": "application/json", "access-control-allow-origin": "*" }).end(JSON.stringify(style));
  });
  await new Promise((open) => other.listen(0, "127.0.0.1", open));
  try {
    await hang(page, programs, ["--style", `http://127.0.0.1:${other.address().port}/night.json`]);
    expect(await page.evaluate(() => evwallMap.getStyle().name)).toBe("from elsewhere");
    expect(asked).toContain("/night.json");
  } finally {
    other.closeAllConnections();
    await new Promise((closed) => other.close(closed));
  }
});
