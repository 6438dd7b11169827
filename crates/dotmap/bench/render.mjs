// Measures the engine on the stage in a headless Chromium without a GPU, one JSON line a figure. Frames are those that the
// compositor says it presented; a screenshot of each run must show the dots, or the run counts for nothing.
//
// Environment: PKG (bindings of the stage), MODULES (a node_modules with maplibre-gl and playwright-core), PUBLIC (ground and
// fonts), CHROMIUM, SHOTS (folder for the screenshots). Arguments: names of runs; all of them without any.
import { createRequire } from "node:module";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { serve } from "./stage/serve.mjs";

const { PKG, MODULES, PUBLIC, CHROMIUM, SHOTS } = process.env;
const require = createRequire(pathToFileURL(join(MODULES, "x.js")));
const { chromium } = require("playwright-core");

const MEASURE_MS = 6000;
const HD = [1920, 1080];
const K4 = [3840, 2160];
const RUNS = [
  { name: "222k_1080p", vehicles: 222_000, size: HD, query: "renderer=cpu&alone", bar: 58, memory: ["wasm_mb_222k", 48], delta: true },
  { name: "222k_1080p_ground", vehicles: 222_000, size: HD, query: "renderer=cpu", bar: 50 },
  { name: "1100k_1080p", vehicles: 1_100_000, size: HD, query: "renderer=cpu&alone", bar: 50, memory: ["wasm_mb_1100k", 120], pick: true },
  { name: "222k_4k", vehicles: 222_000, size: K4, query: "renderer=cpu&alone&zoom=11", bar: 42 },
  { name: "pan_222k_1080p", vehicles: 222_000, size: HD, query: "renderer=cpu", bar: 20, pan: true },
  { name: "222k_1080p_webgl2", vehicles: 222_000, size: HD, query: "renderer=webgl2&alone", webgl2: true },
];

const say = (name, value, unit, bar) => console.log(JSON.stringify({ name, value: Math.round(value * 100) / 100, unit, bar }));
const part = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

const site = await serve({
  pkg: PKG, maplibre: join(MODULES, "maplibre-gl/dist"), ground: join(PUBLIC, "ground"), fonts: join(PUBLIC, "fonts"),
});
const browser = await chromium.launch({
  executablePath: CHROMIUM, args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
const chosen = process.argv.slice(2);
try {
  for (const run of RUNS) if (chosen.length === 0 || chosen.includes(run.name)) await measure(run);
} finally {
  await browser.close();
  site.stop();
}

async function measure(run) {
  const page = await browser.newPage({ viewport: { width: run.size[0], height: run.size[1] } });
  const faults = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
  const url = `${site.address}/?vehicles=${run.vehicles}&spread=0.3&ticking=0&${run.query}`;
  await page.goto(url);
  await page.waitForFunction(() => globalThis.evwallStage?.reports.at(-1)?.drawn > 0, null, { timeout: 120_000 });
  await page.evaluate(() => evwallStage.prepare(12));
  await page.evaluate(() => { evwallStage.applied.length = 0; evwallStage.ticking = true; });
  // Two ticks, so that dots are on their way.
  await page.waitForFunction(() => evwallStage.applied.length >= 2, null, { timeout: 60_000 });
  const frames = await presented(page, () => (run.pan ? drag(page, run.size) : page.waitForTimeout(MEASURE_MS)));
  const seen = await page.evaluate(() => ({ reports: evwallStage.reports, applied: evwallStage.applied }));
  const shot = await page.screenshot();
  if (SHOTS) {
    mkdirSync(SHOTS, { recursive: true });
    writeFileSync(join(SHOTS, `${run.name}.png`), shot);
  }
  const report = seen.reports.at(-1);
  // A picture with nothing on it packs into a few kilobytes.
  if (faults.length || shot.length < 40_000 || report.drawn === 0) {
    throw new Error(`${run.name}: no witness of the dots (${shot.length} bytes, ${report.drawn} drawn) ${faults.join("; ")}`);
  }
  const prefix = run.webgl2 ? "webgl2" : "cpu";
  const gaps = frames.slice(1).map((at, ix) => at - frames[ix]).sort((a, b) => a - b);
  const fps = (frames.length - 1) / ((frames.at(-1) - frames[0]) / 1000);
  const name = run.pan ? "cpu_pan_fps_1080p" : run.webgl2 ? "webgl2_fps_222k_1080p" : `${prefix}_fps_${run.name}`;
  say(name, fps, "frames/s", run.bar);
  say(`${name}_gap_p50_ms`, part(gaps, 0.5), "ms");
  say(`${name}_gap_p95_ms`, part(gaps, 0.95), "ms");
  say(`${name}_draw_ms`, report.frameMs, "ms");
  if (run.memory) say(run.memory[0], report.memoryBytes / 1e6, "MB", run.memory[1]);
  if (run.delta) {
    const took = seen.applied.map(([, ms]) => ms).sort((a, b) => a - b);
    say("apply_delta_ms", part(took, 0.5), "ms", 4);
    say("apply_delta_p95_ms", part(took, 0.95), "ms");
    await keyframe(page);
  }
  if (run.pick) {
    const took = await page.evaluate(() => {
      const times = [];
      for (let turn = 0; turn < 30; turn++) {
        const began = performance.now();
        document.getElementById("ground").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
        times.push(performance.now() - began);
      }
      return times.sort((a, b) => a - b);
    });
    say("pick_ms_1100k", part(took, 0.5), "ms", 4);
    say("pick_ms_1100k_p95", part(took, 0.95), "ms");
  }
  await page.close();
}

/** Times (ms) at which the compositor presented a frame while `meanwhile` ran. */
async function presented(page, meanwhile) {
  await browser.startTracing(page, { categories: ["disabled-by-default-devtools.timeline.frame"] });
  await meanwhile();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const shown = traceEvents.filter((event) => event.name === "SwapEndToPresentationCompositorFrame" && event.ph === "e");
  return shown.map((event) => event.ts / 1000).sort((a, b) => a - b);
}

async function drag(page, [width, height]) {
  const [x, y] = [width / 2, height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const until = Date.now() + MEASURE_MS;
  for (let turn = 0; Date.now() < until; turn++) {
    await page.mouse.move(x + 300 * Math.sin(turn / 20), y + 150 * Math.cos(turn / 17));
  }
  await page.mouse.up();
}

/** All cells of the view again, as one message after another. */
async function keyframe(page) {
  const took = await page.evaluate(async () => {
    evwallStage.ticking = false;
    const times = [];
    for (let turn = 0; turn < 9; turn++) {
      const bases = evwallStage.feed.bases();
      const began = performance.now();
      evwallStage.socket.hear(bases);
      times.push(performance.now() - began);
      await new Promise((next) => setTimeout(next, 50));
    }
    return times.sort((a, b) => a - b);
  });
  say("decode_keyframe_ms", part(took, 0.5), "ms", 15);
  say("decode_keyframe_p95_ms", part(took, 0.95), "ms");
}
