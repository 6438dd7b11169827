// Opening a vehicle as a supervisor does, and reading its card.
import { dotsOn, expect } from "./fixtures.mjs";

/** A dot that moves, free of others: it stood a little elsewhere a moment ago. Looks closer where dots lie too close together. */
export async function movingDot(page) {
  for (let closer = 0; closer < CLOSER; closer += 1) {
    const found = await movingDotHere(page);
    if (found) return found;
    await lookCloser(page);
  }
  throw new Error("no dot moves that is free of others");
}

/** How often one looks closer, and how many pictures are compared before. */
const CLOSER = 6;
const PICTURES = 6;

async function movingDotHere(page) {
  let before = await dotsOn(page);
  for (let picture = 0; picture < PICTURES; picture += 1) {
    // The next second's reports have been drawn when the map has shown some frames more.
    await page.evaluate(async (frames) => {
      for (let frame = 0; frame < frames; frame += 1) await new Promise(requestAnimationFrame);
    }, FRAMES);
    const now = await dotsOn(page);
    const found = now.find(({ x, y }) => {
      const near = before.map((dot) => Math.hypot(dot.x - x, dot.y - y)).filter((moved) => moved < 16);
      return near.length === 1 && near[0] > 0.8;
    });
    if (found) return found;
    before = now;
  }
}

const FRAMES = 40;

/** Turns the wheel once over the middle of what can be seen. */
async function lookCloser(page) {
  const dots = await dotsOn(page, { apartCss: 0 });
  const box = await page.getByTestId("dots").boundingBox();
  const middle = (axis, size) =>
    dots.length > 0 ? dots.map((dot) => dot[axis]).sort((a, b) => a - b)[Math.floor(dots.length / 2)] : box[axis] + size / 2;
  await page.mouse.move(middle("x", box.width), middle("y", box.height));
  await page.mouse.wheel(0, -400);
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
