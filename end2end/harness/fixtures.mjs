// What a test is given: programs of its own, a page whose console is watched, and a way in through the login page.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { test as base, expect } from "@playwright/test";

import { recording } from "./places.mjs";
import { addUser, startServer, startSim } from "./programs.mjs";
import { startStream } from "./stream.mjs";

export { expect, recording };

export const test = base.extend({
  /** Starts programs and ends them with the test; their output goes to the report when it fails. */
  programs: async ({}, use, testInfo) => {
    const started = [];
    const folders = [];
    const keep = async (starting) => {
      const running = await starting;
      started.push(running);
      return running;
    };
    await use({
      folder() {
        const folder = mkdtempSync(path.join(tmpdir(), "evwall-test-"));
        folders.push(folder);
        return folder;
      },
      sim: (options) => keep(startSim(options)),
      /** A stream that says what the test says. */
      stream: (vehicles, options) => keep(startStream(vehicles, options)),
      server: (options) => keep(startServer(options)),
      user: addUser,
    });
    for (const running of started.reverse()) await running.stop();
    if (testInfo.status !== testInfo.expectedStatus) {
      for (const { program } of started) if (program) await testInfo.attach("output", { body: program.output });
    }
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  },

  /** What `centre` plays. */
  stream: [{ recording: undefined, vehicles: 200, speed: 1 }, { option: true }],

  /** A stream and a server that subscribes to it. */
  centre: async ({ programs, stream }, use) => {
    const dataDir = programs.folder();
    const registry = path.join(dataDir, "registry.csv");
    const sim = await programs.sim({ ...stream, registry });
    const server = await programs.server({ telemetry: [sim.url], dataDir, registry });
    await use({ sim, server, dataDir, registry });
  },

  /**
   * Complaints of the page: errors and warnings on its console, uncaught exceptions, requests that failed.
   * At the end of the test there must be none but those that the test allowed.
   */
  complaints: async ({}, use) => {
    const heard = [];
    const allowed = [
      // The browser's own remark about WebGL without a GPU, with which the ground is drawn here; nothing of the page.
      /GL Driver Message/,
    ];
    await use({
      heard,
      /** For what a test does on purpose, such as killing the server. */
      allow: (pattern) => allowed.push(pattern),
    });
    const left = heard.filter((line) => !allowed.some((pattern) => pattern.test(line)));
    expect(left, "the console stayed clean").toEqual([]);
  },

  // The programs come first and go last: a page that outlives its server complains of it.
  page: async ({ programs: _, complaints, page }, use) => {
    const { heard } = complaints;
    page.on("console", (message) => {
      if (["error", "warning", "assert"].includes(message.type())) heard.push(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => heard.push(`exception: ${error.message}`));
    page.on("crash", () => heard.push("the page crashed"));
    await use(page);
  },

  /** The page of the demo supervisor, signed in, with dots drawn. */
  desk: async ({ centre, page }, use) => {
    await signIn(page, centre.server);
    await untilDrawn(page);
    await use(page);
  },
});

/** Signs in as a person does. Any other path shows the same form, but as the answer 401, which the browser remarks upon. */
export async function signIn(page, { url, name, password }) {
  await page.goto(`${url}/login`);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByTestId("status")).toBeVisible();
}

/** A figure of the status line, as a number. */
export async function figure(page, id) {
  const words = await page.getByTestId(id).innerText();
  return Number(words.replaceAll(/\D/g, "") || Number.NaN);
}

/** The first picture takes its time on a busy machine without a GPU: the ground is drawn on an emulated one. */
const FIRST_PICTURE = { timeout: 60_000 };

/** Waits until the status line says that dots are drawn and the canvas shows some. */
export async function untilDrawn(page) {
  await expect
    .poll(() => figure(page, "drawn"), { message: "dots are drawn", ...FIRST_PICTURE })
    .toBeGreaterThan(0);
  await expect
    .poll(async () => (await dotsOn(page, { apartCss: 0 })).length, { message: "dots can be seen", ...FIRST_PICTURE })
    .toBeGreaterThan(0);
}

/**
 * Where dots can be seen: middles of small patches of canvas that are not transparent, each so far from every other that a
 * click can mean only one; CSS pixels of the viewport. Only the CPU back end can be read like this (a WebGL canvas is
 * empty once it was shown), so what is read is a picture of the page where that fails.
 */
export async function dotsOn(page, { apartCss = 24, marginCss = 80 } = {}) {
  return page.getByTestId("dots").evaluate(
    (canvas, { apartCss, marginCss }) => {
      const copy = document.createElement("canvas");
      copy.width = canvas.width;
      copy.height = canvas.height;
      const context = copy.getContext("2d", { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      const { data, width, height } = context.getImageData(0, 0, copy.width, copy.height);
      const box = canvas.getBoundingClientRect();
      const scale = box.width / width;
      // Patches of touching pixels.
      const seen = new Uint8Array(width * height);
      const patches = [];
      for (let start = 0; start < seen.length; start += 1) {
        if (seen[start] || data[start * 4 + 3] < 60) continue;
        const patch = { size: 0, x: 0, y: 0 };
        const open = [start];
        seen[start] = 1;
        while (open.length > 0) {
          const at = open.pop();
          const [x, y] = [at % width, Math.floor(at / width)];
          patch.size += 1;
          patch.x += x;
          patch.y += y;
          for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
            const [nx, ny] = [x + dx, y + dy];
            const next = ny * width + nx;
            if (nx < 0 || ny < 0 || nx >= width || ny >= height || seen[next] || data[next * 4 + 3] < 60) continue;
            seen[next] = 1;
            open.push(next);
          }
        }
        patches.push({
          x: box.x + (patch.x / patch.size + 0.5) * scale,
          y: box.y + (patch.y / patch.size + 0.5) * scale,
          size: patch.size,
        });
      }
      // Not under what lies above the map.
      const free = patches.filter(
        ({ x, y }) =>
          x > marginCss && y > marginCss && x < box.right - marginCss && y < box.bottom - marginCss &&
          !document.elementsFromPoint(x, y).some((element) => element.closest(".legend, .status, .title, .session, .popup, .desk-tools")),
      );
      return free.filter((one) => patches.every((other) => one === other || Math.hypot(one.x - other.x, one.y - other.y) > apartCss));
    },
    { apartCss, marginCss },
  );
}
