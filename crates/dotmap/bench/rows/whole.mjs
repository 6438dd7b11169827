// Rows with the real programs: simulator, server, and the product's own page. What the page shows is read from the pixels it
// puts on its canvas, and where that is on the ground is asked of the page's own map.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer, startSim } from "../../../../end2end/harness/programs.mjs";
import { share } from "../bench.mjs";
import { Reporter } from "./reporter.mjs";

// Of the fleet some never report a place: so many make 222,000 dots.
const VEHICLES = 229_600;
const DOTS = 222_000;
const HD = [1920, 1080];

const PARTS = { first: firstDots, source: sourceToPixel, drawn: drawnError };

/** Simulator, server, and a page of the demo supervisor who has signed in; then these parts of the row. */
export async function whole(bench, parts = Object.keys(PARTS)) {
  const dataDir = mkdtempSync(join(tmpdir(), "evwall-bench-"));
  const running = [];
  const reporter = await Reporter.open();
  try {
    const sim = await startSim({ vehicles: VEHICLES });
    running.push(sim);
    const server = await startServer({ telemetry: [sim.url, reporter.url], dataDir });
    running.push(server);
    await untilAll(server);
    const page = await bench.page(HD);
    await page.addInitScript(watchCanvas);
    await page.goto(`${server.url}/login`);
    await page.locator("[name=name]").fill(server.name);
    await page.locator("[name=password]").fill(server.password);
    await page.locator("button").first().click();
    await page.locator("[data-testid=status]").waitFor();
    for (const part of parts) await PARTS[part](bench, { sim, server, page, reporter });
    await page.close();
  } finally {
    reporter.close();
    for (const program of running.reverse()) await program.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Every vehicle that reports has reported. */
async function untilAll(server) {
  let before = 0;
  for (let turn = 0; turn < 60; turn++) {
    await new Promise((next) => setTimeout(next, 2_000));
    const live = Number(/^evwall_vehicles_live (\d+)/m.exec(await server.metrics())?.[1]);
    if (live > DOTS * 0.9 && live - before < DOTS / 1_000) return;
    before = live;
  }
  throw new Error("the vehicles have not all reported in two minutes");
}

/**
 * Runs in the page before anything else. Notes when pictures of dots are put on a canvas, lets others look at them, and
 * holds on to the map, which shows itself when it is asked for its middle.
 */
function watchCanvas() {
  const watch = { pictures: [], look: null, map: null };
  globalThis.evwallWatch = watch;
  const put = CanvasRenderingContext2D.prototype.putImageData;
  let last = null;
  CanvasRenderingContext2D.prototype.putImageData = function (image, x, y, ...part) {
    put.call(this, image, x, y, ...part);
    // A picture is put in parts.
    if (image !== last) watch.look?.(image, x, y);
    last = image;
  };
  // The login page may load nothing.
  if (location.pathname === "/login") return;
  import("/vendor/maplibre-gl.mjs").then(({ Map }) => {
    const { getCenter } = Map.prototype;
    Map.prototype.getCenter = function () {
      watch.map = this;
      return getCenter.call(this);
    };
  });
}

async function firstDots(bench, { page }) {
  const took = [];
  for (let turn = 0; turn < 3; turn++) {
    if (turn === 0) await page.addInitScript(() => {
      // Every 16th pixel tells how full the picture is; counting them all would take part in what is measured.
      evwallWatch.look = (image) => {
        const pixels = new Uint32Array(image.data.buffer, image.data.byteOffset, image.data.length / 4);
        let lit = 0;
        for (let ix = 0; ix < pixels.length; ix += 16) if (pixels[ix] !== 0) lit += 1;
        evwallWatch.pictures.push([performance.now(), lit]);
      };
    });
    await page.reload();
    await page.waitForFunction(() => evwallWatch.pictures.length > 0, null, { timeout: 60_000 });
    await page.waitForTimeout(4_000);
    const pictures = await page.evaluate(() => evwallWatch.pictures);
    const [, full] = pictures.at(-1);
    took.push(pictures.find(([, lit]) => lit >= full * 0.98)[0]);
  }
  await bench.witness(page, "first_dots");
  bench.say("first_dots_ms", share(took, 0.5), "ms");
  bench.say("first_dots_slowest_ms", Math.max(...took), "ms");
}

// Vehicles of our own, on the sea where no other is, one below the other.
const MARKED = 8;
const WEST = 122.28;
const EAST = 122.42;
const NORTH = 31.36;
const APART = 0.04;
const ROUNDS = 8;
const SPACE_MS = 137;

async function sourceToPixel(bench, { page, reporter }) {
  await page.waitForFunction(() => evwallWatch.map, null, { timeout: 60_000 });
  await page.evaluate(() => evwallWatch.map.jumpTo({ center: [121.9, 31.2], zoom: 10 }));
  const lat = (marked) => NORTH - marked * APART;
  const place = (marked, east) => ({ vin: vin(marked), lon: east ? EAST : WEST, lat: lat(marked) });
  for (let marked = 0; marked < MARKED; marked++) reporter.send(place(marked, false));
  // The westernmost lit pixel of each one's row tells when it has left.
  await page.evaluate(({ MARKED, WEST, EAST, NORTH, APART }) => {
    evwallWatch.at = Array.from({ length: MARKED }, () => ({ at: null, since: 0, left: 0, east: false, there: false }));
    evwallWatch.look = (image, dx, dy) => {
      const pixels = new Uint32Array(image.data.buffer, image.data.byteOffset, image.data.length / 4);
      for (let marked = 0; marked < MARKED; marked++) {
        const west = evwallWatch.map.project([WEST, NORTH - marked * APART]);
        const east = evwallWatch.map.project([EAST, NORTH - marked * APART]);
        const row = Math.round(west.y - dy) * image.width;
        let x = Math.round(west.x - dx) - 6;
        const end = Math.round(east.x - dx) + 6;
        while (x < end && pixels[row + x] === 0) x += 1;
        const at = x < end ? x : null;
        const dot = evwallWatch.at[marked];
        if (dot.at === at) continue;
        dot.since = Date.now();
        // The first change since it was told to go.
        dot.left ??= dot.since;
        const to = (dot.east ? east : west).x - dx;
        Object.assign(dot, { at, there: at !== null && Math.abs(at - to) < 8 });
      }
    };
  }, { MARKED, WEST, EAST, NORTH, APART });
  // Only from rest can one see when they leave.
  const rest = () =>
    page.waitForFunction(() => evwallWatch.at.every((dot) => dot.there && Date.now() - dot.since > 400), null, { timeout: 30_000, polling: 50 }).catch(async (error) => {
      const dots = await page.evaluate(() => JSON.stringify(evwallWatch.at.map(({ since, ...dot }) => ({ ...dot, still_ms: Date.now() - since }))));
      throw new Error(`the dots of our own do not rest: ${dots}`, { cause: error });
    });
  await rest();
  const took = [];
  for (let round = 0; round < ROUNDS; round++) {
    const east = round % 2 === 0;
    await page.evaluate((east) => evwallWatch.at.forEach((dot) => Object.assign(dot, { left: null, east, there: false })), east);
    // Spread over the second, so that every part of a tick is met.
    const sent = [];
    for (let marked = 0; marked < MARKED; marked++) {
      sent.push(reporter.send(place(marked, east)));
      await new Promise((next) => setTimeout(next, SPACE_MS));
    }
    await rest();
    const left = await page.evaluate(() => evwallWatch.at.map((dot) => dot.left));
    took.push(...left.map((at, marked) => at - sent[marked]));
  }
  await bench.witness(page, "source_to_pixel");
  bench.say("source_to_pixel_p50_ms", share(took, 0.5), "ms");
  bench.say("source_to_pixel_p99_ms", share(took, 0.99), "ms");
}

/** A number that no maker gives: the simulated fleet's makers are others. */
function vin(marked) {
  return `LTEST00000BENCH0${marked}`;
}

async function drawnError(bench, { sim, page }) {
  await page.waitForFunction(() => evwallWatch.map, null, { timeout: 60_000 });
  const errors = [];
  for (const [lon, lat] of [[121.47, 31.23], [121.38, 31.18], [121.53, 31.29]]) {
    await page.evaluate(([lon, lat]) => {
      evwallWatch.look = null;
      evwallWatch.map.jumpTo({ center: [lon, lat], zoom: 16 });
    }, [lon, lat]);
    await page.waitForTimeout(4_000);
    for (let turn = 0; turn < 2; turn++) {
      await page.waitForTimeout(1_300);
      const seen = await page.evaluate(dotsOnCanvas);
      // Of the same moment, as near as two questions can be.
      const truth = await sim.vehicles();
      const cos = Math.cos((lat * Math.PI) / 180);
      const metres = (a, b) => Math.hypot((a.lon - b.lon) * 111_320 * cos, (a.lat - b.lat) * 110_950);
      const near = truth.filter((vehicle) => vehicle.fix_valid && metres(vehicle, { lon, lat }) < 2_500);
      errors.push(...matched(seen, near, metres));
    }
  }
  await bench.witness(page, "drawn_error");
  if (errors.length < 500) throw new Error(`only ${errors.length} dots stood alone`);
  bench.say("drawn_error_p50_m", share(errors, 0.5), "m");
  bench.say("drawn_error_p95_m", share(errors, 0.95), "m");
  bench.say("drawn_error_dots", errors.length, "1");
}

/** Metres from each dot to the vehicle it is: pairs are made one to one, the nearest first. */
function matched(dots, vehicles, metres) {
  const pairs = [];
  dots.forEach((dot, ix) => vehicles.forEach((vehicle, of) => {
    const apart = metres(dot, vehicle);
    if (apart < 1_000) pairs.push({ ix, of, apart });
  }));
  pairs.sort((a, b) => a.apart - b.apart);
  const [done, taken, errors] = [new Set(), new Set(), []];
  for (const { ix, of, apart } of pairs) {
    if (done.has(ix) || taken.has(of)) continue;
    done.add(ix);
    taken.add(of);
    errors.push(apart);
  }
  return errors;
}

/** Middles of the dots that touch no other, in degrees. Runs in the page. */
function dotsOnCanvas() {
  const canvas = document.querySelector("[data-testid=dots]");
  const { width, height } = canvas;
  const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, width, height).data.buffer);
  const seen = new Uint8Array(width * height);
  const dots = [];
  for (let start = 0; start < seen.length; start += 1) {
    if (seen[start] || pixels[start] === 0) continue;
    const open = [start];
    seen[start] = 1;
    let [size, sx, sy] = [0, 0, 0];
    let [x0, x1, y0, y1] = [width, 0, height, 0];
    while (open.length > 0) {
      const at = open.pop();
      const [x, y] = [at % width, Math.floor(at / width)];
      size += 1;
      sx += x;
      sy += y;
      [x0, x1, y0, y1] = [Math.min(x0, x), Math.max(x1, x), Math.min(y0, y), Math.max(y1, y)];
      for (const next of [at - 1, at + 1, at - width, at + width]) {
        if (next < 0 || next >= seen.length || seen[next] || pixels[next] === 0) continue;
        seen[next] = 1;
        open.push(next);
      }
    }
    // A patch that is larger than one dot is several; one at the edge is cut.
    const alone = x1 - x0 < 16 && y1 - y0 < 16 && x0 > 0 && y0 > 0 && x1 < width - 1 && y1 < height - 1;
    if (alone && size > 8) dots.push([sx / size + 0.5, sy / size + 0.5]);
  }
  const ratio = width / canvas.getBoundingClientRect().width;
  return dots.map(([x, y]) => {
    const { lng, lat } = evwallWatch.map.unproject([x / ratio, y / ratio]);
    return { lon: lng, lat };
  });
}
