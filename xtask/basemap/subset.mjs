// Cuts a font down to the characters on standard input: node subset.mjs IN.woff2 OUT.woff2
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const subsetFont = createRequire(process.cwd() + "/")("subset-font");
const [from, to] = process.argv.slice(2);
const characters = readFileSync(0, "utf8");
writeFileSync(to, await subsetFont(readFileSync(from), characters, { targetFormat: "woff2" }));
