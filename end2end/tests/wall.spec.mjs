// The picture: everything comes from the server itself, figures agree with the stream, and the page speaks two languages.
import { expect, figure, signIn, test, untilDrawn } from "../harness/fixtures.mjs";

test("nothing is fetched from outside, nothing is missing, and the page has its own font and both languages", async ({ page, centre }) => {
  const strangers = [];
  const missing = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== centre.server.url) strangers.push(request.url());
  });
  page.on("response", (response) => {
    if (response.status() >= 400) missing.push(`${response.status()} ${response.url()}`);
  });
  await signIn(page, centre.server);
  await untilDrawn(page);
  await page.getByTestId("lang").click();
  await expect(page.getByTestId("connection")).toHaveText("已连接");
  await expect
    .poll(() => page.evaluate(() => [...document.fonts].filter((face) => face.status === "loaded").map((face) => face.family)))
    .toContainEqual(expect.stringContaining("Noto Sans SC"));
  expect(await page.evaluate(() => document.fonts.check('12px "Noto Sans SC"', "上海浦东新区 Pudong"))).toBe(true);
  await page.getByTestId("lang").click();
  await expect(page.getByTestId("connection")).toHaveText("Connected");
  expect(strangers).toEqual([]);
  expect(missing).toEqual([]);
});

test("the status line counts what the stream sent", async ({ desk: page, centre }) => {
  await expect.poll(() => figure(page, "registered")).toBe(200);
  // A vehicle is live from its first report on; the sim knows who has reported.
  await expect
    .poll(async () => {
      const reported = (await centre.sim.vehicles()).length;
      const shown = await Promise.all(["live", "late", "silent"].map((id) => figure(page, id)));
      return reported - shown.reduce((sum, count) => sum + count);
    }, { timeout: 40_000 })
    .toBe(0);
  await expect(page.getByTestId("connection")).toHaveText("Connected");
  expect(await centre.server.metrics()).toMatch(/^evwall_vehicles_registered 200$/m);
  // The pages of other tests leave a moment after them.
  await expect.poll(() => centre.server.metrics()).toMatch(/^evwall_viewers\S* 1$/m);
});
