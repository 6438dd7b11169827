// The list of alarms: worst first, gone through by key, answered for with a record; and why a vehicle is not on the map.
import { writeFileSync } from "node:fs";
import path from "node:path";

import { expect, signIn, test as base, untilDrawn } from "../harness/fixtures.mjs";
import { holdMap } from "../harness/instruments.mjs";
import { startStream } from "../harness/stream.mjs";

const vin = (serial) => `LTEST00000W00000${serial}`;
/** In Huangpu, Pudong and Chongming. */
const PLACES = [[121.484, 31.231], [121.7, 31.1], [121.45, 31.65]];
const at = (place) => ({ lon: PLACES[place][0], lat: PLACES[place][1] });

const test = base.extend({
  /** A stream of a few vehicles whose alarms the test sets. */
  watch: async ({ programs }, use) => {
    const dataDir = programs.folder();
    const registry = path.join(dataDir, "registry.csv");
    const rows = [1, 2, 3, 4, 5, 6].map((serial) => `${vin(serial)},Probe,One,taxi\n`);
    writeFileSync(registry, `vin,make,model,class\n${rows.join("")}`);
    const stream = await startStream();
    stream.say(
      { vin: vin(1), ...at(0), alarm_level: 1 },
      { vin: vin(2), ...at(1), alarm_level: 3, flags: (1 << 1) | (1 << 11) },
      { vin: vin(3), ...at(2), alarm_level: 2 },
      { vin: vin(4), ...at(0), alarm_level: 0 },
    );
    const server = await programs.server({ telemetry: [stream.url], dataDir, registry });
    await use({ stream, server, dataDir });
    await stream.stop();
  },
});

const rows = (page) => page.getByTestId("alarm");
const levels = (page) => rows(page).evaluateAll((all) => all.map((row) => Number(row.dataset.level)));

test("alarms are listed worst first; a key goes to the next and Escape returns", async ({ watch, page }) => {
  await holdMap(page);
  await signIn(page, watch.server);
  await untilDrawn(page);
  await page.keyboard.press("a");
  await expect.poll(() => levels(page)).toEqual([3, 2, 1]);
  await expect(rows(page).first()).toContainText("battery too hot, insulation");
  await expect(rows(page).first()).toContainText("Pudong");
  await expect(rows(page).first().getByTestId("alarm-age")).toHaveText(/^\d+ s$/);
  const html = await page.content();
  expect([1, 2, 3, 4].filter((serial) => html.includes(vin(serial))), "the list names no vehicle").toEqual([]);

  const centre = () => page.evaluate(() => Object.values(evwallMap.getCenter()));
  const near = ([lon, lat]) => [expect.closeTo(lon, 2), expect.closeTo(lat, 2)];
  const before = await centre();
  await page.keyboard.press("n");
  await expect.poll(centre).toEqual(near(PLACES[1]));
  await page.keyboard.press("n");
  await expect.poll(centre).toEqual(near(PLACES[2]));
  await page.keyboard.press("Escape");
  await expect.poll(centre, "back where it was").toEqual(near(before));

  await test.step("filter and colour work together with it", async () => {
    await page.getByTestId("colour-by").selectOption("alarm");
    const legend = page.locator(".legend");
    // The one in Chongming lies outside the picture.
    await expect(page.getByTestId("drawn")).toHaveText("3");
    await legend.getByRole("button", { name: /no alarm/ }).click();
    await expect(page.getByTestId("drawn")).toHaveText("2");
  });

  await test.step("opening one asks for a purpose like any dot", async () => {
    await page.keyboard.press("a");
    await rows(page).first().getByRole("button", { name: "Open" }).click();
    const popup = page.getByTestId("popup");
    await popup.getByRole("button", { name: "Handling an alarm" }).click();
    await expect(popup.getByTestId("card").getByTestId("vin")).toHaveText(vin(2));
  });
});

