// Runs a test program of cargo as WebAssembly: node wasm-test.mjs PROGRAM.wasm
//
// On wasm32-unknown-unknown a test program has nowhere to write and cannot unwind, but it does run every test, and a test
// that fails ends it with a trap; the names of the functions on the stack then say which one it was. Functions of the
// browser are not there: a test that calls one fails.
import { readFileSync } from "node:fs";
import path from "node:path";

Error.stackTraceLimit = 60;
const file = process.argv[2];
const name = path.basename(file).replace(/-[0-9a-f]+\.wasm$/, "");
const module = new WebAssembly.Module(readFileSync(file));

const imports = {};
for (const wanted of WebAssembly.Module.imports(module)) {
  (imports[wanted.module] ??= {})[wanted.name] = wanted.name.startsWith("__getrandom")
    ? (at, length) => {
        crypto.getRandomValues(new Uint8Array(memory().buffer, at, length));
        return 0;
      }
    : () => {
        throw new Error(`there is no ${wanted.name} outside a browser`);
      };
}
const instance = new WebAssembly.Instance(module, imports);
function memory() {
  return instance.exports.memory;
}

const begun = performance.now();
try {
  const code = instance.exports.main(0, 0);
  if (code !== 0) throw new Error(`it returned ${code}`);
} catch (error) {
  const stack = String(error.stack).split("\n");
  const ours = stack.filter((line) => line.includes("tests") || line.includes(name));
  console.error(`${name} (WebAssembly): a test failed: ${error.message}\n${(ours.length > 0 ? ours : stack).slice(0, 12).join("\n")}`);
  process.exit(1);
}
console.log(`${name} (WebAssembly): every test passed, ${((performance.now() - begun) / 1000).toFixed(1)} s`);
