// A telemetry stream that says exactly what a test wants: a WebSocket server of a few lines, because no more is needed to
// say JSON reports and frames of GB/T 32960 to one subscriber. What was said last is said again every second, so that
// nothing grows old behind the test's back.
import { createHash } from "node:crypto";
import { createServer } from "node:http";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1;
const BINARY = 2;
const PING = 9;
const PONG = 10;

/** `vehicles` are what it says at first. */
export async function startStream(first = [], { port = 0 } = {}) {
  const sockets = new Set();
  const vehicles = new Map(first.map((report) => [report.vin, report]));
  const server = createServer();
  server.on("upgrade", (request, socket) => {
    const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + GUID).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => sockets.delete(socket));
    socket.on("data", (bytes) => {
      // What a subscriber sends is short, masked, and at most asks whether we live.
      if ((bytes[0] & 15) !== PING) return;
      const [mask, masked] = [bytes.subarray(2, 6), bytes.subarray(6, 6 + (bytes[1] & 127))];
      socket.write(frame(PONG, Buffer.from(masked.map((byte, at) => byte ^ mask[at % 4]))));
    });
    sayAll();
  });
  const sayAll = () => {
    for (const vehicle of vehicles.values()) {
      const message = vehicle.flags === undefined ? json(vehicle) : frame(BINARY, gb32960(vehicle));
      for (const socket of sockets) socket.write(message);
    }
  };
  const again = setInterval(sayAll, 1_000);
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${server.address().port}/`,
    /** Reports of vehicles by VIN; a later one replaces what it names. `flags` makes it a frame of 2016 with these alarm flags. */
    say(...reports) {
      for (const report of reports) vehicles.set(report.vin, { ...vehicles.get(report.vin), ...report });
      sayAll();
    },
    stop: async () => {
      clearInterval(again);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function json({ ahead_s = 0, ...report }) {
  return frame(TEXT, Buffer.from(JSON.stringify({ state: "started", ...report, t: Date.now() + ahead_s * 1_000 })));
}

function frame(opcode, payload) {
  const head = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...head]), payload]);
}

/** A real-time report of 2016: vehicle, position, alarms. */
function gb32960({ vin, lon, lat, alarm_level, flags }) {
  const unit = Buffer.alloc(6 + 21 + 10 + 10);
  const local = new Date(Date.now() + 8 * 3_600_000);
  unit.set([
    local.getUTCFullYear() - 2000, local.getUTCMonth() + 1, local.getUTCDate(),
    local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds(),
  ]);
  // Vehicle: started, not charging, electric, 36.0 km/h, 12,345.6 km, 360.0 V, 10.0 A, 77 %.
  unit.set([0x01, 1, 3, 1], 6);
  unit.writeUInt16BE(360, 10);
  unit.writeUInt32BE(123_456, 12);
  unit.writeUInt16BE(3_600, 16);
  unit.writeUInt16BE(10_100, 18);
  unit.set([77, 1, 0x0e], 20);
  unit.writeUInt16BE(1_000, 23);
  unit.set([0, 0], 25);
  unit.set([0x05, 0], 27);
  unit.writeUInt32BE(Math.round(lon * 1e6), 29);
  unit.writeUInt32BE(Math.round(lat * 1e6), 33);
  unit.set([0x07, alarm_level], 37);
  unit.writeUInt32BE(flags, 39);
  const head = Buffer.alloc(24);
  head.set([0x23, 0x23, 0x02, 0xfe]);
  head.write(vin, 4, "latin1");
  head[21] = 1;
  head.writeUInt16BE(unit.length, 22);
  const whole = Buffer.concat([head, unit]);
  const check = whole.subarray(2).reduce((sum, byte) => sum ^ byte, 0);
  return Buffer.concat([whole, Buffer.from([check])]);
}
