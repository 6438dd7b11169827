// Measures the map in a headless Chromium, one JSON line a figure: the engine on the stage (bench/stage), deck.gl with the same
// dots beside it, and the product's own page on the real server. Each row of `ROWS` can be run alone by its name.
//
// `cargo xtask bench render` builds what it takes. Where that has been built already, `node crates/dotmap/bench/render.mjs
// ROW…` will do, and `cargo xtask bench render --from FILE` takes its lines into the table. Environment, each with a default:
// PKG (bindings of the stage), MODULES (a node_modules with maplibre-gl and playwright-core), DECK (the folder of deck.gl),
// PUBLIC (ground and fonts), SITE (the built site), CHROMIUM, SHOTS (folder for the screenshots).
import { frames } from "./rows/frames.mjs";
import { deckgl } from "./rows/deckgl.mjs";
import { work, soak } from "./rows/work.mjs";
import { page } from "./rows/page.mjs";
import { whole } from "./rows/whole.mjs";
import { Bench } from "./bench.mjs";

const HD = [1920, 1080];
const K4 = [3840, 2160];
const CITY = { vehicles: 222_000, size: HD };

const ROWS = {
  "222k": (bench) => frames(bench, "cpu_fps_222k_1080p", { ...CITY, query: "renderer=cpu&alone", memory: "wasm_mb_222k" }),
  ground: (bench) => frames(bench, "cpu_fps_222k_1080p_ground", { ...CITY, query: "renderer=cpu" }),
  "1100k": (bench) =>
    frames(bench, "cpu_fps_1100k_1080p", {
      vehicles: 1_100_000, size: HD, query: "renderer=cpu&alone", memory: "wasm_mb_1100k", pick: "pick_ms_1100k",
    }),
  "4k": (bench) => frames(bench, "cpu_fps_222k_4k", { ...CITY, size: K4, query: "renderer=cpu&alone&zoom=11" }),
  pan: (bench) => frames(bench, "cpu_pan_fps_1080p", { ...CITY, query: "renderer=cpu", pan: true }),
  webgl2: (bench) => frames(bench, "webgl2_fps_222k_1080p", { ...CITY, query: "renderer=webgl2&alone" }),
  work: (bench) => work(bench, CITY),
  deckgl: (bench) => deckgl(bench, CITY),
  llvmpipe: async (bench) => {
    const other = await bench.with("llvmpipe");
    const rasteriser = await other.rasteriser();
    if (!/llvmpipe/i.test(rasteriser)) {
      console.log(JSON.stringify({ bench: "render", context: `no llvmpipe rows: the browser draws WebGL with ${rasteriser ?? "nothing"}` }));
      return;
    }
    await frames(other, "llvmpipe_cpu_fps_222k_1080p", { ...CITY, query: "renderer=cpu&alone" });
    await frames(other, "llvmpipe_webgl2_fps_222k_1080p", { ...CITY, query: "renderer=webgl2&alone" });
    await deckgl(other, CITY, "llvmpipe_");
  },
  soak: (bench) => soak(bench, CITY),
  page,
  whole,
  // Its parts, each with programs of its own.
  first: (bench) => whole(bench, ["first"]),
  source: (bench) => whole(bench, ["source"]),
  drawn: (bench) => whole(bench, ["drawn"]),
};

const PARTS = ["first", "source", "drawn"];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in ROWS));
if (unknown.length > 0) throw new Error(`no row ${unknown.join(", ")}; there are: ${Object.keys(ROWS).join(", ")}`);
const failed = [];
const bench = await Bench.open();
try {
  bench.context();
  for (const [name, measure] of Object.entries(ROWS)) {
    if (asked.length > 0 ? !asked.includes(name) : PARTS.includes(name)) continue;
    const began = Date.now();
    // One row that fails costs the others nothing; the run fails at its end.
    await measure(bench).catch((error) => failed.push(`${name}: ${error.stack}`));
    await bench.rest();
    console.error(`  row ${name}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }
} finally {
  await bench.close();
}
if (failed.length > 0) {
  console.error(failed.join("\n"));
  process.exit(1);
}
