// The pages about people: the privacy officer's log, the admin's accounts, everybody's own account.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

import { expect, signIn, test } from "../harness/fixtures.mjs";
import { clickDot, fiveFields, movingDot, openCard } from "../harness/vehicle.mjs";

// These count rows, and end the session of the demo account.
test.use({ stream: { vehicles: 200, args: ["--interval-s", "2"] } });

/** The page was taken over by its script and answers; what is typed before may be lost. */
async function live(page, path) {
  await page.waitForURL(`**${path}`);
  await expect(page.locator("html[data-live]")).toBeAttached();
}

/** A second person at another desk. */
async function another(browser, centre, person) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page, { ...person, url: centre.server.url });
  return page;
}

test("who opened which vehicle is in the log, and an admin can end it", async ({ browser, desk, centre, programs, complaints }) => {
  const popup = await clickDot(desk, await movingDot(desk));
  const { vin } = await fiveFields(await openCard(popup));

  await test.step("the privacy officer reads it", async () => {
    const officer = await another(browser, centre, await programs.user(centre.dataDir, "officer", "privacy_officer"));
    await officer.getByRole("link", { name: "Log" }).click();
    await live(officer, "/log");
    const rows = officer.getByTestId("row");
    await expect(rows.filter({ hasText: "vehicle opened" })).toContainText(vin);
    await officer.getByTestId("filter").locator("[name=vin]").fill(vin);
    await officer.getByTestId("filter").locator("[name=kind]").selectOption("permit_opened");
    await officer.getByRole("button", { name: "Show" }).click();
    await expect(rows).toHaveCount(1);
    await expect(rows).toContainText("demo (supervisor)");

    const download = officer.waitForEvent("download");
    await officer.getByRole("button", { name: "Export CSV" }).click();
    expect((await download).suggestedFilename()).toBe("evwall-log.csv");

    await officer.getByTestId("filter").locator("[name=vin]").fill("");
    await officer.getByTestId("filter").locator("[name=kind]").selectOption("audit_exported");
    await officer.getByRole("button", { name: "Show" }).click();
    await expect(rows, "exporting is a row too").toContainText("officer");

    await officer.getByTestId("vehicle-report").locator("[name=vin]").fill(vin.toLowerCase());
    const opening = officer.waitForEvent("popup");
    await officer.getByRole("button", { name: "Make the report" }).click();
    const report = await opening;
    await expect(report.locator("h1")).toHaveText("Who looked at this vehicle");
    await expect(report.locator("tbody tr").first()).toContainText("demo · supervisor");
    await expect(report.locator("body")).toContainText(vin);
    const saved = report.waitForEvent("download");
    await report.getByRole("link", { name: "Download the file" }).click();
    const file = await readFile(await (await saved).path(), "utf8");
    const [above, said] = file.split("sha256,");
    expect(createHash("sha256").update(above).digest("hex"), "the file is as it was made").toBe(said.trim());
    await expect(report.locator("dl"), "and the page says its digest").toContainText(said.trim());
    await report.close();
    expect((await officer.goto(`${centre.server.url}/users`)).status()).toBe(403);
  });

  await test.step("its opener sees the row too, without the VIN", async () => {
    const own = await desk.context().newPage();
    await own.goto(`${centre.server.url}/account`);
    await expect(own.getByTestId("looks-today")).toHaveText("1");
    await expect(own.getByTestId("row").filter({ hasText: "vehicle opened" })).toBeVisible();
    await expect(own.locator("body")).not.toContainText(vin);
    await own.close();
  });

  await test.step("an admin ends the session, and the open page says so", async () => {
    complaints.allow(/401/);
    complaints.allow(/WebSocket/);
    const admin = await another(browser, centre, await programs.user(centre.dataDir, "boss", "admin"));
    await admin.getByRole("link", { name: "Accounts" }).click();
    await live(admin, "/users");
    await admin.getByTestId("session").and(admin.locator("[data-name=demo]")).getByRole("button", { name: "End" }).click();
    await expect(desk.locator("body")).toContainText("Your session has ended", { timeout: 5_000 });
    await expect(desk.getByTestId("popup"), "nothing of the vehicle stays on the screen").toHaveCount(0);
    await expect(desk.locator("body")).not.toContainText(vin);
  });
});

test("a new account signs in with the password that was shown once, and changes it", async ({ browser, centre, programs, page }) => {
  const boss = await programs.user(centre.dataDir, "boss", "admin");
  await signIn(page, { ...boss, url: centre.server.url });
  await page.getByRole("link", { name: "Accounts" }).click();
  await live(page, "/users");
  const form = page.getByTestId("add-user");
  await form.locator("[name=name]").fill("guard");
  await form.locator("[name=role]").selectOption("viewer");
  await form.getByRole("button", { name: "Add" }).click();
  const password = await page.getByTestId("new-password").innerText();

  const guard = await another(browser, centre, { name: "guard", password });
  await expect(guard.getByRole("link", { name: "Accounts" })).toHaveCount(0);
  await guard.getByRole("link", { name: "My account" }).click();
  await live(guard, "/account");
  await guard.getByLabel("Old password").fill(password);
  await guard.getByLabel("New password", { exact: true }).fill("a much better password");
  await guard.getByLabel("New password again").fill("a much better password");
  await guard.getByRole("button", { name: "Change password" }).click();
  await expect(guard.getByTestId("password-changed")).toBeVisible();

  await page.getByTestId("account").and(page.locator("[data-name=guard]")).getByTestId("toggle").click();
  await expect(page.getByTestId("account").and(page.locator("[data-name=guard]"))).toContainText("closed");
  const answer = await guard.goto(`${centre.server.url}/account`);
  expect(answer.status(), "a closed account is signed out").toBe(401);
});
