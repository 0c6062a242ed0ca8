// A synchronous standby: how much slower it makes commits, what happens while it is away, and that no
// acknowledged change is lost when the primary dies under load and the standby replaces it. With an
// asynchronous standby, the same trial must detect a loss.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { balancer, check, cluster, found, pontual, story, until } from "./platform.mjs";
import { Load, done, due, openTicket } from "./load.mjs";
import { Visitor } from "./visitor.mjs";

const BURST = 5_000;

await story(async () => {
  const { primary, standby, processes, proxy, visitor, ticket } = await platform("");
  await cost("without a synchronous standby");
  await primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
  await primary.sql("SELECT pg_reload_conf()");
  await sleep(1_000);
  const [{ sync_state: state }] = await primary.sql("SELECT sync_state FROM pg_stat_replication");
  if (state !== "sync") throw new Error(`the standby is ${state}`);
  await cost("with a synchronous standby");
  await standbyAway();
  await failover();
  await control();

  async function cost(how) {
    const load = new Load(visitor, ticket);
    await sleep(5_000);
    await load.end();
    load.report(how);
    await primary.sql("UPDATE schedules SET comment = 'before' WHERE comment = 'due'");
    await due(primary, BURST, 2_000, 0);
    await until(async () => (await done(primary)).left === 0, 60_000, "schedules are left");
    const { seconds } = await done(primary);
    console.log(`${how}: ${BURST} due at one instant done in ${Number(seconds).toFixed(2)} s`);
  }

  async function standbyAway() {
    const load = new Load(visitor, ticket);
    await sleep(1_000);
    standby.control("stop", "-m", "immediate");
    const before = load.saved.length;
    await sleep(5_000);
    const meanwhile = load.saved.length - before;
    standby.control("start", "-l", join(standby.socket, "server.log"), "-o", standby.options);
    await sleep(3_000);
    await load.end();
    load.report("the standby away for 5 s");
    console.log(`${meanwhile} changes were acknowledged while it was away, ${load.saved.length - before - meanwhile} after`);
    await load.verify(primary);
  }

  async function failover() {
    const load = new Load(visitor, ticket);
    await primary.sql("UPDATE schedules SET comment = 'before' WHERE comment = 'due'");
    await due(primary, 400, 1_000, 10);
    await sleep(3_000);
    const died = takeOver(primary, standby);
    await sleep(3_000);
    await load.end();
    const last = Math.max(died, ...load.failures.map(({ at }) => at));
    load.report("primary killed, standby promoted");
    console.log(`answers failed for ${((last - died) / 1000).toFixed(1)} s`);
    await load.verify(standby);
    await until(async () => (await done(standby)).left === 0, 20_000, "schedules are left");
    const { completed, latest } = await done(standby);
    console.log(`${completed} of 400 schedules that were due meanwhile completed, the latest ${Number(latest).toFixed(0)} ms after its time`);
    check(standby);
    for (const one of processes) await one.end("SIGTERM");
    await proxy.end();
  }
});

/** A primary with a standby, and three processes that are given the addresses of both. */
async function platform(prefix) {
  const primary = await cluster(`${prefix}primary`);
  const standby = await cluster(`${prefix}standby`, primary);
  await found(primary);
  const url = `postgres:///pontual?host=${primary.socket},${standby.socket}&user=pontual`;
  const processes = [];
  for (const name of ["p1", "p2", "p3"]) processes.push(await pontual(prefix + name, url));
  const proxy = await balancer(processes);
  const visitor = await new Visitor(proxy.url).signIn();
  return { primary, standby, processes, proxy, visitor, ticket: await openTicket(visitor, primary) };
}

/** Kills the primary as a loss of power would, and promotes the standby. Returns when the primary died. */
function takeOver(primary, standby) {
  const died = Date.now();
  primary.kill();
  standby.control("promote");
  console.log(`promoted ${Date.now() - died} ms after the primary died`);
  return died;
}

/** A control: the standby is asynchronous and stops receiving before the end. The trial must detect the loss. */
async function control() {
  const { primary, standby, visitor, ticket } = await platform("control-");
  const [{ pid }] = await standby.sql("SELECT pid FROM pg_stat_wal_receiver");
  const load = new Load(visitor, ticket);
  await sleep(2_000);
  process.kill(pid, "SIGSTOP");
  await sleep(2_000);
  primary.kill();
  standby.control("restart", "-m", "immediate", "-o", standby.options);
  standby.control("promote");
  await load.end();
  const seen = await load.verify(standby).then(() => false, () => true);
  if (!seen) throw new Error("the trial is blind: it sees no loss without a synchronous standby");
}
