// Where things are: the programs under test, the site, the browser, recordings to play.
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const built = path.join(root, process.env.CARGO_TARGET_DIR ?? "target");

export const server = process.env.EVWALL_BIN ?? path.join(built, "release/evwall");
export const sim = process.env.EVWALL_SIM_BIN ?? path.join(built, "release/evwall-sim");
export const site = process.env.EVWALL_SITE ?? path.join(built, "site");
export const chromium =
  process.env.EVWALL_CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((file) => existsSync(file));

/** Recorded drives where they are at hand, else the small recording that is kept with the tests; EVWALL_RECORDING names another. */
export function recording() {
  if (process.env.EVWALL_RECORDING) return path.resolve(process.env.EVWALL_RECORDING);
  const recorded = path.join(root, "../shared/recordings/shanghai_trips_2020.ndjson.gz");
  if (existsSync(recorded)) return recorded;
  console.log("playing the small recording kept with the tests: the recorded drives are not at hand");
  return path.join(root, "end2end/recordings/shanghai_small.ndjson.gz");
}
