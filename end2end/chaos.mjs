// `cargo xtask chaos`: faults of the browser and of the PC it runs on. Each leaves a JSON line, as those of the server do
// (`server/examples/chaos`). `--only WORDS` chooses by name.
//
// Thirty vehicles go a few metres to and fro about the city, a report a second. In the moment in which a fault ends all of
// them are somewhere else, and the wall is right when a picture of the screen shows a dot at each new place and none at any
// old one.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium as browserType } from "@playwright/test";

import { signIn, untilDrawn } from "./harness/fixtures.mjs";
import { holdMap, untilGround } from "./harness/instruments.mjs";
import { chromium } from "./harness/places.mjs";
import { startServer } from "./harness/programs.mjs";
import { startStream } from "./harness/stream.mjs";

const BAR_S = 5;
/** After this it counts as never. */
const PATIENCE_MS = 60_000;
const AWAY_MS = 20_000;
const HOUR_MS = 3_600_000;
/** Viewers are closed when they say nothing for so long; 45 s in earnest. */
const SILENCE_S = 12;
const SIZE = { width: 1280, height: 800 };

/** Places as far apart as dots are large many times over, in a part of the screen that no panel covers. */
const HOME = Array.from({ length: 30 }, (_, ix) => ({
  vin: `LTEST00000W${String(ix).padStart(6, "0")}`,
  lon: 121.32 + (ix % 6) * 0.05,
  lat: 31.14 + Math.floor(ix / 6) * 0.04,
  state: "started",
}));
const STEP_DEG = 0.024;
let steps = 0;
/** A dot glides for as long as its vehicle needed from one place to the next: one that stood would take ten seconds. */
const SWAY_DEG = 0.0008;
let sways = 0;

const only = process.argv.slice(2).filter((word) => word !== "--only");
const running = [];
const dataDir = mkdtempSync(path.join(tmpdir(), "evwall-chaos-"));

const FAULTS = [
  ["tab hidden for an hour", "the present, at once, when the tab is looked at again", hiddenForAnHour],
  ["sleep and wake: the wall's PC sleeps until the server has given it up", "dimmed and since when, for the moment until it has connected", sleepAndWake],
  ["the browser's network is cut for 20 s, no FIN", "after 3 s the map dims and says since when; it comes back by itself", networkCut],
  ["WebGL context lost every 10 s for a minute", "no dots for the moment; after the third loss the CPU draws", contextLost],
  ["GPU process killed (dots drawn by the CPU)", "the screen goes blank for a moment", (centre) => gpuKilled(centre, "cpu")],
  ["GPU process killed (dots drawn by WebGL)", "the screen goes blank for a moment", (centre) => gpuKilled(centre, "webgl2")],
  ["the wall's clock an hour ahead", "nothing: ages and times are the server's", (centre) => clockOff(centre, Date.now() + HOUR_MS)],
  ["the wall's clock an hour behind", "nothing: ages and times are the server's", (centre) => clockOff(centre, Date.now() - HOUR_MS)],
  ["the wall's clock in 2038, a minute past what 31 bits hold", "nothing", (centre) => clockOff(centre, (2 ** 31 + 60) * 1_000)],
].filter(([fault]) => only.length === 0 || only.some((words) => fault.includes(words)));

