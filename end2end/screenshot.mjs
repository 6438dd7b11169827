// Takes the picture of the wall: node screenshot.mjs OUT.png WIDTHxHEIGHT VEHICLES   (`cargo xtask screenshot`)
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium as browserType } from "@playwright/test";

import { chromium } from "./harness/places.mjs";
import { startServer, startSim } from "./harness/programs.mjs";

const [out, size, vehicles] = process.argv.slice(2);
const [width, height] = size.split("x").map(Number);
const recording = process.env.EVWALL_RECORDING;
/** How long vehicles may take to report for the first time, and dots to glide. */
const SETTLE_MS = 120_000;
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
  await page.goto(`${server.url}/wall`);
  await page.waitForFunction(
    () => {
      const figure = (id) => Number(document.querySelector(`[data-testid="${id}"]`)?.textContent.replaceAll(/\D/g, ""));
      return figure("drawn") > 0 && figure("live") > 0.9 * figure("registered");
    },
    null,
    { timeout: SETTLE_MS, polling: 500 },
  );
  await page.screenshot({ path: out });
  const bytes = statSync(out).size;
  console.log(`${out}: ${Math.round(bytes / 1000)} kB`);
  if (bytes > LARGEST_BYTES) throw new Error(`the picture is larger than ${LARGEST_BYTES / 1000} kB: take a smaller --size or fewer --vehicles`);
} finally {
  for (const one of running.reverse()) await one.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
