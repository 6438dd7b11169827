// The ground under the dots: a MapLibre map without pitch, rotation or world copies, whose camera the engine follows. Until it
// is there, and where the browser gives it no WebGL at all, a plain ground with the same camera is in its place, so that the
// dots can be moved about and clicked.

export const MOVED = 0, RENDERED = 1, CLICKED = 2, FAILED = 3, POINTED = 4;

const LARGEST_LATITUDE = 85.051129;
const MOST_ZOOM = 22;
// Where a plain ground opens, which has no style to say it.
const PLAIN_HOME = [121.46, 31.21, 9.6];
// Labels are drawn with a font of the page. It has to be there before the first of them: what was drawn with another one
// stays so.
const LABEL_FONT = '"Noto Sans SC"';
const LABEL_SAMPLE = "上海 Shanghai";
const LONGEST_WAIT_FOR_FONT_MS = 3000;
// The widest wall we draw on; the library would stop at 4,096 and stretch.
const LARGEST_CANVAS_PX = [8192, 8192];
// See `coarsenWhileMoving`.
const MOVING_RATIO = 0.5;
const SHARPEN_AFTER_MS = 200;
// See `movesLastPicture`.
const REDRAW_EVERY_MS = 250;
// See `spareRedraws`.
const CLICK_ENDS = ["mouseup", "touchend"];
// Then the map is built although no dots have come.
const LONGEST_WAIT_FOR_DOTS_MS = 1500;
const TILES_OF_ONE_FILE = "/ground/pmtiles.mjs";

/**
 * Opens the ground in `element`; `software` says that no GPU draws it, `still` that nobody is to move it.
 * `told(kind, x, y, touch)` hears of it: the camera moved, a frame was drawn, a place was clicked or pointed at (CSS pixels),
 * something failed.
 */
export async function openGround(element, library, style, start, software, still, told) {
  const ground = new Ground(element, start, still, told);
  const read = fetch(style).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`${style}: ${answer.status}`))));
  preload(library);
  try {
    ground.takeStyle(await read);
  } catch (error) {
    console.warn(`ground: ${error.message}; it stays bare`);
    told(FAILED, 0, 0, false);
    return ground;
  }
  ground.bring = () => ground.bringMap(library, software);
  setTimeout(() => ground.build(), LONGEST_WAIT_FOR_DOTS_MS);
  return ground;
}

function preload(script) {
  const link = document.createElement("link");
  link.rel = "modulepreload";
  link.href = script;
  document.head.append(link);
}

// First a plain ground, which has a camera at once; then the map in its place, at the same camera. A map that no GPU draws holds
// the page up for seconds before its first picture, and the dots are what people wait for.
class Ground {
  constructor(element, start, still, told) {
    Object.assign(this, { element, start, still, told });
    this.under = new PlainGround(element, start, still, told);
    this.opening = PLAIN_HOME;
    this.failed = false;
    this.closed = false;
  }

  takeStyle(style) {
    this.style = style;
    this.opening = [...(style.center ?? [0, 0]), style.zoom ?? 0];
    if (this.start.length !== 3) this.under.easeTo(...this.opening);
  }

  /** The dots are drawn: now the map may take its time. */
  build() {
    const { bring } = this;
    this.bring = null;
    // After the frame that shows them.
    if (bring) requestAnimationFrame(() => setTimeout(bring));
  }

  async bringMap(library, software) {
    try {
      const [{ Map, addProtocol }] = await Promise.all([import(library), labelFont()]);
      if (this.closed) return;
      // Tiles of a whole map in one file: only operators who bring one need its reader.
      addProtocol("pmtiles", async (...asked) => (await import(TILES_OF_ONE_FILE)).load(...asked));
      const { lon, lat, zoom } = this.under;
      const map = new MapGround(Map, this.element, this.style, [lon, lat, zoom], software, this.still, this.told);
      this.under.close();
      this.under = map;
      if (this.wording) map.labels(...this.wording);
    } catch (error) {
      this.failed = true;
      console.warn(`The ground map cannot be drawn (${error?.message ?? error}); the dots stand on a plain ground.`);
    }
    this.told(MOVED, 0, 0, false);
  }

  // Longitude, latitude and zoom where the style looks.
  home(out) {
    out.set(this.opening);
  }

  // The browser gave no WebGL for a map.
  isPlain() {
    return this.failed;
  }

  labels(...wording) {
    this.wording = wording;
    this.under.labels(...wording);
  }

  camera(out) {
    this.under.camera(out);
  }

  flyTo(lon, lat, zoom) {
    this.under.flyTo(lon, lat, zoom);
  }

  easeTo(lon, lat, zoom, ms) {
    this.under.easeTo(lon, lat, zoom, ms);
  }

  pointer(over) {
    this.under.pointer(over);
  }

  close() {
    this.closed = true;
    this.under.close();
  }
}

function labelFont() {
  const late = new Promise((go) => setTimeout(go, LONGEST_WAIT_FOR_FONT_MS));
  // A page without that font gets labels in whatever the system has.
  return Promise.race([document.fonts.load(`14px ${LABEL_FONT}`, LABEL_SAMPLE).catch(() => {}), late]);
}

