// The browser tests: the real programs, a real Chromium, nothing mocked. `cargo xtask test` sets EVWALL_CHROMIUM, EVWALL_BIN,
// EVWALL_SIM_BIN and EVWALL_SITE; without them the build folder of the repository is taken.
import { defineConfig } from "@playwright/test";

import { chromium } from "./harness/places.mjs";

export default defineConfig({
  testDir: "tests",
  // Two cores: the programs and the browser share them with each other already.
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  // A test that fails once has found something.
  retries: 0,
  timeout: 240_000,
  expect: { timeout: 20_000 },
  reporter: [["list"], ["./harness/total.mjs"]],
  outputDir: "test-results",
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "Asia/Shanghai",
    // Pictures and snapshots of every step would take a core of the two.
    trace: { mode: "retain-on-failure", screenshots: false, snapshots: false },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: chromium,
      // What a wall PC without a GPU does: no compositing on an emulated one.
      args: ["--disable-gpu"],
    },
  },
});
