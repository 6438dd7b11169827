// The wall never shows old as new: when the server or the stream goes, the page says so within five seconds, dims the map,
// and recovers by itself.
import { expect, figure, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { holdMap, untilGround } from "../harness/instruments.mjs";

const WITHIN = { timeout: 5_000 };
/** The browser itself writes these when a socket or a question is refused; a page cannot prevent it. */
const REFUSED = /Failed to load resource: net::ERR_CONNECTION_(REFUSED|RESET)/;
const REFUSED_SOCKET = /WebSocket connection to 'ws:\/\/127\.0\.0\.1:\d+\/ws\S*' failed/;

// These end the programs.
test.use({ stream: { vehicles: 200 } });

async function isDimmed(page) {
  const filter = await page.getByTestId("map").evaluate((map) => getComputedStyle(map).filter);
  const brightness = /brightness\(([\d.]+)\)/.exec(filter);
  return brightness !== null && Number(brightness[1]) < 0.9;
}

test("the page sees the server come back", async ({ page, centre, programs, complaints }) => {
  complaints.allow(REFUSED);
  complaints.allow(REFUSED_SOCKET);
  // Not the demo account: each start gives that one a new password, which ends its sessions.
  const supervisor = await programs.user(centre.dataDir, "zhang", "supervisor");
  await holdMap(page);
  await signIn(page, { ...supervisor, url: centre.server.url });
  await untilDrawn(page);
  await untilGround(page);
  await centre.server.stop("SIGKILL");
  await expect(page.getByTestId("trouble")).toContainText("server", WITHIN);
  await expect.poll(() => isDimmed(page)).toBe(true);

  await programs.server({
    telemetry: [centre.sim.url],
    dataDir: centre.dataDir,
    registry: centre.registry,
    listen: new URL(centre.server.url).host,
  });
  await expect(page.getByTestId("trouble"), "it recovers by itself").toBeHidden({ timeout: 30_000 });
  await expect(page.getByTestId("connection")).toHaveText("Connected");
  await expect.poll(() => figure(page, "drawn")).toBeGreaterThan(0);
  await expect.poll(() => isDimmed(page)).toBe(false);
});

test("the page sees the stream go and come back", async ({ desk: page, centre, programs }) => {
  await centre.sim.stop();
  // Five seconds without a report, and the second in which the page is told.
  await expect(page.getByTestId("trouble")).toContainText("telemetry stream", { timeout: 7_000 });
  await expect.poll(() => isDimmed(page)).toBe(true);
  expect(await figure(page, "registered"), "the server goes on serving").toBeGreaterThan(0);

  await programs.sim({ vehicles: 200, listen: new URL(centre.sim.url).host });
  await expect(page.getByTestId("trouble")).toBeHidden({ timeout: 40_000 });
  await expect.poll(() => isDimmed(page)).toBe(false);
});
