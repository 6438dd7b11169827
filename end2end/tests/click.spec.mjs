// The purpose of the wall: recorded drives stream in, a dot moves, a click opens the car.
import { expect, recording, signIn, test, untilDrawn } from "../harness/fixtures.mjs";
import { holdMap, untilGround } from "../harness/instruments.mjs";
import { clickDot, expectedFields, fiveFields, movingDot, openCard } from "../harness/vehicle.mjs";

test.describe("recorded drives, twenty times as fast", () => {
  test.use({ stream: { recording: recording(), speed: 20, args: ["--fold"] } });

  test("a click on a moving dot opens the card of what the stream sent", async ({ desk: page, centre }) => {
    const popup = page.getByTestId("popup");
    // A drive of twenty minutes lasts one minute here, and may end while its card is open: then the next one is opened.
    await expect(async () => {
      await page.keyboard.press("Escape");
      await clickDot(page, await movingDot(page));
      await expect(popup.getByTestId("look"), "first the look").not.toBeEmpty();
      const card = await openCard(popup);

      const { vin } = await fiveFields(card);
      const agrees = async () => {
        const [vehicle] = await centre.sim.vehicles(vin);
        expect(vehicle, "the sim knows this vehicle").toBeDefined();
        expect(await fiveFields(card)).toEqual(expectedFields(vehicle));
      };
      await expect(agrees, "all five fields are what the sim sent").toPass({ intervals: [150], timeout: 10_000 });
      await expect(card.getByTestId("age")).toHaveText(/^\d+ s/);

      const first = await card.getByTestId("mileage").innerText();
      await expect(card.getByTestId("mileage"), "it refreshes while it is open").not.toHaveText(first, { timeout: 10_000 });
      await expect(agrees, "and still agrees").toPass({ intervals: [150], timeout: 10_000 });

      const place = await popup.boundingBox();
      await expect
        .poll(
          async () => {
            const now = await popup.boundingBox();
            return Math.hypot(now.x - place.x, now.y - place.y);
          },
          { message: "it follows the vehicle", timeout: 10_000 },
        )
        .toBeGreaterThan(2);
    }).toPass({ timeout: 150_000 });

    await test.step("Escape closes it", async () => {
      await page.keyboard.press("Escape");
      await expect(popup).toBeHidden();
    });

    await test.step("so does the button", async () => {
      const again = await clickDot(page, await movingDot(page));
      await again.getByRole("button", { name: "Close" }).click();
      await expect(again).toBeHidden();
    });
  });
});

test("a viewer's click shows the look only", async ({ page, centre, programs }) => {
  const viewer = await programs.user(centre.dataDir, "guest", "viewer");
  await signIn(page, { ...viewer, url: centre.server.url });
  await untilDrawn(page);
  const popup = await clickDot(page, await movingDot(page));
  await expect(popup.getByTestId("look")).not.toBeEmpty();
  await expect(popup).toContainText("Your role sees dots, not vehicles.");
  await expect(popup.getByTestId("card")).toHaveCount(0);
  const vins = (await centre.sim.vehicles()).map((vehicle) => vehicle.vin);
  expect(vins.length).toBeGreaterThan(0);
  const html = await page.content();
  expect(vins.filter((vin) => html.includes(vin)), "no VIN is in the page").toEqual([]);
});

test("the question why is there before the answer to the click, and what is said to it waits for that answer", async ({ page, centre }) => {
  // Length and kind of the server's answer to a click.
  const ANSWER = [19, 7];
  const held = [];
  const asked = [];
  let connection;
  let holds = true;
  page.on("request", (request) => request.url().endsWith("/open-card") && asked.push(request));
  await page.routeWebSocket(/\/ws$/, (socket) => {
    connection = socket;
    const upstream = socket.connectToServer();
    socket.onMessage((message) => upstream.send(message));
    upstream.onMessage((message) => {
      if (holds && ANSWER.every((byte, ix) => message[ix] === byte)) held.push(() => socket.send(message));
      else socket.send(message);
    });
  });
  await signIn(page, centre.server);
  await untilDrawn(page);
  const popup = page.getByTestId("popup");
  const purpose = popup.getByRole("button", { name: "Checking data quality" });

  await clickDot(page, await movingDot(page));
  await purpose.click();
  await expect.poll(() => held.length, "the server has answered, and the page has not heard it").toBe(1);
  await expect(popup).toContainText("Opening");
  expect(asked, "no card is asked for without a handle").toEqual([]);
  holds = false;
  held[0]();
  await expect(popup.getByTestId("card")).toBeVisible();
  expect(asked.length).toBe(1);

  await test.step("an answer that is lost with its connection is not waited for", async () => {
    holds = true;
    await page.keyboard.press("Escape");
    await expect(popup).toBeHidden();
    await clickDot(page, await movingDot(page));
    await purpose.click();
    await expect.poll(() => held.length).toBe(2);
    await connection.close();
    await expect(popup.getByTestId("refused")).toBeVisible({ timeout: 20_000 });
    expect(asked.length).toBe(1);
  });
});

test("without a GPU the ground is not drawn anew for a click, and is when it is moved", async ({ page, centre }) => {
  await page.addInitScript(() => {
    const { prototype } = WebGL2RenderingContext;
    const { drawElements } = prototype;
    globalThis.evwallDraws = 0;
    prototype.drawElements = function (...what) {
      evwallDraws += 1;
      return drawElements.apply(this, what);
    };
  });
  await holdMap(page);
  await signIn(page, centre.server);
  await untilDrawn(page);
  await untilGround(page);
  /** How often it was drawn, once it has not been for some frames. */
  const drawn = () =>
    page.evaluate(
      () =>
        new Promise((resolve) => {
          let [before, still] = [evwallDraws, 0];
          const look = () => {
            still = evwallDraws === before ? still + 1 : 0;
            before = evwallDraws;
            if (still < 30) requestAnimationFrame(look);
            else resolve(before);
          };
          requestAnimationFrame(look);
        }),
    );

  const before = await drawn();
  expect(before).toBeGreaterThan(0);
  await clickDot(page, await movingDot(page));
  await expect(page.getByTestId("popup")).toBeVisible();
  expect(await drawn()).toBe(before);

  await page.keyboard.press("Escape");
  await page.mouse.move(900, 500);
  await page.mouse.down();
  await page.mouse.move(940, 540, { steps: 4 });
  await page.mouse.up();
  expect(await drawn()).toBeGreaterThan(before);
});

test("the map goes as far as the hand that drags it, and zooms as far as the wheel is turned", async ({ page, centre }) => {
  await holdMap(page);
  await signIn(page, centre.server);
  await untilDrawn(page);
  await untilGround(page);
  const at = () =>
    page.evaluate(() => {
      const { x, y } = evwallMap.project([121.46, 31.21]);
      return [x, y];
    });
  const near = (...px) => px.map((px) => expect.closeTo(px, 0));
  const [x, y] = await at();
  await page.mouse.move(500, 300);
  await page.mouse.down();
  await page.mouse.move(740, 390, { steps: 12 });
  await expect.poll(at, "while it is held").toEqual(near(x + 240, y + 90));
  const shift = () => page.evaluate(() => evwallMap.getCanvas().style.transform);
  await expect.poll(shift, "a hand that rests sees the ground drawn for this very place").toBe("");
  await page.mouse.up();

  const zoom = () => page.evaluate(() => evwallMap.getZoom());
  const before = await zoom();
  for (let turn = 0; turn < 3; turn += 1) await page.mouse.wheel(0, -240);
  await expect.poll(zoom).toBeGreaterThan(before + 0.5);
});
