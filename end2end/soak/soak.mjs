// `cargo xtask soak`: a stream, a server and a wall in a browser, looked at again and again until so many ticks or seconds
// are over, or until somebody asks to end: node soak.mjs '{"out":…,"run":1,…}'. Each look is a line of the file `out` at
// once, so that nothing is lost whatever ends it. What it all means is not decided here.
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium as browserType } from "@playwright/test";

import { signIn } from "../harness/fixtures.mjs";
import { chromium } from "../harness/places.mjs";
import { addUser, startServer, startSim } from "../harness/programs.mjs";
import { countWhatComes } from "./counts.mjs";
import { objectBytes } from "./objects.mjs";

const plan = JSON.parse(process.argv[2]);
const SIZE = { width: 1920, height: 1080 };
const CITY = "The whole city";
/** How long the city must have been shown: dots have glided there and the figures, told once a second, are those of it. */
const SETTLED_MS = 2_500;
/** Scenes change every minute at the longest, and a busy machine may take its time. */
const PATIENCE_MS = 180_000;
/** Counting the page's objects stops it for a moment: not at every look. */
const COUNT_EVERY = 5;
/** The browser's own remark about WebGL without a GPU. */
const NO_COMPLAINT = /GL Driver Message/;

/** Resolves when somebody asks to end, or when whoever started this is gone. */
const asked = new Promise((resolve) => {
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => resolve("asked"));
  process.stdin.on("end", () => resolve("asked")).on("error", () => resolve("asked")).resume();
});

