// A browser that refuses every kind of WebGL: the dots are drawn all the same, and the page says what is missing.
import { chromium } from "../harness/places.mjs";
import { expect, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { clickDot, movingDot } from "../harness/vehicle.mjs";

test.use({ launchOptions: { executablePath: chromium, args: ["--disable-gpu", "--disable-3d-apis"] } });

for (const path of ["/", "/wall?scene=city"]) {
  test(`without WebGL ${path} shows the dots on a plain ground and says so`, async ({ page, centre, complaints }) => {
    // The page's own word to operators.
    complaints.allow(/The ground map cannot be drawn/);
    await signIn(page, centre.server, path);
    await untilDrawn(page);
    expect(await page.evaluate(() => document.createElement("canvas").getContext("webgl2"))).toBeNull();
    await expect(page.getByTestId("remark")).toContainText("no WebGL");
    await expect(page.getByTestId("remark")).toContainText("tell the operators");
    if (path === "/") await clickDot(page, await movingDot(page));
  });
}

test("a browser that lets nothing be drawn on gets a sentence instead of a map", async ({ page, centre, complaints }) => {
  complaints.allow(/the map cannot start/);
  await page.addInitScript(() => {
    HTMLCanvasElement.prototype.getContext = () => null;
  });
  await signIn(page, centre.server, "/");
  await expect(page.getByTestId("trouble")).toContainText("The map cannot be drawn in this browser.");
  await expect(page.getByTestId("trouble")).toContainText("use a current Chromium or Firefox, or tell the operators");
  await expect(page.getByTestId("status")).toContainText("No map");
});