try {
  if (FAULTS.length > 0) {
    const stream = await startStream(HOME);
    running.push(stream);
    const swaying = setInterval(() => sway(stream), 1_000);
    running.push({ stop: () => clearInterval(swaying) });
    const server = await startServer({ telemetry: [stream.url], dataDir, args: ["--viewer-silence-s", String(SILENCE_S)] });
    running.push(server);
    // A server of its own, because its process is known and everything in it can be stopped.
    const launched = await browserType.launchServer({ executablePath: chromium, args: ["--disable-gpu"] });
    running.push({ stop: () => launched.close() });
    const browser = await browserType.connect(launched.wsEndpoint());
    const centre = { stream, server, browser, pid: launched.process().pid };
    for (const [fault, sees, happen] of FAULTS) {
      console.error(`${fault} …`);
      console.log(JSON.stringify({ fault, sees, ...(await rowOf(centre, happen)) }));
    }
  }
} finally {
  for (const program of running.reverse()) await program.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** A fault that cannot even be tried is a row too. */
async function rowOf(centre, happen) {
  const opened = [];
  const row = { recovery_s: null, kept: [], broken: [] };
  const keep = (is, what) => (is ? row.kept : row.broken).push(what);
  try {
    const recovery_ms = await happen({ ...centre, opened, keep });
    row.recovery_s = Math.round(recovery_ms / 100) / 10;
  } catch (error) {
    row.broken.push(error.message.split("\n")[0]);
  } finally {
    for (const context of opened) await context.close();
  }
  row.green = row.recovery_s !== null && row.recovery_s <= BAR_S && row.broken.length === 0;
  return row;
}

/** A desk that shows every vehicle where it is and nothing of the ground. */
async function desk({ browser, server, opened }, { url = server.url, to = "/", prepare } = {}) {
  const context = await browser.newContext({ viewport: SIZE, locale: "en-GB", timezoneId: "Asia/Shanghai" });
  opened.push(context);
  const page = await context.newPage();
  await prepare?.(page);
  await holdMap(page);
  await signIn(page, { ...server, url }, to);
  // What WebGL has drawn can only be seen on the screen.
  if (!to.includes("webgl2")) await untilDrawn(page);
  await untilGround(page);
  // Only dots, so that any light is one.
  page.empty = await picture(page, false);
  await untilRight({ page });
  return page;
}

/** A picture of the screen without its ground, with or without dots. */
async function picture(page, dots = true) {
  await page.evaluate((dots) => {
    document.querySelector(".ground").style.visibility = "hidden";
    document.querySelector("[data-testid=dots]").style.visibility = dots ? "visible" : "hidden";
  }, dots);
  const bytes = await page.screenshot();
  return bytes.toString("base64");
}

/** Where the vehicles are, and where they are not. */
function places() {
  const at = (step) => HOME.map(({ lon, lat }) => [lon + (step % 2) * STEP_DEG, lat]);
  return { here: at(steps), gone: at(steps + 1) };
}

/** In this moment every vehicle is somewhere else. */
function move({ stream }) {
  steps += 1;
  sway(stream);
}

function sway(stream) {
  sways += 1;
  stream.say(...HOME.map(({ vin }, ix) => ({ vin, lon: places().here[ix][0] + (sways % 2) * SWAY_DEG })));
}

/** How many dots are missing or left over on the screen. */
async function wrongOn(page) {
  const shown = await picture(page);
  return page.evaluate(
    async ([empty, shown, { here, gone }]) => {
      const pixels = async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, image.width, image.height);
      };
      const [before, now] = await Promise.all([pixels(empty), pixels(shown)]);
      const isLit = (place) => {
        const { x, y } = evwallMap.project(place);
        for (let dy = -3; dy <= 3; dy += 1) {
          for (let dx = -3; dx <= 3; dx += 1) {
            const at = (Math.round(y + dy) * now.width + Math.round(x + dx)) * 4;
            for (const part of [0, 1, 2]) if (Math.abs(now.data[at + part] - before.data[at + part]) > 40) return true;
          }
        }
        return false;
      };
      return here.filter((place) => !isLit(place)).length + gone.filter(isLit).length;
    },
    [page.empty, shown, places()],
  );
}

/** Looks at the screen until it is right; gives the milliseconds since then. */
async function untilRight({ page }, since_ms = performance.now()) {
  for (;;) {
    const wrong = await wrongOn(page);
    const seen_ms = performance.now();
    if (wrong === 0) return seen_ms - since_ms;
    if (seen_ms - since_ms > PATIENCE_MS) throw new Error(`${wrong} dots are wrong after ${PATIENCE_MS / 1_000} s`);
  }
}

function pause(ms) {
  return new Promise((next) => setTimeout(next, ms));
}

/** What the page says is wrong, or nothing. */
async function trouble(page) {
  const sentence = page.getByTestId("trouble");
  return (await sentence.isVisible()) ? sentence.innerText() : "";
}

/** The page says that all is well with its next report, and reports once a second. */
function isWell(page) {
  return page.getByTestId("trouble").waitFor({ state: "hidden", timeout: 2_000 }).then(
    () => true,
    () => false,
  );
}

async function hiddenForAnHour(centre) {
  const page = await desk(centre, {
    prepare: async (page) => {
      await page.clock.install();
      await page.addInitScript(() => {
        let hidden = false;
        Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
        globalThis.evwallHide = (now) => {
          hidden = now;
          document.dispatchEvent(new Event("visibilitychange"));
        };
      });
    },
  });
  await page.evaluate(() => evwallHide(true));
  await page.clock.fastForward(HOUR_MS);
  // Longer than the server waits for a page that acknowledges nothing.
  await pause((SILENCE_S + 3) * 1_000);
  move(centre);
  const since_ms = performance.now();
  await page.evaluate(() => evwallHide(false));
  const recovery_ms = await untilRight({ page }, since_ms);
  centre.keep((await trouble(page)) === "", "the page complained of nothing afterwards");
  return recovery_ms;
}

