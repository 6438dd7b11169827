// The same dots in deck.gl: binary attributes, the fastest way it has, drawn again in every frame. Parameters: vehicles, spread,
// driving, lon, lat, zoom.
import initFeed, { Feed } from "/pkg/stage.js?feed";

const asked = new URLSearchParams(location.search);
const number = (name, otherwise) => Number(asked.get(name) ?? otherwise);
await initFeed({ module_or_path: "/pkg/stage_bg.wasm" });
const feed = new Feed(number("vehicles", 20000), 10, 7, number("spread", 0.25), number("driving", 0) === 1);

const COLOURS = [[176, 154, 216], [77, 184, 255], [184, 164, 106], [61, 224, 155], [92, 102, 118]];
const positions = feed.lon_lats();
const colours = new Uint8Array((positions.length / 2) * 4);
feed.activities().forEach((activity, ix) => colours.set([...COLOURS[activity], 255], ix * 4));

const layer = () =>
  new deck.ScatterplotLayer({
    id: "dots",
    // A new object each time: this is how deck.gl is told that its bytes have changed.
    data: {
      length: positions.length / 2,
      attributes: {
        getPosition: { value: positions, size: 2 },
        getFillColor: { value: colours, size: 4 },
      },
    },
    radiusUnits: "pixels",
    getRadius: 1.5,
    antialiasing: false,
  });
const stage = { frames: 0 };
globalThis.evwallDeck = stage;
const map = new deck.Deck({
  parent: document.getElementById("ground"),
  initialViewState: { longitude: number("lon", 121.47), latitude: number("lat", 31.23), zoom: number("zoom", 10) },
  views: new deck.MapView({ repeat: false }),
  useDevicePixels: true,
  _animate: true,
  layers: [layer()],
  onAfterRender: () => { stage.frames += 1; },
});

/** Moves a tenth of the dots; returns the ms from the moves to the layer that has them. */
stage.update = () => {
  const before = positions.slice();
  feed.tick();
  const now = feed.lon_lats();
  const moved = [];
  for (let ix = 0; ix < now.length; ix += 2) {
    if (now[ix] !== before[ix] || now[ix + 1] !== before[ix + 1]) moved.push(ix);
  }
  const began = performance.now();
  for (const ix of moved) {
    positions[ix] = now[ix];
    positions[ix + 1] = now[ix + 1];
  }
  map.setProps({ layers: [layer()] });
  // Otherwise it takes them with its next frame.
  map.layerManager.updateLayers();
  return performance.now() - began;
};
