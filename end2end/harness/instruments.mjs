// What is put into a page before it starts, so that a test can hold its clock, ask its map, and look at its dots. The page
// itself knows nothing of it.

/** The page's monotonic clock stands still and moves when told to. */
export async function holdClock(page) {
  await page.addInitScript(() => {
    let now_ms = 1_000;
    performance.now = () => now_ms;
    globalThis.evwallPass = (ms) => {
      now_ms += ms;
    };
  });
}

export async function pass(page, ms) {
  await page.evaluate((ms) => evwallPass(ms), ms);
}

/** Holds on to the page's map, which shows itself when it is asked for its middle: `evwallMap`. */
export async function holdMap(page) {
  await page.addInitScript(() => {
    // The login page may load nothing.
    if (location.pathname === "/login") return;
    globalThis.evwallMap = null;
    import("/vendor/maplibre-gl.mjs").then(({ Map }) => {
      const { getCenter } = Map.prototype;
      Map.prototype.getCenter = function () {
        globalThis.evwallMap = this;
        return getCenter.call(this);
      };
    });
  });
}

/** Waits until the whole ground is there, of a page whose map is held: whoever stops its server before hears complaints of it. */
export async function untilGround(page) {
  await page.waitForFunction(() => globalThis.evwallMap?.loaded(), null, { timeout: 60_000 });
}

/**
 * Puts `evwallPixels()` into the page: the pixels of the dots' canvas as numbers, each red, green, blue and opacity. A canvas
 * that WebGL draws on can be read only in the frame in which it was drawn.
 */
export async function seePixels(page) {
  await page.addInitScript(() => {
    globalThis.evwallPixels = () => {
      const canvas = document.querySelector("[data-testid=dots]");
      const copy = document.createElement("canvas");
      copy.width = canvas.width;
      copy.height = canvas.height;
      const context = copy.getContext("2d", { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      return context.getImageData(0, 0, copy.width, copy.height);
    };
    /** The number of pixels that are lit, and that `counts`. */
    globalThis.evwallLit = (counts = () => true) => {
      const { data } = evwallPixels();
      let lit = 0;
      for (let ix = 3; ix < data.length; ix += 4) if (data[ix] > 0 && counts(data[ix])) lit += 1;
      return lit;
    };
  });
}
