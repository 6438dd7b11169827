// What it costs to take a tick and a keyframe, and whether ten million updates leave anything behind.
import { median, p95 } from "../bench.mjs";

const SOAK_UPDATES = 10_000_000;
const SOAK_WARM_UP = 1_000_000;

export async function work(bench, { vehicles, size }) {
  for (const renderer of ["cpu", "webgl2"]) {
    const page = await bench.stage({ vehicles, size, query: `renderer=${renderer}&alone&driving=1`, ticks: 25 });
    // A tick is a tenth of the fleet moving; it may come in several messages, which count together.
    const took = await page.evaluate(async () => {
      const times = [];
      for (const tick of evwallStage.replay.splice(0)) {
        const began = performance.now();
        evwallStage.socket.hear(tick);
        times.push(performance.now() - began);
        await new Promise(requestAnimationFrame);
      }
      return times;
    });
    const moves = await page.evaluate(() => evwallStage.feed.moved());
    if (moves < vehicles * 0.09) throw new Error(`a tick moved only ${moves} dots`);
    const suffix = renderer === "cpu" ? "" : "_webgl2";
    // The first ones run before the browser has compiled the code for speed.
    const warm = took.slice(5);
    bench.say(`apply_delta_ms${suffix}`.replace("_ms_webgl2", "_webgl2_ms"), median(warm), "ms");
    if (renderer === "cpu") {
      bench.say("apply_delta_p95_ms", p95(warm), "ms");
      bench.say("apply_delta_moves", moves, "1");
      await keyframe(bench, page, vehicles);
    } else {
      // Uploading happens in the frame that follows; the browser's own copying is not in it.
      const report = await page.evaluate(() => evwallStage.reports.at(-1));
      bench.say("upload_and_draw_calls_webgl2_ms", report.frameMs, "ms");
    }
    await page.close();
  }
}

/** Bytes of all cells → mirrors and records; then the same through the engine, which also carries glides over. */
async function keyframe(bench, page, vehicles) {
  const took = await page.evaluate(async () => {
    const [decode, take] = [[], []];
    const bases = evwallStage.feed.bases();
    let dots = 0;
    for (let turn = 0; turn < 15; turn++) {
      const began = performance.now();
      dots = evwallStage.engine.decode(bases);
      decode.push(performance.now() - began);
    }
    for (let turn = 0; turn < 9; turn++) {
      const began = performance.now();
      evwallStage.socket.hear(evwallStage.feed.bases());
      take.push(performance.now() - began);
      await new Promise((next) => setTimeout(next, 50));
    }
    return { decode: decode.slice(5), take, dots };
  });
  if (took.dots < vehicles * 0.9) throw new Error(`the keyframe has only ${took.dots} dots`);
  bench.say("decode_keyframe_ms", median(took.decode), "ms");
  bench.say("decode_keyframe_p95_ms", p95(took.decode), "ms");
  bench.say("take_keyframe_again_ms", median(took.take), "ms");
}

export async function soak(bench, { vehicles, size }) {
  const page = await bench.stage({ vehicles, size, query: "renderer=cpu&alone&driving=1", ticks: 0 });
  const devtools = await page.context().newCDPSession(page);
  const run = (updates) =>
    page.evaluate(async (updates) => {
      for (let done = 0; done < updates; ) {
        evwallStage.socket.hear(evwallStage.feed.tick());
        done += evwallStage.feed.moved();
        await new Promise(requestAnimationFrame);
      }
    }, updates);
  const held = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await devtools.send("Runtime.getHeapUsage");
    return { heap: usedSize, wasm: await page.evaluate(() => evwallStage.engine.memory_bytes()) };
  };
  await run(SOAK_WARM_UP);
  const before = await held();
  await run(SOAK_UPDATES);
  const after = await held();
  await bench.witness(page, "soak");
  bench.say("soak_wasm_growth_mb", (after.wasm - before.wasm) / 1e6, "MB");
  bench.say("soak_heap_growth_mb", Math.max(after.heap - before.heap, 0) / 1e6, "MB");
  await page.close();
}
