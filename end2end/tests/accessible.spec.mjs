// For whoever cannot see, or cannot use a pointer: axe finds nothing on any page, and everything is reached by keyboard.
import AxeBuilder from "@axe-core/playwright";

import { expect, figure, signIn, test, untilDrawn } from "../harness/fixtures.mjs";

/** What axe says against a page, with the elements it means. */
async function against(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

test("axe finds nothing at the desk, whatever panel is open", async ({ desk: page }) => {
  expect(await against(page)).toEqual([]);
  for (const key of ["a", "g", "l", "b", "m", "w", "?"]) {
    await page.keyboard.press(key);
    await expect(page.locator(".panel")).toBeVisible();
    if (key === "b") await page.getByTestId("area-view").click();
    if (key === "g") await expect(page.getByTestId("places").getByRole("button").first()).toBeVisible();
    expect(await against(page), `with the panel of ${key}`).toEqual([]);
    await page.locator(".panel .close").click();
  }
  await page.getByTestId("lang").click();
  await page.locator(".search summary").click();
  expect(await against(page), "with the search open, in Chinese").toEqual([]);
});

test("axe finds nothing on the wall, the login page and the pages about people", async ({ centre, programs, page, browser }) => {
  await page.goto(`${centre.server.url}/login`);
  expect(await against(page), "/login").toEqual([]);
  await signIn(page, centre.server, "/wall?scene=city");
  await untilDrawn(page);
  expect(await against(page), "/wall").toEqual([]);
  await page.goto(`${centre.server.url}/account`);
  await expect(page.getByTestId("looks-today")).toBeVisible();
  expect(await against(page), "/account").toEqual([]);
  for (const [name, role, path] of [["officer", "privacy_officer", "/log"], ["boss", "admin", "/users"]]) {
    const context = await browser.newContext({ locale: "en-GB" });
    const other = await context.newPage();
    const person = await programs.user(centre.dataDir, name, role);
    await signIn(other, { ...person, url: centre.server.url }, path);
    await expect(other.locator("tbody tr").first()).toBeVisible();
    expect(await against(other), path).toEqual([]);
    await context.close();
  }
});

test("every control of the desk is reached by Tab, and it is seen where one is", async ({ desk: page }) => {
  const wanted = await page.locator("main button:visible, main select:visible, main a:visible, main summary:visible").count();
  const reached = new Set();
  await page.evaluate(() => document.activeElement?.blur());
  for (let presses = 0; presses < wanted + 20; presses += 1) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const { outlineStyle } = getComputedStyle(element);
      const all = [...document.querySelectorAll("main button, main select, main a, main summary, main canvas")];
      return { at: all.indexOf(element), kind: element.tagName, outlineStyle };
    });
    if (at === null) continue;
    expect(at.outlineStyle, `${at.kind} shows the focus`).not.toBe("none");
    reached.add(at.at);
  }
  expect(reached.size).toBeGreaterThanOrEqual(wanted);
});

test("what is in view is announced when the map has come to rest", async ({ desk: page }) => {
  const announcer = page.getByTestId("announcer");
  await expect(announcer).toHaveText(/^\d+ vehicles in view, \d+ with an alarm$/);
  const announced = async () => Number((await announcer.innerText()).split(" ")[0]);
  await expect.poll(() => figure(page, "drawn"), "nearly everybody has reported").toBeGreaterThan(150);
  await page.locator(".maplibregl-canvas").focus();
  await page.keyboard.press("-");
  await expect.poll(announced, "all of them, far out").toBeGreaterThan(150);
  // One step at a time: a key that is pressed during a flight begins it anew from where it is.
  const nearer = async () => {
    await page.keyboard.press("+");
    return announced();
  };
  await expect.poll(nearer, { message: "fewer, nearer", intervals: [3_000], timeout: 60_000 }).toBeLessThan(150);
  await page.getByTestId("lang").click();
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
});

test.describe("for whoever wants no motion", () => {
  test.use({ contextOptions: { reducedMotion: "reduce" } });

  test("nothing moves by itself, and the map jumps instead of flying", async ({ desk: page }) => {
    await page.keyboard.press("g");
    const moving = await page.evaluate(() =>
      document.getAnimations().filter((animation) => animation.playState === "running").length,
    );
    expect(moving).toBe(0);
    await page.getByRole("searchbox").fill("Chongming");
    await page.getByRole("searchbox").press("Enter");
    await expect.poll(() => new URL(page.url()).searchParams.get("at"), { timeout: 5_000 }).toMatch(/^31\.[56]/);
  });
});

test("the browser's language is the page's at first", async ({ browser, centre, complaints }) => {
  complaints.allow(/never/);
  for (const [locale, words, tag] of [["zh-CN", "登录", "zh-CN"], ["en-GB", "Sign in", "en"]]) {
    const context = await browser.newContext({ locale });
    const page = await context.newPage();
    await page.goto(`${centre.server.url}/login`);
    await expect(page.getByRole("button", { name: words })).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("lang", tag);
    await context.close();
  }
});
