// A supervisor sends what the desk shows to a wall that is connected.
import { expect, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { holdMap } from "../harness/instruments.mjs";

// Rows of the log are looked for.
test.use({ stream: { vehicles: 50, args: ["--interval-s", "2"] } });

test("the view of the desk is sent to a chosen wall for a while or until it is given back, and that is a record", async ({ centre, programs, page, browser }) => {
  await signIn(page, centre.server, "/?at=31.1500,121.6000,12.00&by=charge");
  await untilDrawn(page);
  await page.keyboard.press("w");
  await expect(page.getByTestId("panel-to-wall")).toContainText("No wall is connected.");

  // A wall that comes while the panel is open is there without another click.
  const hall = await programs.user(centre.dataDir, "hall", "screen");
  const context = await browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 720 } });
  const wall = await context.newPage();
  await holdMap(wall);
  await signIn(wall, { ...hall, url: centre.server.url }, "/wall?scene=city");
  await untilDrawn(wall);
  const zoom = () => wall.evaluate(() => evwallMap.getZoom());
  const before = await zoom();

  const there = page.getByTestId("walls");
  await page.getByTestId("wall-minutes").selectOption("30");
  await there.getByRole("button", { name: "hall" }).click();
  await expect(page.getByTestId("panel-to-wall")).toContainText("Sent.");
  await expect(wall.getByTestId("headline")).toHaveText("Sent from a desk");
  await expect(wall.locator(".legend"), "in the same colours").toContainText("90–100 %");
  const seen = () =>
    wall.evaluate(() => {
      const box = evwallMap.getBounds();
      return [box.getWest() < 121.5 && box.getEast() > 121.7, box.contains([121.6, 31.15]), evwallMap.getZoom() > 10.5];
    });
  await expect.poll(seen, "it looks there").toEqual([true, true, true]);
  expect(wall.url(), "its address stays").toContain("?scene=city");
  expect(before).toBeLessThan(10);

  await there.getByRole("button", { name: "Back to its scenes" }).click();
  await expect(wall.getByTestId("headline")).toHaveText("The whole city");
  await expect.poll(zoom).toBeCloseTo(before, 2);
  await context.close();

  const officer = await programs.user(centre.dataDir, "officer", "privacy_officer");
  const other = await browser.newContext({ locale: "en-GB" });
  const log = await other.newPage();
  await signIn(log, { ...officer, url: centre.server.url }, "/log");
  const rows = log.getByTestId("row").filter({ hasText: "view sent to a wall" });
  await expect(rows).toHaveCount(2);
  await expect(rows.last()).toContainText("demo (supervisor)");
  await expect(rows.last()).toContainText("hall");
  await other.close();
});
