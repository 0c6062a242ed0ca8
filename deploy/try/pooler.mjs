// Pontual through PgBouncer: everything works in session mode; transaction mode fails as docs/scaling.md says.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { asAccount, check, cluster, folder, found, logOf, pontual, start, story, until } from "./platform.mjs";
import { Load, done, due, openTicket } from "./load.mjs";
import { Visitor } from "./visitor.mjs";

await story(async () => {
  const database = await cluster("primary");
  await found(database);
  const session = await pool(database, "session");
  const processes = [];
  for (const name of ["p1", "p2"]) processes.push(await pontual(name, session));
  const visitor = await new Visitor(`http://${processes[0].address}`).signIn();
  await atWork(visitor, database, "session mode");
  const [{ held }] = await database.sql("SELECT count(*)::int AS held FROM pg_stat_activity WHERE datname = 'pontual' AND backend_type = 'client backend'");
  console.log(`two processes hold ${held} connections to PostgreSQL`);
  check(database);

  for (const one of processes) await one.end("SIGTERM");
  const transaction = await pool(database, "transaction");
  try {
    const alone = await pontual("in-transaction-mode", transaction);
    await atWork(visitor.at(`http://${alone.address}`), database, "transaction mode");
  } catch (error) {
    const [complaint] = /prepared statement .*/.exec(logOf("in-transaction-mode")) ?? [error.message];
    console.log(`transaction mode does not work, as docs/scaling.md says: ${complaint}`);
  }
});

async function pool(database, mode) {
  const place = folder(`pgbouncer-${mode}`);
  const file = join(place, "pgbouncer.ini");
  writeFileSync(
    file,
    `[databases]
pontual = host=${database.socket} user=pontual
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = ${place}
auth_type = any
pool_mode = ${mode}
max_client_conn = 500
default_pool_size = ${mode === "session" ? 100 : 8}
`,
  );
  const [program, args] = asAccount("pgbouncer", ["-q", file]);
  start(`pgbouncer-${mode}`, program, args);
  await sleep(1_000);
  return `postgres:///pontual?host=${place}&port=6432&user=pontual`;
}

/** People at work, schedules that fall due, and an event on a stream. */
async function atWork(visitor, database, mode) {
  let heard = 0;
  const stream = await visitor.stream("/live", (name) => (heard += Number(name !== "sync")));
  const ticket = await openTicket(visitor, database);
  await database.sql("UPDATE schedules SET comment = 'before' WHERE comment = 'due'");
  await due(database, 200, 1_000, 10);
  const load = new Load(visitor, ticket);
  await sleep(5_000);
  await load.end();
  load.report(mode);
  await load.verify(database);
  await until(async () => (await done(database)).left === 0, 10_000, "schedules are left");
  console.log(`${mode}: 200 schedules done, the latest ${Number((await done(database)).latest).toFixed(0)} ms after its time; ${heard} events on a stream`);
  stream.close();
  if (!heard || load.failures.length) throw new Error(`${heard} events, ${load.failures.length} failures`);
}
