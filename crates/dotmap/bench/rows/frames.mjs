// How many frames a second reach the screen while every dot glides and a tick comes each second.
const MEASURE_MS = 6000;
const DRAG_PX = 300;

export async function frames(bench, metric, run) {
  const page = await bench.stage({ ...run, query: `${run.query}&driving=1` });
  await page.evaluate(() => { evwallStage.applied.length = 0; evwallStage.ticking = true; });
  // Two ticks, so that dots are on their way.
  await page.waitForFunction(() => evwallStage.applied.length >= 2, null, { timeout: 60_000 });
  const shown = await bench.presented(page, () => (run.pan ? drag(page, run.size) : page.waitForTimeout(MEASURE_MS)));
  const report = await page.evaluate(() => evwallStage.reports.at(-1));
  await bench.witness(page, metric);
  if (report.drawn < run.vehicles / 2) throw new Error(`${metric}: only ${report.drawn} dots were in the picture`);
  bench.sayFrames(metric, shown);
  bench.say(`${metric}_draw_ms`, report.frameMs, "ms");
  if (run.memory) bench.say(run.memory, report.memoryBytes / 1e6, "MB");
  if (run.pick) await pick(bench, page, run.pick);
  await page.close();
}

/** Drags the map to and fro, and makes sure that it goes along. */
async function drag(page, [width, height]) {
  const [x, y] = [width / 2, height / 2];
  await page.evaluate(watchMap);
  await page.mouse.move(x, y);
  await page.mouse.down();
  const until = Date.now() + MEASURE_MS;
  const xs = [x];
  for (let turn = 0; Date.now() < until; turn++) {
    xs.push(x + DRAG_PX * Math.sin(turn / 20));
    await page.mouse.move(xs.at(-1), y + (DRAG_PX / 2) * Math.cos(turn / 17));
  }
  await page.mouse.up();
  const went = span(await page.evaluate(() => evwallStage.xs));
  if (went < 0.9 * span(xs)) throw new Error(`the map went ${went} pixels with a pointer that went ${span(xs)}`);
}

const span = (places) => Math.max(...places) - Math.min(...places);

/** Runs in the page: `evwallStage.xs` is where a place of the map stood, frame by frame. */
async function watchMap() {
  const { Map } = await import("/vendor/maplibre-gl.mjs");
  const { getCenter } = Map.prototype;
  let map = null;
  Map.prototype.getCenter = function () {
    map = this;
    return getCenter.call(this);
  };
  evwallStage.xs = [];
  const look = () => {
    if (map) evwallStage.xs.push(map.project([121.47, 31.23]).x);
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** Picks in the middle of the picture, by keyboard, which takes the same way as a click. */
async function pick(bench, page, metric) {
  const took = await page.evaluate(() => {
    evwallStage.ticking = false;
    const times = [];
    for (let turn = 0; turn < 30; turn++) {
      const began = performance.now();
      document.getElementById("ground").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
      times.push(performance.now() - began);
    }
    return { times: times.sort((a, b) => a - b), picks: evwallStage.picks.length };
  });
  if (took.picks < 30) throw new Error("the keyboard picked nothing");
  bench.say(metric, took.times[15], "ms");
  bench.say(`${metric}_p95`, took.times[28], "ms");
}