class MapGround {
  constructor(Map, element, style, start, software, still, told) {
    const map = new Map({
      container: element,
      style,
      center: [start[0], start[1]],
      zoom: start[2],
      maxPitch: 0,
      pitchWithRotate: false,
      dragRotate: false,
      touchPitch: false,
      renderWorldCopies: false,
      fadeDuration: 0,
      maxZoom: MOST_ZOOM,
      // Where nobody can open it, it stands open.
      attributionControl: { compact: !still },
      interactive: !still,
      localIdeographFontFamily: `${LABEL_FONT}, sans-serif`,
      maxCanvasSize: LARGEST_CANVAS_PX,
    });
    if (!still) {
      map.touchZoomRotate.disableRotation();
      map.keyboard.disableRotation();
    }
    map.once("style.load", () => {
      this.styled = true;
      this.writeLabels();
    });
    map.on("move", () => told(MOVED, 0, 0, false));
    map.on("moveend", () => told(MOVED, 0, 0, false));
    map.on("resize", () => told(MOVED, 0, 0, false));
    map.on("render", () => told(RENDERED, 0, 0, false));
    map.on("click", (e) => told(CLICKED, e.point.x, e.point.y, e.originalEvent.pointerType === "touch"));
    map.on("mousemove", (e) => told(POINTED, e.point.x, e.point.y, false));
    map.on("error", (e) => {
      // A missing style or tile leaves the ground bare; the dots go on.
      console.warn(`ground: ${e.error?.message ?? "unknown error"}`);
      told(FAILED, 0, 0, false);
    });
    this.map = map;
    this.ratio = devicePixelRatio;
    this.coarse = false;
    if (software) {
      this.coarsenWhileMoving();
      this.spareRedraws();
    }
  }

  // With every click the library asks for a redraw although nothing has moved. Without a GPU the frame that answers the click
  // would wait for it, a tenth of a second or more. While the camera is under way the last picture will do for a while.
  spareRedraws() {
    const { map } = this;
    const { painter, triggerRepaint } = map;
    const canvas = map.getCanvas();
    // The library asks it where the pointer is; the picture may be moved, the map is not.
    canvas.getBoundingClientRect = () => map.getContainer().getBoundingClientRect();
    const { render } = painter;
    let isDue = true;
    map.on("move", () => (isDue = true));
    // It comes back empty.
    map.on("resize", () => (this.drawn = null));
    map.triggerRepaint = () => {
      isDue ||= !CLICK_ENDS.includes(globalThis.event?.type);
      triggerRepaint.call(map);
    };
    painter.render = (...what) => {
      if (!isDue || this.movesLastPicture()) return;
      isDue = false;
      render.apply(painter, what);
      this.drawn = { at_ms: performance.now(), middle: map.getCenter(), zoom: map.getZoom() };
      canvas.style.transform = "";
    };
  }

  // Puts the last picture where the camera has it now, if it is young enough.
  movesLastPicture() {
    const { map, coarse, drawn } = this;
    if (!coarse || !drawn || performance.now() - drawn.at_ms >= REDRAW_EVERY_MS) return false;
    const { x, y } = map.project(drawn.middle);
    const { clientWidth, clientHeight } = map.getContainer();
    const scale = 2 ** (map.getZoom() - drawn.zoom);
    map.getCanvas().style.transform = `translate(${x - clientWidth / 2}px, ${y - clientHeight / 2}px) scale(${scale})`;
    // The hand may rest and still hold the map.
    this.redrawing ??= setTimeout(() => {
      this.redrawing = null;
      map.triggerRepaint();
    }, REDRAW_EVERY_MS);
    return true;
  }

  // Without a GPU a whole redraw takes several frames. While the camera is under way a quarter of the pixels will do; the
  // dots above stay sharp.
  coarsenWhileMoving() {
    const { map } = this;
    map.on("move", () => {
      clearTimeout(this.sharpening);
      // Not for a single step: a change of size in the middle of one would be taken for the end of it.
      if (!this.coarse && map.isMoving()) {
        this.coarse = true;
        this.setPixelRatio(devicePixelRatio * MOVING_RATIO);
      }
    });
    map.on("moveend", () => {
      clearTimeout(this.sharpening);
      if (this.coarse) {
        this.sharpening = setTimeout(() => {
          if (map.isMoving()) return;
          this.coarse = false;
          this.setPixelRatio(devicePixelRatio);
        }, SHARPEN_AFTER_MS);
      }
    });
  }

  // The library takes other pixels for another size, and takes the map out of the hand that drags it.
  setPixelRatio(ratio) {
    const { map } = this;
    map.stop = () => map;
    map.setPixelRatio(ratio);
    delete map.stop;
  }

  // The window may have come to a screen with other pixels.
  followScreen() {
    if (this.ratio !== devicePixelRatio) {
      this.ratio = devicePixelRatio;
      if (!this.coarse) this.setPixelRatio(devicePixelRatio);
    }
  }

