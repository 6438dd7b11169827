// Takes the pictures of the wall, the whole city and its middle:
// node screenshot.mjs WIDE.png CLOSE.png WIDTHxHEIGHT VEHICLES   (`cargo xtask screenshot`)
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium as browserType } from "@playwright/test";

import { chromium } from "./harness/places.mjs";
import { startServer, startSim } from "./harness/programs.mjs";

const [wide, close, size, vehicles] = process.argv.slice(2);
const [width, height] = size.split("x").map(Number);
const recording = process.env.EVWALL_RECORDING;
/** How long vehicles may take to report for the first time, and dots to glide. */
const SETTLE_MS = 120_000;
/** The longest interval between two reports of a vehicle. */
const ROUND_MS = 30_000;
/** From Hongqiao to Zhangjiang: the inner and middle rings, and the river with its bridges. */
const MIDDLE = { center: [121.482, 31.226], zoom: 12 };
/** Beyond this a picture makes a README slow. */
const LARGEST_BYTES = 500_000;

const dataDir = mkdtempSync(path.join(tmpdir(), "evwall-picture-"));
const registry = path.join(dataDir, "registry.csv");
const running = [];
try {
  const sim = await startSim({ recording, vehicles: Number(vehicles), registry, args: recording ? ["--fold"] : [] });
  running.push(sim);
  const server = await startServer({ telemetry: [sim.url], dataDir, registry });
  running.push(server);
  const browser = await browserType.launch({ executablePath: chromium, args: ["--disable-gpu"] });
  running.push({ stop: () => browser.close() });

  const page = await browser.newPage({ viewport: { width, height }, locale: "en-GB", timezoneId: "Asia/Shanghai" });
  await page.goto(`${server.url}/login`);
  await page.getByLabel("Name").fill(server.name);
  await page.getByLabel("Password").fill(server.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByTestId("status").waitFor();
  /** Photographs the wall once nearly everybody has reported; `view` says where the map opens, if not where it usually does. */
  const take = async (out, view) => {
    await page.route("**/ground/style.json*", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), ...view } });
    });
    await page.goto(`${server.url}/wall?scene=city`);
    await page.waitForFunction(
      () => {
        const figure = (id) => Number(document.querySelector(`[data-testid="${id}"]`)?.textContent.replaceAll(/\D/g, ""));
        return figure("drawn") > 0 && figure("live") > 0.9 * figure("registered");
      },
      null,
      { timeout: SETTLE_MS, polling: 500 },
    );
    // Once more round, so that nobody stands where he first reported.
    await page.waitForTimeout(ROUND_MS);
    await page.screenshot({ path: out });
    await page.unroute("**/ground/style.json*");
    const bytes = statSync(out).size;
    console.log(`${out}: ${Math.round(bytes / 1000)} kB`);
    if (bytes > LARGEST_BYTES) throw new Error(`the picture is larger than ${LARGEST_BYTES / 1000} kB: take a smaller --size or fewer --vehicles`);
  };
  await take(wide, {});
  await take(close, MIDDLE);
} finally {
  for (const one of running.reverse()) await one.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
