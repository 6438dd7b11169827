// A wall that nobody signs in to: it is paired by a code, lives by a key of its own, does what the admin's page says, and
// goes dark when it is revoked.
import { expect, signIn, test, untilDrawn } from "../harness/fixtures.mjs";

/** What the browser writes when the server is away, and when a session is over. */
const SERVER_AWAY = /WebSocket connection to .* failed|Failed to load resource: net::ERR_CONNECTION_(REFUSED|RESET)|503/;
const SESSION_OVER = /401|403/;

/** When the page's connections ended, by the clock of this machine, which all pages share. */
async function closings(page) {
  const closed = [];
  await page.exposeFunction("evwallClosed", (at) => closed.push(at));
  await page.addInitScript(() => {
    const Plain = globalThis.WebSocket;
    globalThis.WebSocket = class extends Plain {
      constructor(...of) {
        super(...of);
        this.addEventListener("close", () => evwallClosed(Date.now()));
      }
    };
  });
  return closed;
}

test("a wall is paired, asked, shown to visitors, outlives the server, and is revoked", async ({ browser, page: wall, programs, complaints }) => {
  complaints.allow(SERVER_AWAY);
  complaints.allow(SESSION_OVER);
  const closed = await closings(wall);
  const dataDir = programs.folder();
  const stream = await programs.stream([{ vin: "LTEST00000W000001", lon: 121.47, lat: 31.23, state: "started" }]);
  const first = await programs.server({ telemetry: [stream.url], dataDir });
  const { url } = first;
  const boss = await programs.user(dataDir, "boss", "admin");
  const office = await (await browser.newContext()).newPage();
  const row = office.getByTestId("screen").and(office.locator("[data-name=hall-1]"));

  await test.step("a browser that keeps no cookies says so instead of asking for ever", async () => {
    const page = await (await browser.newContext()).newPage();
    await page.addInitScript(() => Object.defineProperty(navigator, "cookieEnabled", { value: false }));
    await page.goto(`${url}/wall`);
    await expect(page.locator("[data-for=cannot]")).toBeVisible();
    await page.context().close();
  });

  await test.step("it shows a code, which an admin types in", async () => {
    await wall.goto(`${url}/wall?scene=city`);
    await expect(wall.getByTestId("pairing-code")).toHaveText(/^[B-Z]{4}-[B-Z]{4}$/);
    const code = await wall.getByTestId("pairing-code").innerText();
    await signIn(office, { ...boss, url }, "/screens");
    await expect(office.getByTestId("no-screens")).toBeVisible();
    await office.locator("[name=code]").fill(code.toLowerCase());
    await office.locator("[name=name]").fill("hall-1");
    await office.getByRole("button", { name: "Pair", exact: true }).click();
    // The page with the code leads to the map; who looks into it meanwhile loses it.
    await expect(wall.getByTestId("dots")).toBeVisible();
    await untilDrawn(wall);
    const key = await wall.evaluate(
      () =>
        new Promise((told) => {
          const opening = indexedDB.open("evwall-screen", 1);
          opening.onsuccess = () => {
            const keys = opening.result.transaction("keys").objectStore("keys").get("this screen");
            keys.onsuccess = () =>
              crypto.subtle.exportKey("jwk", keys.result.privateKey).then(
                () => told("given away"),
                (error) => told(error.name),
              );
          };
        }),
    );
    expect(key, "not even its own page can read the key").toBe("InvalidAccessError");
  });

  await test.step("the admin sees how it does", async () => {
    await expect(row.getByTestId("seen")).toHaveText("now");
    await expect(row.getByTestId("dots")).toHaveText("1", { timeout: 20_000 });
    await expect(row.getByTestId("frames")).toHaveText(/^\d+$/);
    await expect(row.getByTestId("memory")).toHaveText(/^[1-9]\d* MiB$/);
    await expect(row.getByTestId("drawn-by")).toHaveText("CPU");
    await expect(row.getByTestId("losses")).toHaveText("0");
    await expect(row.getByTestId("version")).toHaveText(/^[0-9a-f]{8}$/);
  });

  await test.step("it says hello", async () => {
    await row.getByTestId("greet").click();
    await expect(wall.getByTestId("greeting")).toHaveText("hall-1");
  });

  await test.step("visitors are shown less, at once and without a reload, and back", async () => {
    await wall.evaluate(() => (globalThis.loadedOnce = true));
    await row.getByTestId("visitor").click();
    await expect(wall.getByTestId("for-visitors")).toBeVisible();
    await expect(row.getByTestId("visitor")).toHaveText("Visitors: on");
    await untilDrawn(wall);
    await row.getByTestId("visitor").click();
    await expect(wall.getByTestId("for-visitors")).toBeHidden();
    await untilDrawn(wall);
    expect(await wall.evaluate(() => globalThis.loadedOnce)).toBe(true);
  });

  await test.step("it outlives a restart of the server", async () => {
    await first.stop();
    await expect(wall.getByTestId("trouble")).toBeVisible({ timeout: 20_000 });
    await programs.server({ telemetry: [stream.url], dataDir, listen: new URL(url).host });
    await expect(wall.getByTestId("connection")).toHaveText("Connected", { timeout: 40_000 });
    expect(await wall.evaluate(() => globalThis.loadedOnce), "the same page goes on").toBe(true);
    await expect(row.getByTestId("seen")).toHaveText("now", { timeout: 20_000 });
  });

  await test.step("revoked, it has no map within a second, and asks to be paired again", async () => {
    await office.evaluate(() => {
      addEventListener("click", () => (globalThis.clickedAt ??= Date.now()), { capture: true });
    });
    await row.getByTestId("revoke").click();
    const clickedAt = await office.evaluate(() => globalThis.clickedAt);
    const took = () => closed.find((at) => at >= clickedAt) - clickedAt;
    await expect.poll(took, "milliseconds from the click to the end of the wall's connection").toBeLessThan(1_000);
    await expect(wall.getByTestId("connection")).not.toHaveText("Connected");
    await expect(row).toHaveCount(0);
    await expect(wall.getByTestId("pairing-code")).toHaveText(/^[B-Z]{4}-[B-Z]{4}$/, { timeout: 30_000 });
  });
  await office.context().close();
});
