// Opening a vehicle as a supervisor does, and reading its card.
import { dotsOn, expect } from "./fixtures.mjs";

/** A dot that moves, free of others: it stood a little elsewhere a moment ago. */
export async function movingDot(page) {
  let before = await dotsOn(page);
  let found;
  await expect
    .poll(
      async () => {
        const now = await dotsOn(page);
        found = now.find(({ x, y }) => {
          const near = before.map((dot) => Math.hypot(dot.x - x, dot.y - y)).filter((moved) => moved < 12);
          return near.length === 1 && near[0] > 0.8;
        });
        before = now;
        return found !== undefined;
      },
      { message: "a dot moves", intervals: [700], timeout: 30_000 },
    )
    .toBe(true);
  return found;
}

/** Clicks a dot and waits for the window of the one vehicle; where several lie there, the nearest is taken. */
export async function clickDot(page, { x, y }) {
  await page.mouse.click(x, y);
  const several = page.getByTestId("overlap");
  const one = page.getByTestId("popup");
  await expect(several.or(one)).toBeVisible();
  if (await several.isVisible()) await several.getByRole("listitem").first().getByRole("button").click();
  await expect(one).toBeVisible();
  return one;
}

/** Says why, and waits for the card. */
export async function openCard(popup, purpose = "Checking data quality") {
  await popup.getByRole("button", { name: purpose }).click();
  const card = popup.getByTestId("card");
  await expect(card).toBeVisible();
  return card;
}

/** The five fields that the wall exists for, as they stand on the card. */
export async function fiveFields(card) {
  const read = (id) => card.getByTestId(id).innerText();
  const [vin, make, model, mileage, charge] = await Promise.all(["vin", "make", "model", "mileage", "charge"].map(read));
  return { vin, make, model, mileage, charge };
}

/** What the card should say of a vehicle, made from what the sim sent. */
export function expectedFields(vehicle) {
  const told = (value, write) =>
    value === null ? "invalid" : value === "abnormal" ? "abnormal" : write(value).replace(/ /, " ");
  const tenths = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return {
    vin: vehicle.vin,
    make: vehicle.make,
    model: vehicle.model,
    mileage: told(vehicle.odometer_km, (km) => `${tenths.format(km)} km`),
    charge: told(vehicle.soc, (percent) => `${percent} %`),
  };
}
