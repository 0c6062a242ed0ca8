// People at work while processes end and start. Failed requests are not repeated, so that failures show.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

export class Load {
  going = true;
  saved = [];
  answers = 0;
  failures = [];
  waits = [];
  streamEnds = 0;

  constructor(visitor, ticket) {
    const pages = () => visitor.at(visitor.url);
    const minute = () => new Date(Date.now() + 1e9 + Math.random() * 1e10).toISOString().slice(0, 16);
    this.loops = [
      this.loop(pages(), "schedule", async (who, text) => who.schedule(text, minute()), 303),
      this.loop(pages(), "schedule", async (who, text) => who.schedule(text, minute()), 303),
      this.loop(pages(), "message", (who, text) => who.post(`/tickets/${ticket}/messages`, { kind: "message", body: text, client_key: randomUUID() }), 303),
      this.loop(pages(), "page", (who) => who.get("/schedules"), 200),
      this.loop(pages(), "page", (who) => who.get("/tickets"), 200),
      this.streams(visitor),
    ];
  }

  async loop(who, kind, act, expected) {
    while (this.going) {
      const [text, began] = [`${kind} ${randomUUID()}`, performance.now()];
      try {
        const answer = await act(who, text);
        if (answer.status !== expected) throw new Error(`answered ${answer.status}`);
        this.answers += 1;
        if (kind !== "page") this.saved.push(text);
        if (kind === "schedule") this.waits.push(performance.now() - began);
      } catch (error) {
        this.failures.push({ kind, at: Date.now(), why: error.message });
        await sleep(50);
      }
      await sleep(5);
    }
  }

  /** A browser that reconnects when its stream ends. */
  async streams(visitor) {
    while (this.going) {
      await new Promise((resolve) => {
        visitor.stream("/live", () => {}, resolve).then((stream) => (this.stream = stream), resolve);
      });
      this.streamEnds += this.going ? 1 : 0;
      await sleep(500);
    }
  }

  async end() {
    this.going = false;
    this.stream?.close();
    await Promise.all(this.loops);
  }

  /** Checks that each acknowledged change exists exactly once. An unacknowledged one may exist or not. */
  async verify(database) {
    const rows = await database.sql("SELECT text, count(*)::int AS times FROM (SELECT comment AS text FROM schedules UNION ALL SELECT body FROM messages WHERE author_id IS NOT NULL) all_texts WHERE text = ANY ($1) GROUP BY text", [this.saved]);
    const doubled = rows.filter((row) => row.times > 1).length;
    console.log(`acknowledged ${this.saved.length}, lost ${this.saved.length - rows.length}, doubled ${doubled}`);
    if (rows.length !== this.saved.length || doubled) throw new Error("an acknowledged change is lost or doubled");
  }

  report(what) {
    const sorted = this.waits.toSorted?.((a, b) => a - b) ?? [...this.waits].sort((a, b) => a - b);
    const at = (share) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(0);
    const why = [...new Set(this.failures.map(({ kind, why }) => `${kind}: ${why}`))];
    console.log(`${what}: ${this.answers} answers, ${this.failures.length} failed, ${this.streamEnds} streams started again; a schedule saved in p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
    if (why.length) console.log(`  ${why.join("; ")}`);
  }
}

/** An open ticket to write in. A schedule that is run before its time opens it. */
export async function openTicket(visitor, database) {
  await visitor.schedule("Abrir", "2040-01-01T10:00");
  const [{ id }] = await database.sql("SELECT max(id) AS id FROM schedules");
  await visitor.post(`/schedules/${id}/dispatch`, {});
  const [ticket] = await database.sql("SELECT id FROM tickets WHERE schedule_id = $1", [id]);
  if (!ticket) throw new Error("the schedule opened no ticket");
  return ticket.id;
}

/** Schedules with one contact each, one every `every` ms, the first after `from` ms. */
export async function due(database, count, from, every) {
  await database.sql(
    `WITH places AS (
        INSERT INTO contacts (channel_id, address, name) SELECT 1, gen_random_uuid(), 'Ensaio ' || n FROM generate_series(1, $1) n RETURNING id),
     saved AS (
        INSERT INTO schedules (contact_id, department_id, action, due_at, due_local, due_zone, message, comment)
        SELECT id, 1, 'open_ticket', clock_timestamp() + ($2 + $3 * row_number() OVER ()) * interval '1 ms', now(), 'UTC', 'Bom dia!', 'due'
          FROM places RETURNING id),
     history AS (INSERT INTO schedule_history (schedule_id, kind) SELECT id, 'created' FROM saved)
     INSERT INTO audit (action, subject_id) SELECT 'schedule.created', id FROM saved`,
    [count, from, every],
  );
}

/** How many of those are done, and the greatest lateness in ms. */
export async function done(database) {
  const [row] = await database.sql(
    `SELECT count(*) FILTER (WHERE status = 'completed')::int AS completed, count(*) FILTER (WHERE status = 'scheduled')::int AS left,
            count(*) FILTER (WHERE status NOT IN ('completed', 'scheduled'))::int AS others,
            extract(epoch FROM max(finished_at - due_at)) * 1000 AS latest,
            extract(epoch FROM max(finished_at) - min(due_at)) AS seconds
       FROM schedules WHERE comment = 'due'`,
  );
  return row;
}
