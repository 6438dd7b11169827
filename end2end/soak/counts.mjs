// What is put into the wall's page before it starts, so that it can be asked how it does: its WebAssembly memory, what came
// over its socket, the frames the browser could not keep, the figures that it shows. The page itself knows nothing of it.

/** Runs in the page: makes `evwallSoak`. */
export function countWhatComes() {
  // The login page may load nothing, and there is nothing to count.
  const FRAME_MS = 1000 / 60;
  let memory = null;
  let [messages, bytes, frames, dropped] = [0, 0, 0, 0];

  for (const name of ["instantiate", "instantiateStreaming"]) {
    const plain = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const made = await plain.apply(WebAssembly, given);
      memory ??= (made.instance ?? made).exports.memory ?? null;
      return made;
    };
  }

  const Plain = globalThis.WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        messages += 1;
        bytes += data.byteLength ?? data.size ?? data.length;
      });
    }
  };

  let last_ms = null;
  const frame = (now_ms) => {
    if (last_ms !== null) {
      frames += 1;
      dropped += Math.max(0, Math.round((now_ms - last_ms) / FRAME_MS) - 1);
    }
    last_ms = now_ms;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);

  const shown = (id) => document.querySelector(`[data-testid="${id}"]`)?.textContent ?? "";
  const figure = (id) => {
    const digits = shown(id).replaceAll(/\D/g, "");
    return digits === "" ? null : Number(digits);
  };
  globalThis.evwallSoak = {
    /** Resolves when the wall's headline has said this for so long. */
    shows: (headline, settled_ms) =>
      new Promise((resolve) => {
        let since_ms = null;
        const looking = setInterval(() => {
          if (shown("headline") !== headline || figure("registered") === null) since_ms = null;
          else since_ms ??= performance.now();
          if (since_ms === null || performance.now() - since_ms < settled_ms) return;
          clearInterval(looking);
          resolve();
        }, 100);
      }),
    /** Frames are those since the last reading; the rest is since the page was loaded. */
    read: () => {
      const seen = {
        wasm_bytes: memory?.buffer.byteLength ?? null,
        messages,
        bytes,
        frames,
        dropped,
        drawn: figure("drawn"),
        registered: figure("registered"),
      };
      [frames, dropped] = [0, 0];
      // Collecting garbage for the reading stops the page: no fault of it.
      last_ms = null;
      return seen;
    },
  };
}
