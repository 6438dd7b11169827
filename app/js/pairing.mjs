// The page that a wall without a session shows. A wall that was paired proves itself and goes on to the map; any other
// shows the code that the server gave for its key, until an admin has typed it in. (It follows `screen.mjs` in one script.)

const ASK_EVERY_MS = 2_000;
const AWAY_FOR_MS = 5_000;
/** As the map of a wall says it: without that word `evwall-kiosk` starts the browser anew, in the middle of a pairing too. */
const TELL_EVERY_MS = 10_000;

const rest = (ms) => new Promise((go) => setTimeout(go, ms));

/** Shows one of the states of the page. */
function show(state) {
  document.documentElement.dataset.state = state;
}

function showCode(code, leftMs) {
  document.getElementById("code").textContent = code;
  document.getElementById("left").style.width = `${Math.min(100, leftMs / 3_000)}%`;
  show("waiting");
}

async function step() {
  const proof = await prove();
  if (proof === "proved" || proof === "signed_in") {
    location.reload();
    return new Promise(() => {});
  }
  if (proof === "busy" || proof === "away") {
    show(proof);
    return AWAY_FOR_MS;
  }
  const pair = (await kept()) ?? (await make());
  const key = await publicHalf(pair);
  for (;;) {
    const said = await ask("pair", { key });
    if (said.state === "waiting") {
      showCode(said.code, said.left_ms);
    } else if (said.state === "busy") {
      show("busy");
    } else {
      return 0;
    }
    await rest(said.state === "busy" ? Math.min(said.retry_ms, 15_000) : ASK_EVERY_MS);
  }
}

// Back here, with what this address says of scenes and tiles.
document.querySelector("footer a").search = new URLSearchParams({ to: location.pathname + location.search });
// The login page, to which the link leads, takes no part in what `pairing.css` asks for; the browser would complain of it.
addEventListener("pageswap", ({ activation, viewTransition }) => {
  if (viewTransition && new URL(activation.entry.url).pathname !== location.pathname) viewTransition.skipTransition();
});
setInterval(() => console.info("evwall: this wall is well"), TELL_EVERY_MS);

// Without a cookie the map would lead back here, for ever.
if (globalThis.crypto?.subtle && globalThis.indexedDB && navigator.cookieEnabled) {
  for (;;) {
    const waitMs = await step().catch(() => {
      show("away");
      return AWAY_FOR_MS;
    });
    await rest(waitMs);
  }
} else {
  show("cannot");
}
