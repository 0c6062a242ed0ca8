// A PostgreSQL server, three Pontuals, and HAProxy in front of them, each in its own process.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import pg from "pg";

const { PONTUAL_BIN: BIN, TRY_ACCOUNT: ACCOUNT, TRY_PLACE: PLACE } = process.env;
const SECRET = "a secret of this trial, and of no other";
export const ADMIN = { email: "operacao@pontual.example", password: "uma senha de ensaio" };

const children = new Set();
const atEnd = [];
mkdirSync(PLACE, { mode: 0o755 });

/** Starts a program with its output in a file. */
export function start(name, program, args, env = {}) {
  const log = openSync(join(PLACE, `${name}.log`), "a");
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", log, log] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

export const logOf = (name) => readFileSync(join(PLACE, `${name}.log`), "utf8");

/** The command that runs a program under the database's account. */
export const asAccount = (program, args) =>
  userInfo().username === ACCOUNT ? [program, args] : ["setpriv", ["--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups", program, ...args]];

export function run(program, args, options = {}) {
  return execFileSync(...asAccount(program, args), { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], ...options });
}

/** A folder of this trial that the database's account may write to. */
export function folder(name) {
  const path = join(PLACE, name);
  mkdirSync(path, { recursive: true });
  const [uid, gid] = ["-u", "-g"].map((flag) => Number(execFileSync("id", [flag, ACCOUNT])));
  chownSync(path, uid, gid);
  return path;
}

/** A PostgreSQL server, reached through a socket in its folder. With `primary`, it is a standby of that server. */
export async function cluster(name, primary) {
  const socket = folder(name);
  const data = join(socket, "data");
  if (primary) {
    run("pg_basebackup", ["-h", primary.socket, "-U", "pontual", "-D", data, "-R", "-c", "fast"]);
  } else {
    run("initdb", ["-D", data, "-U", "pontual", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
  }
  const control = (...args) => run("pg_ctl", ["-D", data, "-w", ...args], { stdio: "ignore" });
  const options = `-c listen_addresses= -c unix_socket_directories=${socket} -c max_connections=300 -c cluster_name=${name}`;
  control("start", "-l", join(socket, "server.log"), "-o", options);
  atEnd.push(() => control("stop", "-m", "immediate"));
  if (!primary) run("createdb", ["-h", socket, "-U", "pontual", "pontual"]);
  const open = async () => {
    const client = new pg.Client({ host: socket, user: "pontual", database: "pontual" });
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  return {
    socket,
    url: `postgres:///pontual?host=${socket}&user=pontual`,
    control,
    options,
    kill: () => run("pg_ctl", ["-D", data, "-m", "immediate", "-W", "stop"]),
    async sql(text, values) {
      const client = await open();
      try {
        return (await client.query(text, values)).rows;
      } finally {
        await client.end();
      }
    },
  };
}

export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** Fills an empty database with departments, attendants, contacts and an administrator; spacing off. */
export async function found(database) {
  const environment = { ...process.env, DATABASE_URL: database.url, PONTUAL_DATA_DIR: join(PLACE, "files") };
  execFileSync(BIN, ["migrate"], { env: environment });
  run("psql", ["-q", "-v", "ON_ERROR_STOP=1", "-h", database.socket, "-U", "pontual", "-f", "src/demo/company.sql"]);
  const admin = ["create-admin", "--name", "Operação", "--email", ADMIN.email, "--password-stdin"];
  execFileSync(BIN, admin, { env: environment, input: `${ADMIN.password}\n` });
  await database.sql("UPDATE settings SET spacing_minutes = 0");
}

/** A Pontual process that can be ended and started again on the same port. */
export async function pontual(name, databaseUrl) {
  const port = await freePort();
  const env = { DATABASE_URL: databaseUrl, HOST: "127.0.0.1", PORT: String(port), PONTUAL_DATA_DIR: join(PLACE, "files"), PONTUAL_SECRET_KEY: SECRET };
  const one = {
    name,
    port,
    address: `127.0.0.1:${port}`,
    start() {
      one.child = start(name, BIN, ["serve"], env);
    },
    async isReady() {
      const answer = await fetch(`http://${one.address}/readyz`).catch(() => undefined);
      return answer?.status === 200;
    },
    async end(signal) {
      one.child.kill(signal);
      if (one.child.exitCode === null && one.child.signalCode === null) await once(one.child, "exit");
    },
  };
  one.start();
  await until(one.isReady, 20_000, `${name} is not ready: see ${PLACE}/${name}.log`);
  return one;
}

/** HAProxy with the configuration in `deploy/`. */
export async function balancer(servers) {
  const [port, socket] = [await freePort(), join(PLACE, "haproxy.sock")];
  const env = { PONTUAL_MAXCONN: "2000", PONTUAL_BIND: `127.0.0.1:${port}`, PONTUAL_HAPROXY_SOCKET: socket, PONTUAL_503: join(process.cwd(), "deploy/pontual-503.http") };
  servers.forEach((server, at) => (env[`PONTUAL_${at + 1}`] = server.address));
  const child = start("haproxy", "haproxy", ["-db", "-f", "deploy/haproxy.cfg"], env);
  const url = `http://127.0.0.1:${port}`;
  const answers = async () => (await fetch(`${url}/login`).catch(() => undefined))?.status === 200;
  await until(answers, 10_000, "HAProxy does not answer");
  const tell = async (command) => {
    const line = connect(socket);
    line.end(`${command}\n`);
    return (await line.toArray()).join("");
  };
  return { url, tell, end: async () => child.kill("SIGTERM") && once(child, "exit") };
}

export function check(database) {
  const env = { ...process.env, DATABASE_URL: database.url, PONTUAL_DATA_DIR: join(PLACE, "files") };
  execFileSync(BIN, ["check"], { env, stdio: ["ignore", "pipe", "inherit"] });
  console.log("pontual check: all invariants hold");
}

export async function until(holds, patience, otherwise) {
  const end = Date.now() + patience;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(otherwise);
    await sleep(50);
  }
}

/** Runs a story, and ends every process that it started. */
export async function story(tell) {
  const all = () => [...children].map((child) => child.kill("SIGKILL"));
  process.once("SIGINT", () => process.exit(all() && 1));
  try {
    await tell();
  } catch (error) {
    for (const log of readdirSync(PLACE).filter((name) => name.endsWith(".log"))) {
      console.error(`--- ${log}\n${logOf(log.replace(/\.log$/, "")).slice(-2_000)}`);
    }
    throw error;
  } finally {
    all();
    for (const end of atEnd.reverse()) {
      try {
        end();
      } catch {
        // Some stories end it themselves.
      }
    }
  }
}
