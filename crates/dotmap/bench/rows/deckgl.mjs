// deck.gl's ScatterplotLayer with the same dots, size of picture, browser and flags. It draws them where they were reported;
// ours glide, which costs it nothing and us something.
import { median } from "../bench.mjs";

// A frame of it takes seconds in software, and it is submitted a frame or two before it is seen.
const FRAMES = 6;
// Where it draws faster there are more.
const LEAST_MS = 10_000;
const LONGEST_MS = 60_000;
const UPDATES = 3;

export async function deckgl(bench, { vehicles, size }, prefix = "") {
  const page = await bench.page(size);
  await page.goto(`${bench.address}/deck.html?vehicles=${vehicles}&spread=0.3&driving=1`);
  await page.waitForFunction(() => globalThis.evwallDeck?.frames >= 2, null, { timeout: 120_000 });
  const shown = await bench.presented(page, async () => {
    const enough = await page.evaluate((more) => evwallDeck.frames + more, FRAMES);
    const least = page.waitForTimeout(LEAST_MS);
    await page.waitForFunction((enough) => evwallDeck.frames >= enough, enough, { timeout: LONGEST_MS, polling: 500 }).catch(() => {});
    await least;
  });
  const took = [];
  for (let turn = 0; turn < UPDATES; turn++) took.push(await page.evaluate(() => evwallDeck.update()));
  await bench.witness(page, `${prefix}deckgl`);
  await page.close();
  const fps = bench.sayFrames(`${prefix}deckgl_fps_222k_1080p`, shown);
  bench.say(`${prefix}deckgl_update_ms`, median(took), "ms");
  const ours = (metric) => bench.figures.get(metric);
  const webgl2 = ours(`${prefix}webgl2_fps_222k_1080p`);
  const best = Math.max(webgl2 ?? 0, ours(`${prefix}cpu_fps_222k_1080p`) ?? 0);
  if (webgl2) bench.say(`${prefix}deckgl_ratio_webgl2_222k`, webgl2 / fps, "×");
  if (best) bench.say(`${prefix}deckgl_ratio_best_222k`, best / fps, "×");
}
