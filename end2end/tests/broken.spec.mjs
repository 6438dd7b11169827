// What is missing or does not work is said in a sentence, together with what to do about it.
import { expect, signIn, test, untilDrawn } from "../harness/fixtures.mjs";

/** The browser writes this when a page was answered with a refusal; a page cannot prevent it. */
const REFUSED = /Failed to load resource: the server responded with a status of (403|404)/;

test("without a source the map says that nothing is set up, and how to", async ({ page, programs }) => {
  const server = await programs.server({ telemetry: [], dataDir: programs.folder() });
  await signIn(page, server);
  const trouble = page.getByTestId("trouble");
  await expect(trouble).toContainText("No telemetry source is set up");
  await expect(trouble).toContainText("--telemetry");
  await page.getByTestId("lang").click();
  await expect(trouble).toContainText("尚未配置遥测数据源");
});

test("a stream that cannot be reached and one that brings nothing are told apart, until the first vehicle comes", async ({ page, programs }) => {
  const stream = await programs.stream([]);
  const port = Number(new URL(stream.url).port);
  await stream.stop();
  const server = await programs.server({ telemetry: [stream.url], dataDir: programs.folder() });
  await signIn(page, server);
  const trouble = page.getByTestId("trouble");
  await expect(trouble).toContainText("telemetry stream cannot be reached");
  await expect(trouble).toContainText("in its log");
  const back = await programs.stream([], { port });
  await expect(trouble).toContainText("No vehicle has reported yet", { timeout: 30_000 });
  await expect(trouble).toContainText("ask who runs the stream");
  back.say({ vin: "LTEST00000W000001", lon: 121.47, lat: 31.23, state: "started" });
  await expect(trouble).toBeHidden();
  await untilDrawn(page);
});

test("a server that hangs is told from one that is away", async ({ desk: page, centre }) => {
  centre.server.program.freeze();
  const trouble = page.getByTestId("trouble");
  try {
    await expect(trouble).toContainText("The picture stands still", { timeout: 8_000 });
    await expect(trouble).toContainText("tell the operators");
    await expect(trouble.locator("time")).toHaveText(/^\d+ s$/);
  } finally {
    centre.server.program.thaw();
  }
  await expect(trouble).toBeHidden({ timeout: 30_000 });
});

test("a page of another role, and one that is not there, say so and lead back to the map", async ({ page, centre, programs, complaints }) => {
  complaints.allow(REFUSED);
  const viewer = await programs.user(centre.dataDir, "li", "viewer");
  await signIn(page, { ...viewer, url: centre.server.url });
  await untilDrawn(page);
  for (const [path, what, toDo] of [
    ["/log", "Your role may not open this page.", "asks an admin"],
    ["/nowhere", "There is no such page.", "Look at the address"],
  ]) {
    await page.goto(`${centre.server.url}${path}`);
    await expect(page.getByRole("alert")).toHaveText(what);
    await expect(page.locator("main")).toContainText(toDo);
    await page.getByRole("link", { name: "To the map" }).click();
    // Until the page has loaded: one that is left half-way complains.
    await untilDrawn(page);
  }
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("whoever is signed in reads the figures of the moment, on desk and wall", async ({ page, programs, complaints }) => {
    // A hint of the document that a browser without script has no use for.
    complaints.allow(/was preloaded using link preload but not used/);
    const stream = await programs.stream([
      { vin: "LTEST00000W000001", lon: 121.47, lat: 31.23, state: "started" },
      { vin: "LTEST00000W000002", lon: 121.48, lat: 31.23, state: "off", charging: true, alarm_level: 3 },
    ]);
    const server = await programs.server({ telemetry: [stream.url], dataDir: programs.folder() });
    await expect.poll(() => server.metrics()).toMatch(/^evwall_vehicles_live 2$/m);
    await page.goto(`${server.url}/login`);
    expect(await page.content(), "no figure without a session").not.toContain("registered");
    await page.getByLabel("Name").fill(server.name);
    await page.getByLabel("Password").fill(server.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    for (const path of ["/", "/wall"]) {
      await page.goto(server.url + path);
      await expect(page.locator(".no-script")).toContainText("needs JavaScript");
      const row = (words) => page.getByRole("row").filter({ hasText: words }).getByRole("cell");
      await expect(row("registered").last()).toHaveText("2");
      await expect(row("live").last()).toHaveText("2");
      await expect(row("charging").last()).toHaveText("1");
      await expect(row("alarms").last()).toHaveText("1");
      await expect(row("newest report").last()).toHaveText(/^\d+ s$/);
      expect(await page.content()).not.toContain("LTEST");
    }
    await expect(page.locator('head meta[http-equiv="refresh"]')).toHaveAttribute("content", "15");
  });
});