async function sleepAndWake(centre) {
  const page = await desk(centre);
  const all = family(centre.pid);
  for (const pid of all) process.kill(pid, "SIGSTOP");
  let viewers;
  try {
    await pause(AWAY_MS);
    viewers = series(await centre.server.metrics(), "evwall_viewers");
    move(centre);
  } finally {
    for (const pid of all) process.kill(pid, "SIGCONT");
  }
  const since_ms = performance.now();
  const recovery_ms = await untilRight({ page }, since_ms);
  centre.keep(viewers === 0, `${all.length} processes slept; the server had closed the socket`);
  return recovery_ms;
}

/** A process and all that it has started. */
function family(pid) {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // The name, in brackets, may hold anything.
        const [, parent] = readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1).split(" ");
        return [[Number(name), Number(parent)]];
      } catch {
        return [];
      }
    });
  const found = [pid];
  for (const one of found) found.push(...parents.filter(([, parent]) => parent === one).map(([child]) => child));
  return found;
}

async function networkCut(centre) {
  const line = await startLine(new URL(centre.server.url));
  try {
    const page = await desk(centre, { url: line.url });
    line.mute();
    await pause(AWAY_MS);
    const said = await trouble(page);
    move(centre);
    const since_ms = performance.now();
    line.open();
    const recovery_ms = await untilRight({ page }, since_ms);
    centre.keep(said !== "", "the page said that the picture was old");
    centre.keep(await isWell(page), "and nothing any more afterwards");
    return recovery_ms;
  } finally {
    line.stop();
  }
}

/** A way to the server that can fall silent: what was connected then is never heard of again. */
async function startLine({ hostname, port }) {
  const sockets = new Set();
  let isMute = false;
  const listener = createServer({ allowHalfOpen: true }, (from) => {
    sockets.add(from);
    from.on("error", () => {});
    if (isMute) return from.pause();
    const to = connect(Number(port), hostname);
    sockets.add(to);
    to.on("error", () => from.destroy());
    from.on("close", () => to.destroy());
    to.on("close", () => from.muted || from.destroy());
    from.pipe(to).pipe(from);
  });
  await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    mute() {
      isMute = true;
      for (const socket of sockets) {
        socket.muted = true;
        socket.unpipe();
        socket.pause();
      }
    },
    open() {
      isMute = false;
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
}

async function contextLost(centre) {
  const page = await desk(centre, { to: "/?renderer=webgl2" });
  const LOSSES = 6;
  let [worst_ms, lost] = [0, 0];
  for (let loss = 0; loss < LOSSES; loss += 1) {
    const began_ms = performance.now();
    const was = await page.evaluate(() => {
      const context = document.querySelector("[data-testid=dots]").getContext("webgl2");
      globalThis.evwallLose = context?.getExtension("WEBGL_lose_context");
      globalThis.evwallLose?.loseContext();
      return context !== null;
    });
    lost += Number(was);
    await pause(1_000);
    move(centre);
    const since_ms = performance.now();
    await page.evaluate(() => {
      // The one that was lost too often is not restored any more.
      if (document.querySelector("[data-testid=dots]").getContext("webgl2")?.isContextLost()) globalThis.evwallLose.restoreContext();
    });
    worst_ms = Math.max(worst_ms, await untilRight({ page }, since_ms));
    await pause(Math.max(0, 10_000 - (performance.now() - began_ms)));
  }
  const isCpu = await page.evaluate(() => document.querySelector("[data-testid=dots]").getContext("2d") !== null);
  centre.keep(lost >= 3, `${lost} contexts lost`);
  centre.keep(isCpu, "then the CPU drew, which has none to lose");
  return worst_ms;
}

async function gpuKilled(centre, renderer) {
  const page = await desk(centre, { to: `/?renderer=${renderer}` });
  const devtools = await centre.browser.newBrowserCDPSession();
  const gpu = async () => {
    const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
    return processInfo.find(({ type }) => type === "GPU")?.id;
  };
  const killed = await gpu();
  process.kill(killed, "SIGKILL");
  move(centre);
  const recovery_ms = await untilRight({ page });
  const other = await gpu();
  centre.keep(other !== undefined && other !== killed, "the browser started another one");
  return recovery_ms;
}

async function clockOff(centre, time_ms) {
  const page = await desk(centre, { prepare: (page) => page.clock.install({ time: time_ms }) });
  const off_ms = (await page.evaluate(() => Date.now())) - Date.now();
  move(centre);
  const recovery_ms = await untilRight({ page });
  const away_ms = time_ms - Date.now();
  centre.keep(Math.abs(off_ms - away_ms) < 120_000, `its clock was ${Math.round(off_ms / 60_000).toLocaleString("en-GB")} minutes off`);
  centre.keep((await trouble(page)) === "", "the page complained of nothing");
  return recovery_ms;
}

function series(metrics, name) {
  return Number(new RegExp(`^${name} (\\S+)`, "m").exec(metrics)?.[1] ?? Number.NaN);
}
