// A PMTiles file (version 3) made by hand: the four tiles of zoom 1, each one area of the layer `water` that knows its own
// number, behind a leaf directory and packed with gzip, as large files are.
import { gzipSync } from "node:zlib";

const varint = (value) => {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
};
/** A field of a protocol buffer: a number, or bytes with their length. */
const field = (number, value) =>
  typeof value === "number"
    ? Buffer.concat([varint(number * 8), varint(value)])
    : Buffer.concat([varint(number * 8 + 2), varint(value.length), value]);
const packed = (numbers) => Buffer.concat(numbers.map(varint));

/** A vector tile with one square as large as itself, and the name of a place in its middle. */
function tile(name) {
  const zigzag = (value) => (value < 0 ? -value * 2 - 1 : value * 2);
  const square = packed([9, 0, 0, 26, zigzag(4096), 0, 0, zigzag(4096), zigzag(-4096), 0, 15]);
  const layer = (id, type, geometry) => {
    const feature = Buffer.concat([field(2, packed([0, 0])), field(3, type), field(4, geometry)]);
    return field(3, Buffer.concat([
      field(15, 2), field(1, Buffer.from(id)), field(2, feature), field(3, Buffer.from("name")),
      field(4, field(1, Buffer.from(name))), field(5, 4096),
    ]));
  };
  return gzipSync(Buffer.concat([layer("water", 3, square), layer("places", 1, packed([9, zigzag(2048), zigzag(2048)]))]));
}

/** Entries { id, run, length, at }. */
function directory(entries) {
  const steps = entries.map(({ id }, ix) => id - (entries[ix - 1]?.id ?? 0));
  const columns = [steps, entries.map(({ run }) => run), entries.map(({ length }) => length), entries.map(({ at }) => at + 1)];
  return gzipSync(Buffer.concat([varint(entries.length), ...columns.map(packed)]));
}

/** `middle` is longitude, latitude, zoom. */
export function pmtiles([lon, lat, zoom]) {
  // The order of the Hilbert curve.
  const tiles = ["1/0/0", "1/0/1", "1/1/1", "1/1/0"].map(tile);
  let at = 0;
  const entries = tiles.map((bytes, ix) => {
    const entry = { id: ix + 1, run: 1, length: bytes.length, at };
    at += bytes.length;
    return entry;
  });
  const leaf = directory(entries);
  const root = directory([{ id: 0, run: 0, length: leaf.length, at: 0 }]);
  const metadata = gzipSync(JSON.stringify({ vector_layers: [{ id: "water" }, { id: "places" }], attribution: "made by a test" }));
  const header = Buffer.alloc(127);
  header.write("PMTiles", "latin1");
  header[7] = 3;
  const pieces = [root, metadata, leaf, Buffer.concat(tiles)];
  let from = 127;
  for (const [ix, piece] of pieces.entries()) {
    header.writeBigUInt64LE(BigInt(from), 8 + ix * 16);
    header.writeBigUInt64LE(BigInt(piece.length), 16 + ix * 16);
    from += piece.length;
  }
  // Clustered, gzip inside and for tiles, vector tiles, zoom 1 alone, the whole world.
  [header[96], header[97], header[98], header[99], header[100], header[101]] = [1, 2, 2, 1, 1, 1];
  for (const [ix, degrees] of [-180, -85, 180, 85].entries()) header.writeInt32LE(degrees * 1e7, 102 + ix * 4);
  header[118] = zoom;
  header.writeInt32LE(Math.round(lon * 1e7), 119);
  header.writeInt32LE(Math.round(lat * 1e7), 123);
  return Buffer.concat([header, ...pieces]);
}
