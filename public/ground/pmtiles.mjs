// Reads tiles out of one PMTiles file (version 3) in ranges, for MapLibre's addProtocol: `pmtiles://PATH` is answered with
// the description of the tiles, `pmtiles://PATH/Z/X/Y` with one of them. Loaded only where a style names such a file.

const HEADER_BYTES = 127;
// A file begins with its header and its first directory; both fit in here (the format says so).
const FIRST_BYTES = 16_384;
// Directories that are kept; a city has a handful.
const MOST_DIRECTORIES = 64;
const GZIP = 2;
const VECTOR = 1;

const files = new Map();

/** The signature that MapLibre asks of a protocol. */
export async function load({ url, type }, { signal } = {}) {
  const address = url.slice("pmtiles://".length);
  if (type === "json") {
    const { header, metadata } = await describe(address);
    return {
      data: {
        tiles: [`${url}/{z}/{x}/{y}`],
        minzoom: header.minZoom,
        maxzoom: header.maxZoom,
        bounds: header.bounds,
        attribution: metadata.attribution,
        vector_layers: metadata.vector_layers,
      },
    };
  }
  const found = /^(.+)\/(\d+)\/(\d+)\/(\d+)$/.exec(address);
  if (!found) throw new Error(`${url} names no tile`);
  const [z, x, y] = found.slice(2).map(Number);
  return { data: await (await fileAt(found[1])).tile(z, x, y, signal) };
}

async function describe(address) {
  const file = await fileAt(address);
  return { header: file.header, metadata: await file.metadata() };
}

/** A file that cannot be read is asked for again by whoever asks next. */
function fileAt(address) {
  if (!files.has(address)) {
    const opening = PMTiles.open(address);
    files.set(address, opening);
    opening.catch(() => files.delete(address));
  }
  return files.get(address);
}

class PMTiles {
  #address;
  #directories = new Map();

  static async open(address) {
    const file = new PMTiles();
    file.#address = address;
    const first = await file.#bytes(0, FIRST_BYTES);
    file.header = headerOf(first);
    const { rootAt, rootLength } = file.header;
    const root = await unpack(first.slice(rootAt, rootAt + rootLength), file.header.inside);
    file.root = directoryOf(new Uint8Array(root));
    return file;
  }

  async #bytes(from, length, signal) {
    const answer = await fetch(this.#address, { headers: { Range: `bytes=${from}-${from + length - 1}` }, signal });
    if (answer.status !== 206) {
      // Who gives everything where a part was asked for would send the whole file for every tile.
      throw new Error(`${this.#address}: the server answers ${answer.status} to a question for a part of it`);
    }
    return answer.arrayBuffer();
  }

  async metadata() {
    const { metadataAt, metadataLength, inside } = this.header;
    if (metadataLength === 0) return {};
    const text = await unpack(await this.#bytes(metadataAt, metadataLength), inside);
    return JSON.parse(new TextDecoder().decode(text));
  }

  async tile(z, x, y, signal) {
    const { minZoom, maxZoom, leavesAt, tilesAt, packing, kind } = this.header;
    if (z >= minZoom && z <= maxZoom) {
      const id = idOf(z, x, y);
      let entry = entryFor(this.root, id);
      // The format allows three levels of leaves.
      for (let depth = 0; entry?.run === 0 && depth < 3; depth += 1) {
        entry = entryFor(await this.#directory(leavesAt + entry.at, entry.length), id);
      }
      if (entry?.run > 0) {
        const bytes = await this.#bytes(tilesAt + entry.at, entry.length, signal);
        return unpack(bytes, packing);
      }
    }
    // Nothing there: no features, or for pictures no picture.
    if (kind === VECTOR) return new ArrayBuffer(0);
    throw new DOMException("no such tile", "AbortError");
  }

  #directory(at, length) {
    let reading = this.#directories.get(at);
    if (!reading) {
      if (this.#directories.size >= MOST_DIRECTORIES) this.#directories.delete(this.#directories.keys().next().value);
      // Without the signal of one tile: others wait for the same directory.
      reading = this.#bytes(at, length)
        .then((bytes) => unpack(bytes, this.header.inside))
        .then((bytes) => directoryOf(new Uint8Array(bytes)));
      this.#directories.set(at, reading);
      reading.catch(() => this.#directories.delete(at));
    }
    return reading;
  }
}

function headerOf(buffer) {
  const bytes = new DataView(buffer);
  const magic = new TextDecoder().decode(buffer.slice(0, 7));
  if (buffer.byteLength < HEADER_BYTES || magic !== "PMTiles" || bytes.getUint8(7) !== 3) {
    throw new Error("no PMTiles file of version 3");
  }
  const long = (at) => Number(bytes.getBigUint64(at, true));
  const degrees = (at) => bytes.getInt32(at, true) / 1e7;
  return {
    rootAt: long(8),
    rootLength: long(16),
    metadataAt: long(24),
    metadataLength: long(32),
    leavesAt: long(40),
    tilesAt: long(56),
    inside: bytes.getUint8(97),
    packing: bytes.getUint8(98),
    kind: bytes.getUint8(99),
    minZoom: bytes.getUint8(100),
    maxZoom: bytes.getUint8(101),
    bounds: [102, 106, 110, 114].map(degrees),
  };
}

async function unpack(buffer, packing) {
  if (packing !== GZIP) return buffer;
  return new Response(new Blob([buffer]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** Entries in order of id: { id, run, length, at }; a run of 0 stands for a leaf directory. */
function directoryOf(bytes) {
  let at = 0;
  const number = () => {
    let value = 0;
    // Not by shifts: positions in a file have more than 32 bits.
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at];
      if (byte === undefined) throw new Error("a directory of the PMTiles file is cut short");
      at += 1;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const count = number();
  if (count > bytes.length) throw new Error("a directory of the PMTiles file is damaged");
  const column = () => Array.from({ length: count }, number);
  let id = 0;
  const ids = column().map((step) => (id += step));
  const [runs, lengths, places] = [column(), column(), column()];
  const entries = [];
  for (let ix = 0; ix < count; ix += 1) {
    // 0: it follows the entry before.
    const before = entries[ix - 1];
    const place = places[ix] === 0 && before ? before.at + before.length : places[ix] - 1;
    entries.push({ id: ids[ix], run: runs[ix], length: lengths[ix], at: place });
  }
  return entries;
}

/** The last entry that begins at or before `id`, if it reaches so far; a leaf reaches to the next entry. */
function entryFor(entries, id) {
  let [from, to] = [0, entries.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (entries[middle].id <= id) from = middle + 1;
    else to = middle;
  }
  const entry = entries[from - 1];
  if (entry && (entry.run === 0 || id < entry.id + entry.run)) return entry;
}

/** The number of a tile: all tiles of lower zooms, then the place on the Hilbert curve of its own. */
function idOf(z, x, y) {
  let id = 0;
  for (let zoom = 0; zoom < z; zoom += 1) id += 4 ** zoom;
  let [cx, cy] = [x, y];
  for (let side = 2 ** z / 2; side >= 1; side /= 2) {
    const [right, down] = [Math.floor(cx / side) % 2, Math.floor(cy / side) % 2];
    id += side * side * ((3 * right) ^ down);
    if (down === 0) {
      if (right === 1) [cx, cy] = [side - 1 - (cx % side), side - 1 - (cy % side)];
      else [cx, cy] = [cx % side, cy % side];
      [cx, cy] = [cy, cx];
    } else [cx, cy] = [cx % side, cy % side];
  }
  return id;
}
