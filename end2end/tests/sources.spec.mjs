// The source board: who reports how, who has gone, sorted and as a file.
import { readFileSync } from "node:fs";

import { expect, signIn, test } from "../harness/fixtures.mjs";

const vehicle = (serial, more) => ({ vin: `LTEST0000000000${10 + serial}`, lon: 121.47, lat: 31.23, odometer_km: 1000, ...more });

test("staff see each source, the one that goes and the one whose clock is wrong, and take the table with them", async ({
  page,
  programs,
}) => {
  const good = await programs.stream([vehicle(1), vehicle(2)]);
  const early = await programs.stream([vehicle(3, { ahead_s: 40 }), vehicle(4, { ahead_s: 40 })]);
  const dataDir = programs.folder();
  const server = await programs.server({ telemetry: [good.url, early.url], dataDir });
  await signIn(page, { ...(await programs.user(dataDir, "boss", "admin")), url: server.url });
  await page.getByRole("link", { name: "Sources" }).click();
  await page.waitForURL("**/sources");
  await expect(page.locator("html[data-live]")).toBeAttached();

  const host = ({ url }) => new URL(url).host;
  const line = (stream) => page.getByTestId("source").filter({ hasText: host(stream) });
  const first = page.getByTestId("source").first();
  await expect(line(good)).toContainText("online");
  await expect(line(good)).toContainText(/\d s\d+\.\d/);
  await expect(line(early).getByText("-40 s").or(line(early).getByText("-39 s"))).toHaveClass(/wrong/);

  await test.step("sorted by clocks, the wrong one comes first", async () => {
    const clock = page.getByRole("button", { name: "Clock" });
    await clock.click();
    await expect(page.locator("th[aria-sort=descending]")).toHaveText("Clock");
    await expect(first).toContainText(host(early));
    await clock.click();
    await expect(first).toContainText(host(good));
  });

  await test.step("one that goes is away", async () => {
    await early.stop();
    await expect(line(early)).toContainText("away");
    await expect(line(good)).toContainText("online");
    await page.getByRole("button", { name: "State" }).click();
    await expect(first).toContainText(host(early));
  });

  await test.step("the table as a file", async () => {
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export CSV" }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe("evwall-sources.csv");
    const rows = readFileSync(await file.path(), "utf8").trim().split("\n");
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/^source,state,/);
    expect(rows.find((row) => row.startsWith(host(early)))).toContain(",away,");
    expect(rows.join()).not.toContain("LTEST");
  });

  await test.step("in Chinese too", async () => {
    await page.goto(`${server.url}/sources?lang=zh`);
    await expect(line(early)).toContainText("离线");
  });
});
