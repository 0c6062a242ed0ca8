// Three processes behind HAProxy: pages, streams and files work through each of them; the processes are
// restarted one after the other under load; one is killed while schedules are due.

import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import { balancer, check, cluster, found, pontual, story, until } from "./platform.mjs";
import { Load, done, due, openTicket } from "./load.mjs";
import { Visitor } from "./visitor.mjs";

await story(async () => {
  const database = await cluster("primary");
  await found(database);
  const processes = [];
  for (const name of ["p1", "p2", "p3"]) processes.push(await pontual(name, database.url));
  const proxy = await balancer(processes);
  const visitor = await new Visitor(proxy.url).signIn();
  const ticket = await openTicket(visitor, database);

  const idle = { ended: false };
  await visitor.stream("/live", () => {}, () => (idle.ended = true));
  const idleSince = Date.now();

  await liveEvents(visitor, processes, ticket);
  await files(visitor, processes);
  await throttled(proxy.url);

  await sleep(Math.max(0, idleSince + 60_000 - Date.now()));
  if (idle.ended) throw new Error("a quiet stream was cut off");
  console.log("a quiet stream stays open for a minute, past every time-out");

  await rolling("ended by SIGTERM alone", false);
  await rolling("drained by HAProxy first", true);
  await killed();
  check(database);

  async function rolling(how, drains) {
    const load = new Load(visitor, ticket);
    await sleep(2_000);
    for (const [at, one] of processes.entries()) {
      const server = `p${at + 1}`;
      if (drains) {
        await proxy.tell(`set server pages/${server} state drain`);
        await sleep(1_000);
      }
      await one.end("SIGTERM");
      one.start();
      await until(one.isReady, 20_000, `${one.name} does not come back`);
      if (drains) await proxy.tell(`set server pages/${server} state ready`);
      await sleep(3_000);
    }
    await load.end();
    load.report(`rolling restart, ${how}`);
    await load.verify(database);
    if (drains && load.failures.length) throw new Error("a request failed");
  }

  async function killed() {
    await due(database, 600, 2_000, 10);
    const load = new Load(visitor, ticket);
    await sleep(4_000);
    await processes[0].end("SIGKILL");
    await until(async () => (await done(database)).left === 0, 20_000, "schedules are left");
    await load.end();
    const { completed, others, latest } = await done(database);
    load.report("kill -9 of a process");
    console.log(`kill -9 while 600 schedules were due over 6 s: ${completed} completed, ${others} otherwise, the latest ${Number(latest).toFixed(0)} ms after its time`);
    await load.verify(database);
    if (completed !== 600) throw new Error("not all were completed");
  }
});

/** A message written at each process arrives on a stream through the balancer. */
async function liveEvents(visitor, processes, ticket) {
  let heard;
  const stream = await visitor.stream("/live", (name) => name === "conversation" && heard?.(performance.now()));
  await sleep(500);
  for (const one of processes) {
    const began = performance.now();
    const arrived = new Promise((resolve) => (heard = resolve));
    const written = await visitor.at(`http://${one.address}`).post(`/tickets/${ticket}/messages`, { kind: "message", body: `por ${one.name}` });
    if (written.status !== 303) throw new Error(`the message is answered ${written.status}`);
    const at = await Promise.race([arrived, sleep(5_000)]);
    if (!at) throw new Error(`an event of ${one.name} does not arrive`);
    console.log(`written at ${one.name}: on the stream ${(at - began).toFixed(1)} ms after it was sent`);
  }
  stream.close();
}

/** A file uploaded through the balancer can be read from each process. */
async function files(visitor, processes) {
  const content = Buffer.concat([Buffer.from("%PDF-1.4\n"), randomBytes(15 * 1024 * 1024)]);
  const answer = await visitor.upload(content, "a.pdf");
  const [, id] = /name="files" value="(\d+)"/.exec(answer.body) ?? [];
  if (!id) throw new Error(`the upload is answered ${answer.status}`);
  const sum = (bytes) => createHash("sha256").update(bytes).digest("hex");
  for (const one of processes) {
    const read = await visitor.at(`http://${one.address}`).get(`/files/${id}/a.pdf`);
    if (sum(read.body) !== sum(content)) throw new Error(`${one.name} answers ${read.status} for the file`);
  }
  console.log("a file of 15 MB, uploaded through HAProxy, is read from each process");
}

/** Sign-ins are counted by the visitor's true address, not by the one that the visitor claims. */
async function throttled(url) {
  const statuses = [];
  for (let n = 1; n <= 6; n += 1) {
    const stranger = new Visitor(url);
    await stranger.get("/login");
    const answer = await stranger.post("/login", { email: "x@pontual.example", password: "errada, sempre" }, { "x-forwarded-for": `6.6.6.${n}` });
    statuses.push(answer.status);
  }
  if (statuses.at(-1) !== 429) throw new Error(`made-up addresses slip past the limit: ${statuses}`);
  console.log("the sixth wrong sign-in is refused, although each named another address");
}
