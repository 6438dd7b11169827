// How much a page weighs that was never here before: WebAssembly and its glue, as packed as brotli can.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

export async function page(bench) {
  const folder = join(bench.built, "pkg");
  const kb = { packed: 0, wasm: 0, desk: 0, office: 0 };
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || !/\.(wasm|js)$/.test(file.name)) continue;
    const bytes = readFileSync(join(file.parentPath, file.name));
    const size = brotliCompressSync(bytes).length / 1000;
    // Parts that are fetched when they are needed; what two of them share is counted with the first.
    if (file.name === "split_office.wasm") kb.office += size;
    else if (/^(split|chunk)_/.test(file.name)) kb.desk += size;
    else kb.packed += size;
    if (file.name === "evwall_bg.wasm") kb.wasm = bytes.length / 1000;
  }
  if (kb.wasm === 0) throw new Error(`${folder} holds no page: run \`cargo xtask build\` first`);
  bench.say("page_brotli_kb", kb.packed, "kB");
  bench.say("page_wasm_kb", kb.wasm, "kB");
  bench.say("desk_brotli_kb", kb.desk, "kB");
  bench.say("office_brotli_kb", kb.office, "kB");
}
