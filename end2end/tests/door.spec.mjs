// Without a session there is the login page and nothing else, whatever the path.
import { expect, signInByForm, test, untilDrawn } from "../harness/fixtures.mjs";

const PATHS = [
  "/", "/nothing", "/pkg/evwall_bg.wasm", "/pkg/evwall.js", "/vendor/maplibre-gl.mjs", "/ground/style.json",
  "/fonts/fonts.css", "/api/me", "/ws", "/metrics", "/../evwall.db", "/%2e%2e/evwall.db", "/ATTRIBUTION.md",
];

/** The browser's own remark when the login page is the answer to another path. */
const UNAUTHORIZED = /Failed to load resource: .* 401/;

test("without a session no path gives anything but the login page", async ({ centre, request }) => {
  for (const path of PATHS) {
    const answer = await request.get(centre.server.url + path, { failOnStatusCode: false });
    const body = await answer.text();
    if (body.includes('name="password"')) {
      expect(body, `${path} brings no script`).not.toContain("<script");
      expect(body.length, `${path} is a small page`).toBeLessThan(5_000);
    } else {
      expect([401, 403, 404], path).toContain(answer.status());
      expect(body.length, `${path} says nothing more`).toBeLessThan(200);
    }
  }
});

test("a wrong password is refused in words, and the right one lets in", async ({ page, centre, complaints }) => {
  complaints.allow(UNAUTHORIZED);
  await page.goto(centre.server.url);
  await page.getByLabel("Name").fill(centre.server.name);
  await page.getByLabel("Password").fill("not this one");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("wrong");
  await signInByForm(page, centre.server);
  await untilDrawn(page);
});

test("signing out ends it", async ({ desk: page, centre, complaints }) => {
  complaints.allow(UNAUTHORIZED);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Password")).toBeVisible();
  await page.goto(centre.server.url);
  await expect(page.getByLabel("Password")).toBeVisible();
});

test("whoever follows a link to a view or to the wall signs in and is there", async ({ page, centre, complaints }) => {
  complaints.allow(UNAUTHORIZED);
  const signInHere = async () => {
    await page.getByLabel("Name").fill(centre.server.name);
    await page.getByLabel("Password").fill(centre.server.password);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  const view = "/?at=31.2500,121.5000,13.00";
  await page.goto(centre.server.url + view);
  await signInHere();
  await expect(page.getByTestId("status")).toBeVisible();
  expect(page.url()).toBe(centre.server.url + view);

  await page.context().clearCookies();
  const wall = `${centre.server.url}/wall?scene=city&every=20`;
  await page.goto(wall);
  await page.getByRole("link", { name: "Sign in with an account instead" }).click();
  await signInHere();
  await expect(page.locator("main.wall")).toBeVisible();
  expect(page.url()).toBe(wall);
});
