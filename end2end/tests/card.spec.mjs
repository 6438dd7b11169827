// The card of one vehicle: the five things first, then everything it reports, each with its mark; it refreshes without being
// made anew, draws where the vehicle has been, and its bytes are there for who asks.
import { expect, test } from "../harness/fixtures.mjs";
import { clickDot, movingDot, openCard } from "../harness/vehicle.mjs";

test.describe("a fleet that sends all that vehicles send", () => {
  test.use({ stream: { vehicles: 300, speed: 1, args: ["--detail", "--interval-s", "1"] }, viewport: { width: 1366, height: 768 } });

  test("the card has every group, every mark and a unit, and a bar for each cell", async ({ desk: page, centre }) => {
    const popup = await clickDot(page, await movingDot(page));
    const card = await openCard(popup);
    const vin = await card.getByTestId("vin").innerText();
    const [vehicle] = await centre.sim.vehicles(vin);
    expect(vehicle, "the sim knows this vehicle").toBeDefined();

    const group = (key) => card.locator(`[data-group=${key}]`);
    for (const key of ["vehicle", "motors", "battery", "alarms", "fuel_cell", "engine", "position"]) {
      await expect(group(key), key).toHaveCount(1);
    }
    // The edition of 2025 knows no extremes.
    const edition = await card.getByTestId("edition").innerText();
    await expect(group("extremes")).toHaveCount(edition.endsWith("2016") ? 1 : 0);
    const row = (key) => card.locator(`tr[data-key="${key}"]`).first();
    await expect(row("vehicle.voltage_v")).toHaveAttribute("data-mark", "value");
    await expect(row("vehicle.voltage_v").locator(".unit")).toHaveText("V");
    await expect(row("motors.speed_rpm").locator(".unit")).toHaveText("r/min");
    await expect(row("cell_voltages.cells_v").locator("td").first()).toHaveText(/^\d\.\d{3} – \d\.\d{3}$/);
    await expect(card.locator('tr[data-key^="alarms."]').first()).toBeVisible();
    // A car without a fuel cell: each item is named, and that it was not sent.
    await expect(group("fuel_cell")).toContainText("nothing sent");
    const hydrogen = row("fuel_cell.h2_max_press_mpa");
    await expect(hydrogen).toHaveAttribute("data-mark", "not-sent");
    await expect(hydrogen).toBeHidden();
    await group("fuel_cell").locator("summary").click();
    await expect(hydrogen).toContainText("not sent");
    await expect(hydrogen.locator(".unit")).toHaveText("MPa");

    const items = await card.locator("tr[data-key]").evaluateAll((rows) => new Set(rows.map((row) => row.dataset.key)).size);
    expect(items, "the items of the standard").toBeGreaterThanOrEqual(61);
    const wordless = await card.locator("tr[data-key] th").evaluateAll((names) =>
      names.map((name) => name.textContent).filter((name) => /[._]/.test(name)),
    );
    expect(wordless, "every item has a name").toEqual([]);

    const [cells, temps] = [card.getByTestId("plot").nth(0), card.getByTestId("plot").nth(1)];
    const bars = (plot) =>
      plot.locator("path").evaluateAll((paths) => paths.reduce((sum, path) => sum + path.getAttribute("d").split("M").length - 1, 0));
    expect(await bars(cells)).toBe(96);
    expect(await bars(temps)).toBe(24);
    await expect(cells.getByRole("img")).toHaveAttribute("aria-label", /Cell voltages 1: lowest .* V \(#88\) · highest .* V \(#17\)/);
    await cells.getByRole("button", { name: "Numbers" }).click();
    await expect(cells.getByTestId("numbers")).toContainText("#96 ");

    await expect(card.getByTestId("reported")).toHaveText(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    await expect(card.getByTestId("received")).toHaveText(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    await expect(card.getByTestId("edition")).toHaveText(/^GB\/T 32960\.3-20(16|25)$/);
    await expect(card.getByTestId("age")).toHaveText(/^\d+ s ago$/);

    await test.step("in Chinese", async () => {
      await page.getByTestId("lang").click();
      await expect(group("motors").locator("h3")).toHaveText("驱动电机");
      await expect(row("vehicle.charge").locator("th")).toHaveText("充电状态");
      await expect(row("vehicle.charge").locator("td").first()).toHaveText(/[\u4e00-\u9fff]/);
      await page.getByTestId("lang").click();
    });
  });

  test("it refreshes while it is open without being made anew, and draws where the vehicle has been", async ({ desk: page }) => {
    const popup = await clickDot(page, await movingDot(page));
    const card = await openCard(popup);
    await card.locator("[data-group=fuel_cell] summary").click();
    await popup.evaluate((element) => {
      element.scrollTop = 300;
      for (const kept of [element.querySelector("[data-testid=card]"), element.querySelector("[data-group=vehicle]"), element.querySelector("svg")]) {
        kept.evwallKept = true;
      }
    });
    const reported = card.getByTestId("reported");
    const first = await reported.innerText();
    await expect(reported, "a newer card has come").not.toHaveText(first);
    await expect(card.locator("[data-group=fuel_cell]"), "what is unfolded stays so").toHaveAttribute("open", "");
    const kept = await popup.evaluate((element) => ({
      scroll: element.scrollTop,
      same: ["[data-testid=card]", "[data-group=vehicle]", "svg"].every((part) => element.querySelector(part).evwallKept),
    }));
    expect(kept).toEqual({ scroll: 300, same: true });

    const track = page.getByTestId("track");
    const places = async () => (await track.getAttribute("d")).split("L").length;
    await expect.poll(places, { message: "the track grows" }).toBeGreaterThan(3);
    await expect(card).toContainText("where it has been since this window was opened");
    // Its newest end is where the dot is marked, as near as a second's drive and a glide come.
    const end = await track.evaluate((line) => {
      const at = line.getPointAtLength(line.getTotalLength()).matrixTransform(line.getScreenCTM());
      return { x: at.x, y: at.y };
    });
    const anchor = await page.locator(".anchor").boundingBox();
    expect(Math.hypot(end.x - anchor.x, end.y - anchor.y)).toBeLessThan(60);

    await page.keyboard.press("Escape");
    await expect(popup).toBeHidden();
    await expect(track, "forgotten with the card").toHaveAttribute("d", "");
  });

  test("its bytes are shown when asked for, and nowhere before", async ({ desk: page }) => {
    const asked = [];
    page.on("request", (request) => {
      if (request.url().includes("/api/raw-card")) asked.push(request);
    });
    const popup = await clickDot(page, await movingDot(page));
    const card = await openCard(popup);
    const raw = card.getByTestId("raw");
    await raw.locator("summary").click();
    expect(asked).toEqual([]);
    await raw.getByRole("button", { name: "Show" }).click();
    await expect(raw.getByTestId("raw-bytes").first()).toHaveText(/^([0-9a-f]{2} )+[0-9a-f]{2}$/);
    expect(asked.length).toBe(1);
    expect(asked[0].url()).not.toMatch(/[0-9a-f]{32}|L[A-Z0-9]{16}/);
  });
});

test.describe("a city at one place", () => {
  test.use({ stream: { vehicles: 3000, speed: 1 }, viewport: { width: 1366, height: 768 } });

  test("where dots overlap there is a list with look and distance, and choosing one opens its card", async ({ desk: page }) => {
    const overlap = page.getByTestId("overlap");
    const several = async () => {
      // The middle of the city, far out: somewhere within a few pixels lie several.
      const box = await page.getByTestId("dots").boundingBox();
      for (let step = 0; step < 60 && !(await overlap.isVisible()); step += 1) {
        const angle = step * 2.4;
        const radius = 6 * Math.sqrt(step);
        await page.mouse.click(box.x + box.width / 2 + radius * Math.cos(angle), box.y + box.height / 2 + radius * Math.sin(angle));
      }
      return overlap.isVisible();
    };
    expect(await several(), "several vehicles lie together somewhere in the middle").toBe(true);
    const choices = overlap.getByRole("listitem");
    expect(await choices.count()).toBeGreaterThan(1);
    const words = await choices.allInnerTexts();
    for (const line of words) expect(line).toMatch(/(driving|parked|charging|off|unknown) · (live|late|silent)/);
    const metres = (line) => { const [, number, unit] = /([\d.,]+) (k?m)$/.exec(line.trim()) ?? []; return Number(number?.replaceAll(",", "")) * (unit === "km" ? 1000 : 1); };
    const distances = words.map(metres);
    expect(distances.every(Number.isFinite), `a distance in each line: ${words}`).toBe(true);
    expect(distances, "nearest first").toEqual([...distances].sort((a, b) => a - b));

    await choices.nth(1).getByRole("button").click();
    const popup = page.getByTestId("popup");
    await expect(popup).toBeVisible();
    const card = await openCard(popup);
    await expect(card.getByTestId("vin")).toHaveText(/^[A-HJ-NPR-Z0-9]{17}$/);
  });
});

test.describe("every size of screen", () => {
  test.use({ viewport: { width: 1366, height: 768 } });

  test("an open card lies within the picture", async ({ desk: page }, testInfo) => {
    const popup = await clickDot(page, await movingDot(page));
    await openCard(popup);
    for (const [width, height] of [[1366, 768], [1920, 1080], [3840, 2160]]) {
      await page.setViewportSize({ width, height });
      // The frame loop puts it in its place with the next frame that is drawn.
      await expect
        .poll(async () => {
          const box = await popup.boundingBox();
          return box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
        }, `${width}×${height}`)
        .toBe(true);
      await testInfo.attach(`card at ${width}×${height}`, { body: await page.screenshot(), contentType: "image/png" });
    }
  });
});
