// `cargo xtask bench card`: how long a person waits. From a click on a dot to the question why, from the answer to the card,
// and from a VIN to its vehicle; each until the browser has drawn it, in the page of a supervisor with a city on it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium as browserType } from "@playwright/test";

import { dotsOn } from "../harness/fixtures.mjs";
import { chromium } from "../harness/places.mjs";
import { startServer, startSim } from "../harness/programs.mjs";

const vehicles = Number(process.argv[2]);
/** A supervisor may open 120 vehicles an hour; searches count apart. */
const OPENED = 60;
const SEARCHED = 60;
const SIZE = { width: 1920, height: 1080 };
const PATIENCE_MS = 180_000;
/** In the middle of the city, so close that most dots lie alone under a pointer: farther off a click gives a list. */
const CLOSE_BY = "/?at=31.2304,121.4737,16.5";

const dataDir = mkdtempSync(path.join(tmpdir(), "evwall-bench-"));
const registry = path.join(dataDir, "registry.csv");
const running = [];
try {
  const sim = await startSim({ vehicles, registry, args: ["--detail"] });
  running.push(sim);
  const server = await startServer({ telemetry: [sim.url], dataDir, registry });
  running.push(server);
  await until(async () => live(await server.metrics()) > vehicles * 0.9, "nine of ten vehicles have reported");
  const browser = await browserType.launch({ executablePath: chromium, args: ["--disable-gpu"] });
  running.push({ stop: () => browser.close() });
  console.log(JSON.stringify({ bench: "card", context: `Chromium ${browser.version()} at 1920×1080 without a GPU, ${vehicles} vehicles` }));

  const page = await browser.newPage({ viewport: SIZE, locale: "en-GB", timezoneId: "Asia/Shanghai" });
  await page.addInitScript(watch);
  await page.goto(`${server.url}/login`);
  await page.getByLabel("Name").fill(server.name);
  await page.getByLabel("Password").fill(server.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByTestId("status").waitFor();
  await page.goto(server.url + CLOSE_BY);
  await page.waitForFunction(
    () => Number(document.querySelector("[data-testid=drawn]")?.textContent.replaceAll(/\D/g, "")) > 0,
    null,
    { timeout: PATIENCE_MS },
  );

  const opened = await openCards(page);
  say("card_open_p95_ms", share(opened.map(({ whole }) => whole), 0.95));
  say("card_open_median_ms", share(opened.map(({ whole }) => whole), 0.5));
  say("card_click_to_question_p95_ms", share(opened.map(({ asked }) => asked), 0.95));
  say("card_answer_to_card_p95_ms", share(opened.map(({ shown }) => shown), 0.95));

  const known = await sim.vehicles();
  const vins = Array.from({ length: SEARCHED }, (_, ix) => known[Math.floor((ix * known.length) / SEARCHED)]);
  const found = [];
  for (const [ix, vehicle] of vins.entries()) found.push(await search(page, vehicle, ix % 2 === 1));
  say("search_vin_p95_ms", share(found.filter((_, ix) => ix % 2 === 0), 0.95));
  say("search_tail_p95_ms", share(found.filter((_, ix) => ix % 2 === 1), 0.95));
} finally {
  for (const program of running.reverse()) await program.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** Runs in the page before anything else: how long from an event until something is there and drawn. */
function watch() {
  globalThis.evwallTimed = (event, selector, limit_ms) =>
    new Promise((resolve) => {
      let began_ms;
      addEventListener(event, () => (began_ms ??= performance.now()), { capture: true, once: true });
      const look = () => {
        if (began_ms === undefined || !document.querySelector(selector)) return;
        seen.disconnect();
        // The frame in which it is drawn is over when the next one begins.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - began_ms)));
      };
      const seen = new MutationObserver(look);
      seen.observe(document, { childList: true, subtree: true, attributes: true });
      // A dot that has moved on is missed, and nothing appears.
      setTimeout(() => (seen.disconnect(), resolve(null)), limit_ms);
    });
}

/** Starts the clock at the next event of this kind, does something, and gives the time until `selector` is drawn. */
async function timed(page, event, selector, act, limit_ms = 10_000) {
  // Armed before the act, and not waited for until it is done.
  await page.evaluate(
    ([event, selector, limit_ms]) => void (globalThis.evwallTook = evwallTimed(event, selector, limit_ms)),
    [event, selector, limit_ms],
  );
  await act();
  return page.evaluate(() => evwallTook);
}

async function openCards(page) {
  const opened = [];
  let dots = [];
  while (opened.length < OPENED) {
    if (dots.length === 0) dots = await closerDots(page);
    const { x, y } = dots.splice(Math.floor(dots.length / 2), 1)[0];
    const asked = await timed(page, "pointerdown", "[data-testid=purpose], [data-testid=overlap], [data-testid=refused]", () =>
      page.mouse.click(x, y), 2_000,
    );
    if (asked !== null && (await page.getByTestId("purpose").isVisible())) {
      const shown = await timed(page, "click", "[data-testid=card]", () => page.locator("[data-purpose=data_quality]").click());
      if (shown === null) throw new Error("a card did not come in ten seconds");
      opened.push({ asked, shown, whole: asked + shown });
    }
    await page.keyboard.press("Escape");
    await page.locator(".popup").first().waitFor({ state: "detached" });
  }
  return opened;
}

/** Dots that a click can mean alone; looks closer until there are some. */
async function closerDots(page) {
  for (let turn = 0; turn < 12; turn += 1) {
    const dots = await dotsOn(page, { apartCss: 20, marginCss: 120 });
    if (dots.length >= 8) return dots;
    await page.mouse.move(SIZE.width / 2, SIZE.height / 2);
    await page.mouse.wheel(0, -300);
    await page.waitForTimeout(1_500);
  }
  throw new Error("no dot lies free of others");
}

async function search(page, vehicle, byTail) {
  const box = page.getByTestId("search");
  if (!(await box.evaluate((details) => details.open))) await box.locator("summary").click();
  await box.locator("[name=vin]").fill(byTail ? vehicle.vin.slice(-6) : vehicle.vin);
  await box.locator("[name=make]").fill(byTail ? vehicle.make : "");
  await box.locator("[name=purpose]").selectOption("data_quality");
  // What was found before goes when the next search begins, and only then is the clock looked at.
  await page.evaluate(() => document.querySelector("[data-testid=hits]")?.removeAttribute("data-testid"));
  const took = await timed(page, "submit", "[data-testid=hits]", () => box.getByRole("button", { name: "Find a vehicle" }).click());
  if (took === null) throw new Error("no hit came in ten seconds");
  return took;
}

function say(metric, value) {
  console.log(JSON.stringify({ bench: "card", metric, value: Math.round(value * 10) / 10, unit: "ms" }));
}

function share(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

function live(metrics) {
  return Number(/^evwall_vehicles_live (\d+)/m.exec(metrics)?.[1] ?? 0);
}

async function until(is, what) {
  const end_ms = performance.now() + PATIENCE_MS;
  while (!(await is())) {
    if (performance.now() > end_ms) throw new Error(`not in time: ${what}`);
    await new Promise((next) => setTimeout(next, 500));
  }
}
