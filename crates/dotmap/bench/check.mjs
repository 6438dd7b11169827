// Checks the engine on the stage, in a headless Chromium without a GPU: both back ends draw the same pixels in the middle of
// the glides; a lost context comes back with the dots; an engine that was ended leaves nothing running; without any WebGL the
// dots stand on a plain ground and can be clicked. Prints what it checked; a check that fails ends it with a fault.
//
// Environment as for render.mjs. The clock of the page is held still where pictures are compared.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { serve } from "./stage/serve.mjs";

const { PKG, MODULES, PUBLIC, CHROMIUM } = process.env;
const require = createRequire(pathToFileURL(join(MODULES, "x.js")));
const { chromium } = require("playwright-core");
const site = await serve({
  pkg: PKG, maplibre: join(MODULES, "maplibre-gl/dist"), ground: "nowhere", fonts: join(PUBLIC, "fonts"),
});
const launch = (...more) =>
  chromium.launch({ executablePath: CHROMIUM, args: ["--headless", "--no-sandbox", "--disable-gpu", ...more] });
const faults = [];

async function open(browser, query) {
  const page = await browser.newPage({ viewport: { width: 900, height: 600 } });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
  await page.clock.install({ time: 0 });
  await page.goto(`${site.address}/?vehicles=20000&${query}`);
  await page.waitForFunction(() => globalThis.evwallStage?.reports.at(-1)?.drawn > 0, null, { timeout: 90_000 });
  return page;
}

/** The dots' canvas as it is on the screen half way through the glides of the second tick. */
async function still(page) {
  await page.clock.pauseAt(40_000);
  await page.clock.runFor(3_000);
  await page.evaluate(() => {
    for (let tick = 0; tick < 2; tick++) evwallStage.socket.hear(evwallStage.feed.tick());
  });
  await page.clock.runFor(4_000);
  return settled(page);
}

/** A screenshot that the next one confirms: what was drawn reaches the screen a little later. */
async function settled(page) {
  for (let before = await page.screenshot(), turn = 0; turn < 20; turn++) {
    const now = await page.screenshot();
    if (now.equals(before)) return now;
    before = now;
  }
  throw new Error("the picture does not come to rest");
}

const browser = await launch();
try {
  for (const zoom of [10.3, 12.7, 14.2, 16]) {
    const pictures = [];
    for (const renderer of ["cpu", "webgl2"]) {
      const page = await open(browser, `renderer=${renderer}&zoom=${zoom}&ticking=0&alone`);
      pictures.push(await still(page));
      assert.equal(await page.evaluate(() => evwallStage.reports.at(-1).renderer), renderer);
      await page.close();
    }
    assert.ok(pictures[0].length > 5_000, `zoom ${zoom}: the picture is empty`);
    if (process.env.SHOTS) pictures.forEach((picture, ix) => writeFileSync(join(process.env.SHOTS, `check-${zoom}-${ix}.png`), picture));
    assert.ok(pictures[0].equals(pictures[1]), `zoom ${zoom}: the back ends draw different pictures`);
    console.log(`zoom ${zoom}: both back ends draw the same ${pictures[0].length} bytes of picture`);
  }

  const page = await open(browser, "renderer=webgl2&zoom=10.3&ticking=0&alone");
  const before = await still(page);
  await page.evaluate(() => {
    const context = document.getElementById("dots").getContext("webgl2");
    globalThis.evwallLose = context.getExtension("WEBGL_lose_context");
    evwallLose.loseContext();
  });
  await page.waitForFunction(() => document.getElementById("dots").getContext("webgl2").isContextLost());
  await page.evaluate(() => evwallLose.restoreContext());
  await page.waitForFunction(() => !document.getElementById("dots").getContext("webgl2").isContextLost());
  // A report mends it; by then every glide is over, so the number of dots is what can be compared.
  await page.clock.runFor(3_000);
  const after = await settled(page);
  assert.ok(after.length > before.length * 0.8, "the dots did not come back");
  console.log("a lost context comes back with the dots");

  const left = await page.evaluate(async () => {
    evwallStage.engine.end();
    const reports = evwallStage.reports.length;
    return { reports, maps: document.querySelectorAll(".maplibregl-canvas").length };
  });
  await page.clock.runFor(3_000);
  assert.equal(await page.evaluate(() => evwallStage.reports.length), left.reports, "it reports after its end");
  assert.equal(left.maps, 0, "the map is still there");
  console.log("an ended engine is silent");
} finally {
  await browser.close();
}

const bare = await launch("--disable-software-rasterizer", "--disable-3d-apis");
try {
  const page = await open(bare, "zoom=11");
  const report = await page.evaluate(() => evwallStage.reports.at(-1));
  assert.equal(report.renderer, "cpu");
  await page.mouse.move(450, 300);
  await page.mouse.down();
  await page.mouse.move(350, 250, { steps: 4 });
  await page.mouse.up();
  await page.mouse.wheel(0, -300);
  await page.clock.runFor(2_000);
  await page.waitForFunction((drawn) => evwallStage.reports.at(-1).drawn !== drawn, report.drawn);
  await page.focus("#ground");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => evwallStage.picks.length > 0);
  console.log("without WebGL the dots can be moved about and picked");
} finally {
  await bare.close();
  site.stop();
}
assert.deepEqual(faults, [], "the console stayed clean");
console.log("the console stayed clean");
