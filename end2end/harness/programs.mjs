// Starts the programs as an operator does, on free ports, and reads from their output where they listen. Each is ended with
// the signal of Ctrl-C, and killed when that is not enough.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import * as places from "./places.mjs";

const START_MS = 120_000;
const FAREWELL_MS = 10_000;
/** How much of a program's output is kept for the report of a failure. */
const KEPT_LINES = 200;

/** A running program: its lines, and promises for those one waits for. */
class Program {
  #name;
  #child;
  #lines = [];
  #waiting = new Set();
  #ended;

  constructor(name, file, args) {
    this.#name = name;
    this.#child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#hear(line));
    }
    this.#ended = new Promise((resolve) => {
      this.#child.on("error", (error) => resolve(error.message));
      this.#child.on("close", (code, signal) => resolve(signal ?? `code ${code}`));
    });
    this.#ended.then((how) => {
      for (const wait of this.#waiting) wait.reject(new Error(`${name} ended with ${how}\n${this.output}`));
    });
  }

  get output() {
    return this.#lines.join("\n");
  }

  /** Resolves with how it ended. */
  get ended() {
    return this.#ended;
  }

  #hear(line) {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const wait of this.#waiting) {
      const found = wait.pattern.exec(line);
      if (found) wait.resolve(found[1]);
    }
  }

  /** The first group of the first line that matches, past or to come. */
  line(pattern) {
    for (const line of this.#lines) {
      const found = pattern.exec(line);
      if (found) return Promise.resolve(found[1]);
    }
    return new Promise((resolve, reject) => {
      const wait = { pattern };
      const late = setTimeout(
        () => wait.reject(new Error(`${this.#name} did not say ${pattern} in ${START_MS} ms\n${this.output}`)),
        START_MS,
      );
      const settle = (how) => (value) => {
        clearTimeout(late);
        this.#waiting.delete(wait);
        how(value);
      };
      wait.resolve = settle(resolve);
      wait.reject = settle(reject);
      this.#waiting.add(wait);
    });
  }

  /** Stops it in the middle of whatever it does, as a machine that hangs. */
  freeze() {
    this.#child.kill("SIGSTOP");
  }

  thaw() {
    this.#child.kill("SIGCONT");
  }

  /** Asks the program to end and resolves with how it ended. */
  async stop(signal = "SIGINT") {
    for (const wait of this.#waiting) wait.reject(new Error(`${this.#name} was stopped`));
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#ended;
    this.#child.kill(signal);
    const killer = setTimeout(() => this.#child.kill("SIGKILL"), FAREWELL_MS);
    const how = await this.#ended;
    clearTimeout(killer);
    return how;
  }
}

/**
 * A telemetry stream with its truth feed.
 * @param {{ recording?: string, vehicles?: number, speed?: number, registry?: string, args?: string[], listen?: string }} options
 */
export async function startSim({ recording, vehicles = 200, speed = 1, registry, args = [], listen = "127.0.0.1:0" }) {
  const what = recording ? ["play", recording, "--loop"] : ["fleet", "--vehicles", String(vehicles)];
  const more = registry ? ["--registry-out", registry] : [];
  const program = new Program("evwall-sim", places.sim, [
    ...what, "--speed", String(speed), "--listen", listen, "--truth", "127.0.0.1:0", ...more, ...args,
  ]);
  const [truth, url] = await Promise.all([program.line(/^truth (http:\S+)/), program.line(/^listening (ws:\S+)/)]);
  return {
    url,
    program,
    stop: (signal) => program.stop(signal),
    /** What the sim sent last, of all vehicles or of one. */
    async vehicles(vin) {
      const answer = await fetch(`${truth}/vehicles${vin ? `?vin=${vin}` : ""}`);
      return answer.json();
    },
  };
}

/**
 * The server, with its demo supervisor.
 * @param {{ telemetry: string[], dataDir: string, listen?: string, registry?: string, site?: string, args?: string[] }} options
 */
export async function startServer({ telemetry, dataDir, listen = "127.0.0.1:0", registry, site = places.site, args = [] }) {
  const program = new Program("evwall", places.server, [
    "serve", "--demo", "--listen", listen, "--site", site, "--data-dir", dataDir,
    ...telemetry.flatMap((url) => ["--telemetry", url]),
    ...(registry ? ["--registry", registry] : []),
    ...args,
  ]);
  const [url, metrics, password] = await Promise.all([
    program.line(/^listening (http:\S+)/),
    program.line(/^metrics (http:\S+)/),
    program.line(/^sign in as demo with password (\S+)/),
  ]);
  return {
    url,
    name: "demo",
    password,
    program,
    stop: (signal) => program.stop(signal),
    /** The text of /metrics. */
    metrics: async () => (await fetch(metrics)).text(),
  };
}

/** Of accounts that were made, by folder and name. */
const accounts = new Map();

/** Makes an account as an operator does, beside the running server. Tests that share a server share the account of a name. */
export async function addUser(dataDir, name, role) {
  const key = `${dataDir} ${name} ${role}`;
  if (!accounts.has(key)) accounts.set(key, await makeUser(dataDir, name, role));
  return accounts.get(key);
}

async function makeUser(dataDir, name, role) {
  const program = new Program("evwall user", places.server, ["user", "add", name, role, "--data-dir", dataDir]);
  const password = await program.line(/ with the password (\S+)/);
  return { name, password };
}
