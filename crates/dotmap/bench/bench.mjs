// What all rows share: browsers, the server of the stage, figures, and what counts as a frame.
import { createRequire } from "node:module";
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { serve } from "./stage/serve.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const BUILT = join(ROOT, process.env.CARGO_TARGET_DIR ?? "target");
// Where `cargo xtask bench render` puts everything; what the environment says goes first.
const { PKG, MODULES, DECK, PUBLIC, SITE, CHROMIUM, SHOTS } = {
  PKG: join(BUILT, "bench/stage"),
  MODULES: join(ROOT, "end2end/node_modules"),
  DECK: join(BUILT, "bench/deck.gl@9.4.0/package"),
  PUBLIC: join(ROOT, "public"),
  SITE: join(BUILT, "site"),
  CHROMIUM: process.env.EVWALL_CHROMIUM ?? "/usr/bin/chromium",
  SHOTS: join(BUILT, "bench/render"),
  ...process.env,
};
const { chromium } = createRequire(pathToFileURL(join(MODULES, "x.js")))("playwright-core");

// Without a GPU a browser composes its pages in software; that is the machine the bars are for. With llvmpipe it believes in a
// GPU that is none.
const FLAGS = {
  software: ["--disable-gpu"],
  llvmpipe: ["--use-gl=angle", "--use-angle=gl-egl", "--ignore-gpu-blocklist"],
};
// A picture with nothing on it packs into a few kilobytes.
const LEAST_PICTURE_BYTES = 40_000;

export const median = (values) => share(values, 0.5);
export const p95 = (values) => share(values, 0.95);
export function share(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export class Bench {
  #site;
  #kind;
  #others = [];
  /** Figures of this run by name. */
  figures = new Map();

  static async open(kind = "software", site) {
    const bench = new Bench();
    bench.#kind = kind;
    bench.#site = site ?? await serve({
      pkg: PKG, maplibre: join(MODULES, "maplibre-gl/dist"), ground: join(PUBLIC, "ground"), fonts: join(PUBLIC, "fonts"), deck: DECK,
    });
    bench.browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--headless", "--no-sandbox", "--enable-precise-memory-info", ...FLAGS[kind]],
    });
    return bench;
  }

  /** What draws this browser's WebGL, in its own words; nothing where it has none. */
  async rasteriser() {
    const page = await this.browser.newPage();
    const said = await page.evaluate(() => {
      const gl = document.createElement("canvas").getContext("webgl2");
      const known = gl?.getExtension("WEBGL_debug_renderer_info");
      return known ? gl.getParameter(known.UNMASKED_RENDERER_WEBGL) : null;
    });
    await page.close();
    return said;
  }

  /** The same with another rasteriser; it goes with the row. */
  async with(kind) {
    const other = await Bench.open(kind, this.#site);
    other.figures = this.figures;
    this.#others.push(other);
    return other;
  }

  async rest() {
    for (const other of this.#others.splice(0)) await other.browser.close();
  }

  async close() {
    await this.rest();
    await this.browser.close();
    this.#site.stop();
  }

  get address() {
    return this.#site.address;
  }

  get built() {
    return SITE;
  }

  say(metric, value, unit) {
    const rounded = Math.round(value * 1000) / 1000;
    this.figures.set(metric, rounded);
    console.log(JSON.stringify({ bench: "render", metric, value: rounded, unit }));
  }

  context() {
    const load = loadavg()[0].toFixed(2);
    const context = `headless Chromium ${this.browser.version()}, --disable-gpu; load ${load} before the run`;
    console.log(JSON.stringify({ bench: "render", context }));
  }

  /** A page whose complaints are kept. */
  async page([width, height], options = {}) {
    const page = await this.browser.newPage({ viewport: { width, height }, ...options });
    page.faults = [];
    page.on("pageerror", (error) => page.faults.push(error.message));
    page.on("console", (line) => line.type() === "error" && page.faults.push(line.text()));
    return page;
  }

  /** The stage with dots on it and some ticks made beforehand, so that measuring does not measure the feed. */
  async stage({ vehicles, size, query, ticks = 12 }) {
    const page = await this.page(size);
    await page.goto(`${this.#site.address}/?vehicles=${vehicles}&spread=0.3&ticking=0&${query}`);
    await page.waitForFunction(() => globalThis.evwallStage?.reports.at(-1)?.drawn > 0, null, { timeout: 120_000 });
    await page.evaluate((ticks) => evwallStage.prepare(ticks), ticks);
    return page;
  }

  /**
   * Times (ms) at which frames of the page reached the screen while `meanwhile` ran. Each frame of the page's own counts once:
   * the compositor also presents what changed without the page, which would count twice.
   */
  async presented(page, meanwhile) {
    await this.browser.startTracing(page, { categories: ["devtools.timeline"] });
    await meanwhile();
    const { traceEvents } = JSON.parse((await this.browser.stopTracing()).toString());
    const shown = new Map();
    for (const { name, args, ts } of traceEvents) {
      if (name === "AnimationFrame::Presentation") shown.set(args.begin_frame_id.sequence_number, ts / 1000);
    }
    return [...shown.values()].sort((a, b) => a - b);
  }

  /** Frames a second, and the gaps between them. */
  sayFrames(metric, frames) {
    if (frames.length < 3) throw new Error(`${metric}: only ${frames.length} frames were presented`);
    const gaps = frames.slice(1).map((at, ix) => at - frames[ix]);
    const fps = (frames.length - 1) / ((frames.at(-1) - frames[0]) / 1000);
    this.say(metric, fps, "frames/s");
    this.say(`${metric}_gap_p50_ms`, median(gaps), "ms");
    this.say(`${metric}_gap_p95_ms`, p95(gaps), "ms");
    return fps;
  }

  /** The screenshot that shows that there is something on the screen; without it a row counts for nothing. */
  async witness(page, name) {
    const shot = await page.screenshot({ timeout: 120_000 });
    if (SHOTS) {
      mkdirSync(SHOTS, { recursive: true });
      writeFileSync(join(SHOTS, `${name}.png`), shot);
    }
    if (page.faults.length > 0 || shot.length < LEAST_PICTURE_BYTES) {
      throw new Error(`${name}: no witness of the dots (${shot.length} bytes) ${page.faults.join("; ")}`);
    }
  }
}
