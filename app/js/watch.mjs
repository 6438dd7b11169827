// Looks after a page with a map, apart from the WebAssembly that draws it, so that it also works when that has died. What
// it goes by stands on the document: `data-beat` changes once a second while the map runs and frames come, `data-reload`
// appears when the page should load itself anew, `data-whole` when ground and dots are on the screen. On a wall, at which
// nobody sits, it also reloads a page that has stopped, once a day in the quietest hour, and when a session that had ended
// is there again.
//
// A page is reloaded only when the server answers, so that it never ends on an error page of the browser, and each waits a
// chance time, so that a thousand walls do not come back in the same moment.

const LOOK_EVERY_MS = 2_000;
/** Without a beat for so long the map has stopped; loading it for the first time takes longer. */
const STOPPED_AFTER_MS = 20_000;
const FIRST_BEAT_MS = 120_000;
const DAY_MS = 20 * 3_600_000;
const QUIET_HOUR = 4;
const SPREAD_MS = 3_000;
/** How often a wall says on its console that it is well, for what started the browser and watches over it (`evwall-kiosk`). */
const TELL_EVERY_MS = 10_000;

const { documentElement: html } = document;
// A wall that has loaded itself anew shows the picture from before (`held.css`) until its own is whole.
const held = new MutationObserver(() => {
  held.disconnect();
  const transition = document.activeViewTransition;
  // It may have ended by itself, which is no fault.
  transition?.ready.catch(() => {});
  transition?.skipTransition();
});
held.observe(html, { attributeFilter: ["data-whole"] });
const isWall = document.querySelector("main.wall") !== null;
const started = performance.now();
// Within the quiet hour, for this wall.
const quietMinute = Math.floor(Math.random() * 60);
let beat = html.dataset.beat;
let heard = started;
let looked = started;
let told = -Infinity;
let reloading = false;

function look() {
  const now = performance.now();
  // A page that was not looked at, or a machine that slept, says nothing about the map.
  const slept = document.visibilityState === "hidden" || now - looked > 5 * LOOK_EVERY_MS;
  looked = now;
  if (isWall && html.dataset.beat !== beat && now - told >= TELL_EVERY_MS) {
    told = now;
    console.info("evwall: this wall is well");
  }
  if (slept || html.dataset.beat !== beat) {
    beat = html.dataset.beat;
    heard = now;
  }
  const patience = beat === undefined ? FIRST_BEAT_MS : STOPPED_AFTER_MS;
  if ("reload" in html.dataset || (isWall && (now - heard > patience || isQuietHour(now)))) reload();
}

function isQuietHour(now) {
  const time = new Date();
  return now - started > DAY_MS && time.getHours() === QUIET_HOUR && time.getMinutes() === quietMinute;
}

async function reload() {
  if (reloading) return;
  reloading = true;
  await new Promise((go) => setTimeout(go, Math.random() * SPREAD_MS));
  const answers = await fetch("/readyz", { cache: "no-store" }).then((answer) => answer.ok, () => false);
  reloading = answers;
  if (!answers) return;
  // The browser holds a picture over only for a page that takes the place of another, not for one that is reloaded.
  if (isWall) location.replace(location.pathname + location.search);
  else location.reload();
}

setInterval(look, LOOK_EVERY_MS);
