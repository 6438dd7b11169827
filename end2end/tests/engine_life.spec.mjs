// What happens to a wall over the years: its tab is hidden, its window changes, its graphics are lost.
import { dotsOn, expect, figure, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { seePixels } from "../harness/instruments.mjs";

/** First byte of an acknowledgement. */
const ACK = 66;

test.use({ viewport: { width: 800, height: 500 } });

/** Messages of a page's socket, both ways, as they come. */
function traffic(page) {
  const seen = { heard: 0, acks: 0 };
  page.on("websocket", (socket) => {
    socket.on("framereceived", () => {
      seen.heard += 1;
    });
    socket.on("framesent", ({ payload }) => {
      if (payload[0] === ACK) seen.acks += 1;
    });
  });
  return seen;
}

test("a hidden tab is left in peace and sees the present when it returns", async ({ page, centre, context }) => {
  await page.addInitScript(() => {
    let hidden = false;
    Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
    globalThis.evwallHide = (now) => {
      hidden = now;
      document.dispatchEvent(new Event("visibilitychange"));
    };
  });
  const here = traffic(page);
  await signIn(page, centre.server);
  await untilDrawn(page);
  const other = await context.newPage();
  const there = traffic(other);
  await other.goto(centre.server.url);
  await expect.poll(() => there.acks, { timeout: 60_000 }).toBeGreaterThan(2);

  await page.evaluate(() => evwallHide(true));
  const [heard, acks, ticks] = [here.heard, here.acks, there.acks];
  await expect.poll(() => there.acks, { timeout: 30_000 }).toBeGreaterThan(ticks + 6);
  expect(here.acks - acks, "acknowledgements of a hidden tab").toBeLessThanOrEqual(1);
  expect(here.heard - heard, "messages to a hidden tab").toBeLessThanOrEqual(4);

  await page.evaluate(() => evwallHide(false));
  await expect.poll(() => here.acks, { message: "it takes part again" }).toBeGreaterThan(acks + 3);
  expect((await dotsOn(page, { apartCss: 0 })).length).toBeGreaterThan(0);
  await other.close();
});

test("the canvas follows the window and its screen", async ({ desk: page, context }) => {
  const size = () => page.getByTestId("dots").evaluate((canvas) => [canvas.width, canvas.height]);
  await page.setViewportSize({ width: 900, height: 700 });
  await expect.poll(size).toEqual([900, 700]);
  const devtools = await context.newCDPSession(page);
  await devtools.send("Emulation.setDeviceMetricsOverride", { width: 900, height: 700, deviceScaleFactor: 2, mobile: false });
  await expect.poll(size).toEqual([1800, 1400]);
  await expect.poll(async () => (await dotsOn(page, { apartCss: 0 })).length).toBeGreaterThan(0);
});

/** Pixels of the dots' canvas that are not empty, read in a frame in which it was drawn. */
async function lit(page) {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        requestAnimationFrame(() => resolve(evwallLit()));
      }),
  );
}

test("dots come back with a lost context, and on the CPU when it goes too often", async ({ page, centre, complaints }) => {
  complaints.allow(/CONTEXT_LOST_WEBGL/);
  await seePixels(page);
  await signIn(page, centre.server, "/?renderer=webgl2");
  await expect.poll(() => lit(page), { timeout: 60_000 }).toBeGreaterThan(100);
  for (let loss = 0; loss < 4; loss += 1) {
    await page.evaluate(() => {
      const context = document.querySelector("[data-testid=dots]").getContext("webgl2");
      globalThis.evwallLose = context?.getExtension("WEBGL_lose_context");
      globalThis.evwallLose?.loseContext();
    });
    await expect
      .poll(() => page.evaluate(() => document.querySelector("[data-testid=dots]").getContext("webgl2")?.isContextLost() ?? true))
      .toBe(true);
    await page.evaluate(() => {
      // The one that was lost too often is not restored any more.
      if (document.querySelector("[data-testid=dots]").getContext("webgl2")) globalThis.evwallLose.restoreContext();
    });
    await expect.poll(() => lit(page), { message: `after loss ${loss + 1}`, timeout: 30_000 }).toBeGreaterThan(100);
  }
  await expect
    .poll(() => page.evaluate(() => document.querySelector("[data-testid=dots]").getContext("2d") !== null), { message: "the CPU draws" })
    .toBe(true);
});

/** Bytes of a picture of the middle of the map with nothing in it but dots, as the screen shows it. */
async function screen(page, dots) {
  await page.evaluate((dots) => {
    document.querySelector(".ground").style.visibility = "hidden";
    document.querySelector("[data-testid=dots]").style.visibility = dots ? "visible" : "hidden";
  }, dots);
  return (await page.screenshot({ clip: { x: 260, y: 120, width: 440, height: 260 } })).length;
}

for (const renderer of ["cpu", "webgl2"]) {
  test(`a graphics process that is killed takes the dots away for a moment only (${renderer})`, async ({ page, centre, context, complaints }) => {
    complaints.allow(/CONTEXT_LOST_WEBGL/);
    await signIn(page, centre.server, `/?renderer=${renderer}`);
    await expect.poll(() => figure(page, "drawn"), { timeout: 60_000 }).toBeGreaterThan(50);
    const nothing = await screen(page, false);
    await expect.poll(() => screen(page, true)).toBeGreaterThan(nothing);

    const devtools = await context.browser().newBrowserCDPSession();
    const gpu = async () => {
      const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
      return processInfo.find(({ type }) => type === "GPU")?.id;
    };
    const killed = await gpu();
    process.kill(killed, "SIGKILL");
    await expect.poll(gpu).not.toBe(killed);
    await expect.poll(gpu).toBeDefined();
    await expect.poll(() => screen(page, true), { message: "the dots are back", timeout: 30_000 }).toBeGreaterThan(nothing);
  });
}
