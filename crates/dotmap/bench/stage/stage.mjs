// Puts the engine on the page and a fleet behind its socket. The fleet lives in a second instance of the module, so that
// the engine's memory is its own. Parameters: vehicles, period, seed, spread, driving (1: all of them), renderer, lon, lat, zoom,
// speed (ticks a second), ticking (0: only when told), alone (no ground in the picture).
import init, { Stage } from "/pkg/stage.js";
import initFeed, { Feed } from "/pkg/stage.js?feed";

const asked = new URLSearchParams(location.search);
const number = (name, otherwise) => Number(asked.get(name) ?? otherwise);

const module_or_path = "/pkg/stage_bg.wasm";
await init({ module_or_path });
await initFeed({ module_or_path });
const feed = new Feed(number("vehicles", 20000), number("period", 10), number("seed", 7), number("spread", 0.25), number("driving", 0) === 1);

/** A WebSocket whose other end is the feed. `evwallStage.replay` holds ticks made beforehand. */
class FeedSocket extends EventTarget {
  static OPEN = 1;
  readyState = 0;
  binaryType = "blob";
  constructor() {
    super();
    stage.socket = this;
    setTimeout(() => {
      this.readyState = 1;
      this.dispatchEvent(new Event("open"));
      this.hear(feed.hello());
      this.timer = setInterval(() => stage.ticking && this.later(stage.replay.shift() ?? feed.tick()), 1000 / number("speed", 1));
    });
  }
  send(bytes) {
    if (this.readyState !== 1) return;
    stage.sent.push(bytes[0]);
    const answer = feed.up(new Uint8Array(bytes));
    if (answer.length) this.later(answer);
  }
  // In order, and never while the page is still sending.
  later(bytes) {
    setTimeout(() => this.hear(bytes));
  }
  hear(bytes) {
    const began = performance.now();
    this.dispatchEvent(new MessageEvent("message", { data: bytes.buffer }));
    stage.applied.push([bytes.length, performance.now() - began]);
    if (stage.applied.length > 2000) stage.applied.shift();
  }
  close() {
    clearInterval(this.timer);
    this.readyState = 3;
  }
}

const stage = { feed, sent: [], applied: [], replay: [], reports: [], picks: [], ticking: number("ticking", 1) === 1 };
/** Makes ticks now, so that later only bytes have to be handed over. */
stage.prepare = (ticks) => {
  for (let tick = 0; tick < ticks; tick++) stage.replay.push(feed.tick());
};
if (asked.has("alone")) document.getElementById("ground").style.visibility = "hidden";
globalThis.evwallStage = stage;
globalThis.WebSocket = FeedSocket;

stage.engine = await Stage.start(
  document.getElementById("dots"),
  document.getElementById("ground"),
  asked.get("renderer") ?? undefined,
  number("lon", 121.47), number("lat", 31.23), number("zoom", 10),
  (kind, what) => {
    const kept = stage[`${kind}s`];
    kept.push(what);
    if (kept.length > 100) kept.shift();
  },
);
stage.started = true;
