// What a test is given: a centre, programs of its own where it needs them, a page whose console is watched, and a way in.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { test as base, expect as patient } from "@playwright/test";

import { recording } from "./places.mjs";
import { addUser, startServer, startSim } from "./programs.mjs";
import { startStream } from "./stream.mjs";

export { recording };

/** Looks again after a tenth of a second, not after a whole one, which is what `expect.poll` comes to by itself. */
export const expect = new Proxy(patient, {
  get(of, name) {
    if (name !== "poll") return Reflect.get(of, name);
    return (what, options) => of.poll(what, { intervals: [100], ...(typeof options === "string" ? { message: options } : options) });
  },
});

/** Vehicles that report often, so that all have done so soon and many move. */
const FLEET = { vehicles: 200, speed: 1, args: ["--interval-s", "2"] };

/** A stream and a server that subscribes to it, started with what `programs` offers. */
async function startCentre(programs, stream) {
  const dataDir = programs.folder();
  const registry = path.join(dataDir, "registry.csv");
  const sim = await programs.sim({ ...stream, registry });
  const server = await programs.server({ telemetry: [sim.url], dataDir, registry });
  return { sim, server, dataDir, registry };
}

/** Programs and folders that go again with `end`. */
function keeper() {
  const started = [];
  const folders = [];
  const keep = async (starting) => {
    const running = await starting;
    started.push(running);
    return running;
  };
  const programs = {
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
  };
  return {
    programs,
    started,
    async end() {
      for (const running of started.reverse()) await running.stop();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function report(testInfo, started) {
  if (testInfo.status === testInfo.expectedStatus) return;
  for (const { program } of started) if (program) await testInfo.attach("output", { body: program.output });
}

export const test = base.extend({
  /** Starts programs and ends them with the test; their output goes to the report when it fails. */
  programs: async ({}, use, testInfo) => {
    const kept = keeper();
    await use(kept.programs);
    await report(testInfo, kept.started);
    await kept.end();
  },

  /** What `centre` plays. A test that changes more than its own page (stops a program, counts rows of the log) sets it. */
  stream: [undefined, { option: true }],

  /** One for all tests that only look, because starting it and hearing of every vehicle takes seconds. */
  sharedCentre: [
    async ({}, use) => {
      const kept = keeper();
      let centre;
      // Not before the first test that wants it.
      await use(async () => ({ ...(await (centre ??= startCentre(kept.programs, FLEET))), started: kept.started }));
      await kept.end();
    },
    { scope: "worker" },
  ],

  /** A stream and a server that subscribes to it. */
  centre: async ({ programs, stream, sharedCentre }, use, testInfo) => {
    if (stream) return use(await startCentre(programs, stream));
    const { started, ...centre } = await sharedCentre();
    await use(centre);
    await report(testInfo, started);
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

/** Opens a page for a person, signed in by what the form of the login page sends; `signInByForm` goes through the form. */
export async function signIn(page, { url, name, password }, to = "/") {
  const answer = await page.request.post(`${url}/login`, { form: { name, password }, maxRedirects: 0 });
  patient(answer.status(), "signed in").toBe(303);
  await page.goto(url + to);
}

/** Signs in as a person does. Any other path shows the same form, but as the answer 401, which the browser remarks upon. */
export async function signInByForm(page, { url, name, password }) {
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

/** Waits until the status line says that dots are drawn and the canvas of the CPU back end shows some. */
export async function untilDrawn(page) {
  const seen = () =>
    page.evaluate(() => {
      const drawn = document.querySelector("[data-testid=drawn]")?.textContent.replaceAll(/\D/g, "") ?? "";
      if (!(Number(drawn) > 0)) return "the status line says that none are drawn";
      // Dots come before the map; whoever holds it is going to ask it something.
      if (globalThis.evwallMap === null) return "the map is not there yet";
      // Nor are the desk's tools there at once, and no key is heard without them.
      if (location.pathname === "/" && !document.querySelector("[data-testid=tools]")) return "the tools are not there yet";
      const canvas = document.querySelector("[data-testid=dots]");
      const copy = document.createElement("canvas");
      copy.width = canvas.width;
      copy.height = canvas.height;
      const context = copy.getContext("2d", { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      return new Uint32Array(data.buffer).some((pixel) => pixel !== 0) ? "dots" : `${drawn} are drawn and none can be seen`;
    });
  await expect.poll(seen, { message: "dots are drawn and can be seen", ...FIRST_PICTURE }).toBe("dots");
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