test("one of level 4 sounds and stays until somebody answers for it, and that is a record", async ({ watch, programs, page, browser, complaints }) => {
  // A refusal, which the test provokes, is an answer 500 to a server function.
  complaints.allow(/status of 500/);
  await page.addInitScript(() => {
    globalThis.evwallTones = 0;
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (...when) {
      globalThis.evwallTones += 1;
      return start.apply(this, when);
    };
  });
  await signIn(page, watch.server);
  await untilDrawn(page);
  await page.keyboard.press("a");
  await page.getByTestId("sound").check();
  watch.stream.say({ vin: vin(4), alarm_level: 4 });
  await expect(page.getByTestId("unanswered")).toContainText("1 level-4 alarms wait");
  await expect.poll(() => levels(page)).toEqual([4, 3, 2, 1]);
  await expect.poll(() => page.evaluate(() => evwallTones), "it can be heard").toBeGreaterThan(0);

  watch.stream.say({ vin: vin(4), alarm_level: 0 });
  await expect(rows(page).first()).toContainText("over");
  await expect(page.getByTestId("unanswered"), "it is not forgotten").toBeVisible();

  const row = rows(page).first();
  await row.getByRole("button", { name: "Acknowledge" }).click();
  const form = row.locator("form");
  await form.locator("[name=comment]").selectOption("rescue_called");
  await form.locator("[name=reference]").fill("13812345678");
  await form.getByRole("button", { name: "Acknowledge" }).click();
  await expect(row.getByRole("alert"), "a telephone number is no reference").toContainText("names no person");
  await form.locator("[name=reference]").fill("INC-2026-7");
  await form.getByRole("button", { name: "Acknowledge" }).click();
  await expect(page.getByTestId("unanswered")).toHaveCount(0);
  await expect.poll(() => levels(page)).toEqual([3, 2, 1]);

  await test.step("an alarm that goes on says who has answered for it", async () => {
    await rows(page).first().getByRole("button", { name: "Acknowledge" }).click();
    await rows(page).first().locator("[name=comment]").selectOption("watching");
    await rows(page).first().locator("form").getByRole("button", { name: "Acknowledge" }).click();
    await expect(rows(page).first()).toContainText("acknowledged by demo · Being watched");
    watch.stream.say({ vin: vin(2), alarm_level: 2, flags: 2 });
    await expect.poll(() => levels(page)).toEqual([2, 2, 1]);
  });

  await test.step("it is in the log", async () => {
    const officer = await programs.user(watch.dataDir, "officer", "privacy_officer");
    const context = await browser.newContext({ locale: "en-GB" });
    const log = await context.newPage();
    await signIn(log, { ...officer, url: watch.server.url }, "/log");
    const record = log.getByTestId("row").filter({ hasText: "alarm acknowledged" }).filter({ hasText: vin(4) });
    await expect(record).toContainText("demo (supervisor)");
    await expect(record).toContainText("INC-2026-7");
    await expect(record).toContainText("Emergency services called");
    await context.close();
  });
});

test("a viewer sees levels and districts, and neither places nor a way to answer", async ({ watch, programs, page }) => {
  const viewer = await programs.user(watch.dataDir, "guest", "viewer");
  await holdMap(page);
  await signIn(page, { ...viewer, url: watch.server.url });
  await untilDrawn(page);
  const answer = page.waitForResponse((response) => response.url().endsWith("/api/alarms"));
  await page.keyboard.press("a");
  const { list } = await (await answer).json();
  expect(list.map((alarm) => alarm.place)).toEqual([null, null, null]);
  await expect(rows(page).first()).toContainText("Pudong");
  await expect(rows(page).first().getByRole("button")).toHaveText(["Show"]);
  await rows(page).first().getByRole("button", { name: "Show" }).click();
  await expect.poll(() => page.evaluate(() => evwallMap.getCenter().lng), "the middle of the district").toBeGreaterThan(121.6);
});

test("it is said why a vehicle is not on the map, after a purpose", async ({ watch, programs, page, browser }) => {
  watch.stream.say(
    { vin: vin(5), lon: undefined, lat: undefined },
    { vin: vin(6), ...at(0), ahead_s: 3_600 },
    { vin: "LTEST00000W000009", ...at(1) },
  );
  await signIn(page, watch.server);
  await untilDrawn(page);
  await page.keyboard.press("/");
  const search = page.getByTestId("search");
  await search.locator("[name=purpose]").selectOption("data_quality");
  const ask = async (of) => {
    await search.locator("[name=vin]").fill(of);
    await search.getByTestId("ask-why").click();
    return search.getByTestId("why-not");
  };
  await expect(await ask(vin(1))).toContainText("It is on the map and reports");
  await expect(await ask(vin(5))).toContainText("never with a valid position");
  await expect(await ask(vin(6))).toContainText("times in the future");
  await expect(await ask("LTEST00000W999999")).toContainText("Unknown");
  await expect(search.getByTestId("why-not").getByRole("button"), "nothing to open").toHaveCount(0);
  await expect(await ask(vin(1))).toContainText("Last report: ");
  await search.getByRole("button", { name: "Open its card" }).click();
  await expect(page.getByTestId("card").getByTestId("vin")).toHaveText(vin(1));

  await test.step("each question is a row, the unknown one a miss", async () => {
    const officer = await programs.user(watch.dataDir, "officer", "privacy_officer");
    const context = await browser.newContext({ locale: "en-GB" });
    const log = await context.newPage();
    await signIn(log, { ...officer, url: watch.server.url }, "/log");
    const asked = log.getByTestId("row").filter({ hasText: "VIN searched" });
    await expect(asked.filter({ hasText: "LTEST00000W999999" })).toContainText("Checking data quality");
    await expect(asked).toHaveCount(5);
    await expect(log.getByTestId("row").filter({ hasText: "search answered" }).filter({ hasText: "0 hits" })).toHaveCount(1);
    await context.close();
  });
});
