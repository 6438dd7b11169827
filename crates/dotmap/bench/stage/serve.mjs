// Serves a stage: its own files, the bindings in `pkg`, MapLibre, and a ground; with the strict policy of the real page.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript",
  ".wasm": "application/wasm", ".json": "application/json", ".geojson": "application/json",
  ".woff2": "font/woff2",
};
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; " +
  "connect-src 'self'; worker-src 'self' blob:; font-src 'self'";
const BARE_GROUND = JSON.stringify({
  version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#0e1620" } }],
});

/** Starts on a free port; returns the address and a way to stop. `folders` maps a path's first part to a folder. */
export async function serve({ pkg, maplibre, ground, fonts, deck }) {
  const here = fileURLToPath(new URL(".", import.meta.url));
  const folders = { pkg, vendor: maplibre, ground, fonts, deck };
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://stage").pathname));
    const [, first, ...rest] = path.split("/");
    const file = rest.length ? folders[first] && join(folders[first], ...rest) : join(here, first || "stage.html");
    response.setHeader("content-security-policy", POLICY);
    try {
      const bytes = await readFile(file);
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      if (path === "/ground/style.json") response.writeHead(200, { "content-type": "application/json" }).end(BARE_GROUND);
      else response.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { address: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