const keep = (line) => appendFileSync(plan.out, `${JSON.stringify({ run: plan.run, ...line })}\n`);
const dataDir = mkdtempSync(path.join(tmpdir(), "evwall-soak-"));
const registry = path.join(dataDir, "registry.csv");
const running = [];
let looks = 0;
try {
  // Time is compressed for all alike: a tick is a second of the wall's life, and a vehicle is heard as often as it can be.
  const speed = 1000 / plan.tickMs;
  const interval = speed > 1 ? ["--interval-s", String(Math.max(1, Math.round(15 / speed)))] : [];
  const sim = await startSim({ vehicles: plan.vehicles, speed, registry, args: interval });
  running.push(sim);
  const server = await startServer({ telemetry: [sim.url], dataDir, registry, args: ["--tick-ms", String(plan.tickMs)] });
  running.push(server);
  const died = Promise.race([
    sim.program.ended.then((how) => `the stream ended: ${how}\n${sim.program.output}`),
    server.program.ended.then((how) => `the server ended: ${how}\n${server.program.output}`),
  ]);
  const browser = await browserType.launch({
    executablePath: chromium,
    args: ["--disable-gpu"],
    // We end it ourselves, after the last look.
    handleSIGINT: false,
    handleSIGTERM: false,
  });
  running.push({ stop: () => browser.close() });
  const wall = await hangWall(browser, server);
  const begun_ms = Date.now();
  keep({ kind: "run", at: new Date(begun_ms).toISOString(), browser: browser.version(), ...plan.settings });

  for (let enough = false; !enough; ) {
    const next = look(wall, server, begun_ms).then((sample) => {
      keep(sample);
      tell(sample);
      return sample;
    });
    const outcome = await Promise.race([next, died, wall.broken, asked]);
    if (outcome === "asked") break;
    if (typeof outcome === "string") throw new Error(outcome);
    enough = outcome.ticks >= (plan.ticks ?? Infinity) || outcome.s >= (plan.seconds ?? Infinity);
    if (!enough && (await Promise.race([pause(plan.sampleS * 1000), died, wall.broken, asked])) === "asked") break;
  }
} finally {
  // The page first: one that outlives its server complains of it.
  for (const one of running.reverse()) await one.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit();

/** A screen, signed in, on the wall that goes through all its scenes. */
async function hangWall(browser, server) {
  const page = await browser.newPage({ viewport: SIZE, locale: "en-GB", timezoneId: "Asia/Shanghai" });
  let loads = 0;
  let complaints = 0;
  const complain = (text) => {
    if (NO_COMPLAINT.test(text)) return;
    complaints += 1;
    // Enough to know what it was; a page that complains all the time shall not fill the disk.
    if (complaints <= 100) keep({ kind: "complaint", at: new Date().toISOString(), text: text.slice(0, 500) });
  };
  page.on("load", () => (loads += 1));
  page.on("console", (message) => {
    if (["error", "warning", "assert"].includes(message.type())) complain(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complain(`exception: ${error.message}`));
  const broken = new Promise((resolve) => page.on("crash", () => resolve("the page crashed")));
  await page.addInitScript(countWhatComes);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable");
  const all = await browser.newBrowserCDPSession();
  const screen = await addUser(dataDir, "wall-1", "screen");
  await signIn(page, { ...screen, url: server.url }, `/wall?every=${plan.everyS}`);
  return { page, devtools, all, broken, loads: () => loads, complaints: () => complaints };
}

/** One look at everything, in the next moment in which the wall shows the whole city. */
async function look(wall, server, begun_ms) {
  for (;;) {
    const load = wall.loads();
    try {
      return await inTime(lookNow(wall, server, begun_ms));
    } catch (error) {
      // A wall loads itself anew once a day; what was under way then is asked again.
      if (wall.loads() === load) throw error;
    }
  }
}

async function lookNow({ page, devtools, all, loads, complaints }, server, begun_ms) {
  await page.waitForFunction(() => globalThis.evwallSoak && document.querySelector("[data-testid=headline]"));
  await page.evaluate(([city, settled_ms]) => evwallSoak.shows(city, settled_ms), [CITY, SETTLED_MS]);
  const seen = await page.evaluate(() => evwallSoak.read());
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  const objects = looks++ % COUNT_EVERY === 0 ? await objectBytes(devtools) : null;
  const { metrics } = await devtools.send("Performance.getMetrics");
  const ofPage = (name) => metrics.find((metric) => metric.name === name)?.value ?? null;
  const told = await server.metrics();
  const of = (name) => {
    const values = [...told.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"))].map((found) => Number(found[1]));
    return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) : null;
  };
  const { processInfo } = await all.send("SystemInfo.getProcessInfo");
  const now_ms = Date.now();
  return {
    kind: "sample",
    at: new Date(now_ms).toISOString(),
    s: Math.round((now_ms - begun_ms) / 100) / 10,
    // The server's first entry of that histogram is no tick.
    ticks: of("evwall_tick_seconds_count") - 1,
    load: loads(),
    complaints: complaints(),
    server_rss_mb: mb(of("evwall_memory_bytes")),
    server_used_mb: mb(of("evwall_memory_used_bytes")),
    heap_mb: mb(usedSize),
    objects_mb: mb(objects),
    wasm_mb: mb(seen.wasm_bytes),
    browser_rss_mb: mb(processInfo.reduce((sum, { id }) => sum + rss(id), 0)),
    nodes: ofPage("Nodes"),
    listeners: ofPage("JSEventListeners"),
    frames: seen.frames,
    dropped: seen.dropped,
    drawn: seen.drawn,
    registered: seen.registered,
    live: of("evwall_vehicles_live"),
    changes: of("evwall_cell_changes_total"),
    page_messages: seen.messages,
    page_bytes: seen.bytes,
    skipped_ticks: of("evwall_viewer_skipped_ticks_total") ?? 0,
    reports: of("evwall_reports_total"),
  };
}

function tell(sample) {
  const share = (100 * sample.dropped) / Math.max(1, sample.frames + sample.dropped);
  console.log(
    `run ${plan.run}: ${sample.ticks} ticks, server ${sample.server_rss_mb} MB, heap ${sample.heap_mb} MB, ` +
      `WebAssembly ${sample.wasm_mb} MB, ${share.toFixed(1)} % of frames dropped, ${sample.drawn} of ${sample.registered} drawn`,
  );
}

function mb(bytes) {
  return bytes === null ? null : Math.round(bytes / 1e3) / 1e3;
}

/** Bytes of a process in memory; 0 once it is gone. */
function rss(pid) {
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function pause(ms) {
  return new Promise((next) => setTimeout(next, ms));
}

function inTime(work) {
  let late;
  const limit = new Promise((_, reject) => {
    late = setTimeout(() => reject(new Error(`the wall did not answer in ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(late));
}
