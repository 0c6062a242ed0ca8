// Starts Pontual with the demonstration company and its own private database, and browsers that fail a
// test on any console, page or CSP error.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import pg from "pg";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
const flags = [
  "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export const PASSWORD = "demonstracao";

/** Pontual in its own process, on a free loopback port. Options: "empty", and objects with variables of its environment. */
export async function startPontual(...options) {
  const directory = await mkdtemp(join(tmpdir(), "pontual-browser-"));
  // If root runs the tests, another account owns the database and must be able to enter the folder.
  await chmod(directory, 0o755);
  const port = await freePort();
  const environment = { ...process.env, PONTUAL_DATA_DIR: directory, HOST: "127.0.0.1", PORT: String(port) };
  delete environment.DATABASE_URL;
  delete environment.PONTUAL_PUBLIC_URL;
  Object.assign(environment, ...options.filter((option) => typeof option === "object"));
  const server = spawn(process.env.PONTUAL_BIN, ["serve", ...(options.includes("empty") ? [] : ["--demo"])], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const log = [];
  const said = [];
  server.stdout.on("data", (data) => said.push(data));
  server.stderr.on("data", (data) => log.push(data));
  await new Promise((resolve, reject) => {
    server.stdout.on("data", (data) => String(data).includes("Pontual is ready") && resolve());
    server.on("exit", (code) => reject(new Error(`pontual ended with ${code}: ${Buffer.concat(log)}`)));
  });
  server.removeAllListeners("exit");
  const database = new pg.Client({ host: join(directory, "postgres"), user: "pontual", database: "pontual", connectionTimeoutMillis: 5_000 });
  try {
    await database.connect();
  } catch (error) {
    server.kill("SIGTERM");
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    sql: async (text, values) => (await database.query(text, values)).rows,
    /** Calls `heard(payload)` for each NOTIFY on the channel. */
    async listen(channel, heard) {
      database.on("notification", (notice) => notice.channel === channel && heard(notice.payload));
      await database.query(`LISTEN ${channel}`);
    },
    /** What Pontual has printed for the operator. */
    said: () => Buffer.concat(said).toString(),
    log: () => Buffer.concat(log).toString(),
    async stop() {
      await database.end();
      server.kill("SIGTERM");
      const [code] = await once(server, "exit");
      await rm(directory, { recursive: true, force: true });
      if (code !== 0) throw new Error(`pontual ended with ${code}: ${Buffer.concat(log)}`);
    },
  };
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

export function startChromium(...more) {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: [...flags, ...more] });
}

/** What htmx logs when leaving the page aborts a request. For a failed request it logs more. */
const CUT_OFF = /^(htmx:(afterRequest|sendAbort), .*|undefined)$/;

/** A person's browser: its own context. Its errors are collected. */
export async function person(browser, pontual, options = {}) {
  const context = await browser.newContext({ baseURL: pontual.url, locale: "pt-BR", timezoneId: "America/Sao_Paulo", viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(15_000);
  const errors = [];
  context.on("page", (page) => {
    const note = (text) => CUT_OFF.test(text) || errors.push(`${page.url()}: ${text}`);
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && note(message.text()));
    page.on("pageerror", (error) => note(error.message));
  });
  return { context, errors, page: await context.newPage() };
}

/** Signs in through the form. */
export async function signIn(page, name) {
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(`${name}@pontual.example`);
  await page.getByLabel("Senha", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Entrar" }).click();
  await page.waitForURL((url) => url.pathname !== "/login");
}

/** The violations that axe-core finds, one line each. */
export async function axe(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  return violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}
