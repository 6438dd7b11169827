// A telemetry stream of our own: a WebSocket server that says what it is told to, as JSON reports. Just enough of RFC 6455 for
// one subscriber that only listens.
import { createHash } from "node:crypto";
import { createServer } from "node:http";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export class Reporter {
  #server = createServer();
  #sockets = new Set();

  static async open() {
    const reporter = new Reporter();
    reporter.#server.on("upgrade", (request, socket) => {
      const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + GUID).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.setNoDelay(true);
      reporter.#sockets.add(socket);
      socket.on("close", () => reporter.#sockets.delete(socket));
      socket.on("error", () => reporter.#sockets.delete(socket));
      socket.resume();
    });
    await new Promise((ready) => reporter.#server.listen(0, "127.0.0.1", ready));
    reporter.url = `ws://127.0.0.1:${reporter.#server.address().port}/`;
    return reporter;
  }

  /** Sends a report of a driving vehicle; returns when (ms since 1970). */
  send({ vin, lon, lat }) {
    const now = Date.now();
    const text = Buffer.from(JSON.stringify({ vin, t: now, lon, lat, speed_kmh: 60, soc: 50, state: "started" }));
    const head = text.length < 126 ? Buffer.from([0x81, text.length]) : Buffer.from([0x81, 126, text.length >> 8, text.length & 255]);
    for (const socket of this.#sockets) socket.write(Buffer.concat([head, text]));
    return now;
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