  // Middle of the picture in shares of the world, zoom, size in CSS pixels, whether the camera is under way.
  camera(out) {
    const { map } = this;
    this.followScreen();
    const { lng, lat } = map.getCenter();
    const box = map.getContainer();
    const sin = Math.sin((lat * Math.PI) / 180);
    out[0] = lng / 360 + 0.5;
    out[1] = 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI);
    out[2] = map.getZoom();
    out[3] = box.clientWidth;
    out[4] = box.clientHeight;
    out[5] = map.isMoving() ? 1 : 0;
  }

  labels(lang, scale) {
    this.wording = { lang, scale };
    if (this.styled) this.writeLabels();
  }

  writeLabels() {
    for (const [name, value] of Object.entries(this.wording ?? {})) this.map.setGlobalStateProperty(name, value);
  }

  flyTo(lon, lat, zoom) {
    this.map.flyTo({ center: [lon, lat], ...(zoom >= 0 ? { zoom } : {}) });
  }

  // Without a flight: at once, or gently within some milliseconds.
  easeTo(lon, lat, zoom, ms) {
    const camera = { center: [lon, lat], zoom };
    if (ms > 0) this.map.easeTo({ ...camera, duration: ms });
    else this.map.jumpTo(camera);
  }

  pointer(over) {
    this.map.getCanvas().style.cursor = over ? "pointer" : "";
  }

  close() {
    clearTimeout(this.sharpening);
    clearTimeout(this.redrawing);
    this.map.remove();
  }
}

class PlainGround {
  constructor(element, start, still, told) {
    this.element = element;
    this.told = told;
    [this.lon, this.lat, this.zoom] = start.length === 3 ? start : PLAIN_HOME;
    this.undo = new AbortController();
    const { signal } = this.undo;
    this.sizes = new ResizeObserver(() => told(MOVED, 0, 0, false));
    this.sizes.observe(element);
    if (still) return;
    const on = (kind, heard, options = {}) => element.addEventListener(kind, heard, { signal, ...options });
    let held = null;
    let dragged = false;
    const place = (e) => {
      const box = element.getBoundingClientRect();
      return [e.clientX - box.left, e.clientY - box.top];
    };
    on("pointerdown", (e) => {
      held = place(e);
      dragged = false;
    });
    on("pointermove", (e) => {
      const at = place(e);
      if (held === null || e.buttons === 0) {
        told(POINTED, ...at, false);
        return;
      }
      dragged ||= Math.hypot(at[0] - held[0], at[1] - held[1]) > 3;
      if (dragged) {
        this.shift(held[0] - at[0], held[1] - at[1]);
        held = at;
      }
    });
    on("click", (e) => dragged || told(CLICKED, ...place(e), e.pointerType === "touch"));
    on("wheel", (e) => {
      e.preventDefault();
      this.zoomAt(place(e), -e.deltaY / 300);
    }, { passive: false });
    on("keydown", (e) => {
      const step = { ArrowLeft: [-100, 0], ArrowRight: [100, 0], ArrowUp: [0, -100], ArrowDown: [0, 100] }[e.key];
      if (step) this.shift(...step);
      const middle = [element.clientWidth / 2, element.clientHeight / 2];
      if (e.key === "+" || e.key === "=") this.zoomAt(middle, 1);
      if (e.key === "-") this.zoomAt(middle, -1);
    });
  }

  labels() {}

  middle() {
    const sin = Math.sin((this.lat * Math.PI) / 180);
    return [this.lon / 360 + 0.5, 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)];
  }

  moveTo(x, y) {
    this.lon = (Math.min(Math.max(x, 0), 1) - 0.5) * 360;
    const lat = (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI;
    this.lat = Math.min(Math.max(lat, -LARGEST_LATITUDE), LARGEST_LATITUDE);
    this.told(MOVED, 0, 0, false);
  }

  shift(x, y) {
    const [mx, my] = this.middle();
    const side = 512 * 2 ** this.zoom;
    this.moveTo(mx + x / side, my + y / side);
  }

  zoomAt([x, y], by) {
    const off = [x - this.element.clientWidth / 2, y - this.element.clientHeight / 2];
    this.shift(...off);
    this.zoom = Math.min(Math.max(this.zoom + by, 0), MOST_ZOOM);
    this.shift(-off[0], -off[1]);
  }

  camera(out) {
    const [x, y] = this.middle();
    out.set([x, y, this.zoom, this.element.clientWidth, this.element.clientHeight, 0]);
  }

  flyTo(lon, lat, zoom) {
    [this.lon, this.lat] = [lon, lat];
    if (zoom >= 0) this.zoom = zoom;
    this.told(MOVED, 0, 0, false);
  }

  easeTo(lon, lat, zoom) {
    this.flyTo(lon, lat, zoom);
  }

  pointer(over) {
    this.element.style.cursor = over ? "pointer" : "";
  }

  close() {
    this.element.style.cursor = "";
    this.undo.abort();
    this.sizes.disconnect();
  }
}
