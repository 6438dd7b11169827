// What lies in a part of the map: boxes, lassos, the list of dots, following one.
import { expect, figure, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { holdMap } from "../harness/instruments.mjs";
import { clickDot, movingDot, openCard } from "../harness/vehicle.mjs";

const count = async (page) => Number((await page.getByTestId("area-count").innerText()).replaceAll(/\D/g, ""));

async function drag(page, places) {
  const [first, ...rest] = places;
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const place of rest) await page.mouse.move(...place, { steps: 4 });
  await page.mouse.up();
}

test("a box and a lasso count what is inside, and a supervisor lists it", async ({ desk: page }) => {
  await page.keyboard.press("b");
  const panel = page.getByTestId("panel-area");
  await expect(panel).toBeVisible();
  await expect(page.getByTestId("drawing-hand")).toBeVisible();

  await test.step("the whole view has as many as are drawn", async () => {
    await panel.getByTestId("area-view").click();
    await expect.poll(async () => (await count(page)) - (await figure(page, "drawn")), "as many as are drawn").toBe(0);
  });
  const whole = await count(page);

  await test.step("a box has fewer", async () => {
    await panel.getByRole("button", { name: "Box" }).click();
    await drag(page, [[640, 120], [1000, 420]]);
    await expect(page.getByTestId("drawing-hand"), "the map can be moved again").toHaveCount(0);
    await expect.poll(() => count(page)).toBeLessThan(whole);
    await expect.poll(() => count(page)).toBeGreaterThan(0);
  });

  await test.step("what the legend hides is counted and said", async () => {
    const drivingRow = page.locator(".legend").getByRole("button", { name: /driving/ });
    await drivingRow.click();
    await expect(panel).toContainText("hidden by the legend");
    await drivingRow.click();
    await expect(panel).not.toContainText("hidden by the legend");
  });

  await test.step("a lasso round nothing has none", async () => {
    await panel.getByRole("button", { name: "Lasso" }).click();
    await drag(page, [[1180, 300], [1200, 300], [1200, 320], [1180, 320]]);
    await expect.poll(() => count(page)).toBe(0);
    await expect(panel).toContainText("No vehicles here.");
  });

  await test.step("a lasso round the middle lists its dots, and one of them opens through the purpose", async () => {
    await panel.getByRole("button", { name: "Lasso" }).click();
    await drag(page, [[640, 200], [900, 160], [1020, 400], [820, 560], [640, 420]]);
    await expect.poll(() => count(page)).toBeGreaterThan(0);
    await expect.poll(() => panel.getByTestId("listed").count()).toBeGreaterThan(0);
    await panel.getByTestId("listed").first().click();
    const popup = page.getByTestId("popup");
    await expect(popup.getByTestId("purpose"), "no card without a purpose").toBeVisible();
    await openCard(popup);
  });
});

test("a viewer counts an area in tens and is given no list of it", async ({ centre, programs, page }) => {
  const viewer = await programs.user(centre.dataDir, "guest", "viewer");
  await signIn(page, { ...viewer, url: centre.server.url });
  await untilDrawn(page);
  await page.keyboard.press("o");
  await page.getByTestId("area-view").click();
  await expect(page.getByTestId("area-count"), "in tens: the page is no finer tool than the server's figures").toHaveText(/^[1-9][\d,]*0$/);
  await expect(page.getByTestId("in-tens")).toBeVisible();
  for (const row of await page.getByTestId("panel-area").locator(".counts b").allInnerTexts()) expect(row).toMatch(/^(< 10|[1-9][\d,]*0)$/);
  await page.getByTestId("panel-area").getByRole("button", { name: "Lasso" }).click();
  await drag(page, [[1180, 300], [1200, 300], [1200, 320], [1180, 320]]);
  await expect(page.getByTestId("area-count"), "none are fewer than ten").toHaveText("< 10");
  await expect(page.getByTestId("panel-area").getByTestId("dot-list")).toHaveCount(0);
});

test("whoever cannot use the canvas reads the dots as a list and opens one by keyboard", async ({ desk: page }) => {
  await page.keyboard.press("l");
  const list = page.getByTestId("dot-list");
  await expect.poll(() => list.getByTestId("listed").count()).toBeGreaterThan(20);
  await expect(list.getByTestId("listed").first()).toHaveText(/(driving|parked|charging|off|unknown) · live/);
  // From the panel, which has the focus, past its buttons into the list.
  for (let presses = 0; presses < 10; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement?.dataset.testid === "listed")) break;
  }
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByTestId("popup").getByTestId("purpose")).toBeVisible();
});

test("the map follows the vehicle whose card is open", async ({ centre, page }) => {
  await holdMap(page);
  await signIn(page, centre.server);
  await untilDrawn(page);
  await openCard(await clickDot(page, await movingDot(page)));
  const anchor = page.locator(".anchor");
  const off = () =>
    anchor.evaluate((element) => {
      const { x, y } = element.getBoundingClientRect();
      return Math.max(Math.abs(x / innerWidth - 0.5), Math.abs(y / innerHeight - 0.5));
    });
  // Where the vehicle stands near the edge.
  const at = await anchor.evaluate((element) => {
    const { x, y } = element.getBoundingClientRect();
    return [x, y];
  });
  await page.evaluate(([x, y]) => evwallMap.panBy([x - innerWidth * 0.85, y - innerHeight * 0.5], { duration: 0 }), at);
  await expect.poll(off).toBeGreaterThan(0.3);
  await page.keyboard.press("f");
  await expect(page.getByTestId("tool-follow")).toHaveAttribute("aria-pressed", "true");
  await expect.poll(off, "it is brought to the middle").toBeLessThan(0.21);
  await page.keyboard.press("Escape");
  await expect(page.getByTestId("tool-follow"), "whose card is closed is no longer followed").toHaveCount(0);
});
