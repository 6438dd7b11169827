// Takes the pictures of README.md, of the wall and of the desk with an open card, in English and in Chinese:
// node screenshot.mjs FOLDER WIDTHxHEIGHT VEHICLES   (`cargo xtask screenshot`)
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium as browserType } from "@playwright/test";

import { chromium } from "./harness/places.mjs";
import { untilDrawn } from "./harness/fixtures.mjs";
import { startServer, startSim } from "./harness/programs.mjs";
import { clickDot, movingDot, openCard } from "./harness/vehicle.mjs";

const [folder, size, vehicles] = process.argv.slice(2);
const [width, height] = size.split("x").map(Number);
const recording = process.env.EVWALL_RECORDING;
/** How long vehicles may take to report for the first time, and dots to glide. */
const SETTLE_MS = 120_000;
/** The longest interval between two reports of a vehicle. */
const ROUND_MS = 30_000;
/** From Hongqiao to Zhangjiang: the inner and middle rings, and the river with its bridges. */
const MIDDLE = { center: [121.482, 31.226], zoom: 12 };
/** Streets around Xujiahui, where single vehicles can be told apart. */
const STREETS = "at=31.1950,121.4370,14.20";
const ENGLISH = { locale: "en-GB", purpose: "Checking data quality", drives: /driving/ };
const CHINESE = { locale: "zh-CN", purpose: "数据质量核查", drives: /行驶/ };
/** A dot that seemed to move may stand beside one that does. */
const MOST_TRIES = 12;
/** Beyond this a picture makes a README slow. */
const LARGEST_BYTES = 500_000;

const dataDir = mkdtempSync(path.join(tmpdir(), "evwall-picture-"));
const registry = path.join(dataDir, "registry.csv");
const running = [];
try {
  const sim = await startSim({ recording, vehicles: Number(vehicles), registry, args: recording ? ["--fold"] : ["--detail"] });
  running.push(sim);
  const server = await startServer({ telemetry: [sim.url], dataDir, registry });
  running.push(server);
  const browser = await browserType.launch({ executablePath: chromium, args: ["--disable-gpu"] });
  running.push({ stop: () => browser.close() });

  const signedIn = async ({ locale }) => {
    const page = await browser.newPage({ viewport: { width, height }, locale, timezoneId: "Asia/Shanghai" });
    await page.goto(`${server.url}/login`);
    await page.locator("[name=name]").fill(server.name);
    await page.locator("[name=password]").fill(server.password);
    await page.locator("button").first().click();
    await page.getByTestId("status").waitFor();
    return page;
  };
  const keep = async (page, name) => {
    const out = path.join(folder, name);
    await page.screenshot({ path: out });
    const bytes = statSync(out).size;
    console.log(`${out}: ${Math.round(bytes / 1000)} kB`);
    if (bytes > LARGEST_BYTES) throw new Error(`the picture is larger than ${LARGEST_BYTES / 1000} kB: take a smaller --size or fewer --vehicles`);
    await page.close();
  };
  /** The wall once nearly everybody has reported; `view` says where the map opens, if not where it usually does. */
  const takeWall = async (name, language, view) => {
    const page = await signedIn(language);
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
    await keep(page, name);
  };
  /** The desk with the card of a vehicle that drives. */
  const takeDesk = async (name, language) => {
    const page = await signedIn(language);
    await page.goto(`${server.url}/?${STREETS}`);
    await untilDrawn(page);
    const popup = page.getByTestId("popup");
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      await page.keyboard.press("Escape");
      await clickDot(page, await movingDot(page));
      if (language.drives.test(await popup.getByTestId("look").innerText())) break;
    }
    await openCard(popup, language.purpose);
    // A few reports make a track.
    await page.waitForTimeout(ROUND_MS);
    await keep(page, name);
  };
  await takeWall("wall.png", ENGLISH, {});
  await takeWall("wall-close.png", CHINESE, MIDDLE);
  await takeDesk("desk.png", ENGLISH);
  await takeDesk("desk-zh.png", CHINESE);
} finally {
  for (const one of running.reverse()) await one.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
