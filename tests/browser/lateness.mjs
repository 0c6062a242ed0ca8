// Measures lateness. Set PONTUAL_BIN (an optimised build) and CHROMIUM, then run:
//   node tests/browser/lateness.mjs [schedules] [seconds]
// Inserts schedules with sub-second due times directly, spread over the seconds, with the spacing off.
// Measures the time from each due time to the commit (its NOTIFY, received here) and to the notice on the
// attendant's page. A bare timer in this process shows the machine's minimum.

import { person, signIn, startChromium, startPontual } from "./harness.mjs";

const count = Number(process.argv[2] ?? 200);
const seconds = Number(process.argv[3] ?? 60);
const pontual = await startPontual();
const browser = await startChromium();

try {
  await pontual.sql("UPDATE settings SET spacing_minutes = 0");
  await pontual.sql("UPDATE schedules SET due_at = due_at + interval '30 days' WHERE status = 'scheduled'");
  const { page } = await person(browser, pontual);
  await signIn(page, "bruno");
  await page.goto("/notifications");
  await page.evaluate(() => {
    globalThis.seen = {};
    const region = document.querySelector("[data-toasts]");
    new MutationObserver((changes) => {
      const now = performance.timeOrigin + performance.now();
      for (const { addedNodes } of changes)
        for (const node of addedNodes) if (node.dataset?.toast) globalThis.seen[node.dataset.toast] ??= now;
    }).observe(region, { childList: true });
  });
  const commits = new Map();
  await pontual.listen("pontual_live", (payload) => {
    const { schedules_changed: ids = [] } = JSON.parse(payload);
    const now = performance.timeOrigin + performance.now();
    for (const id of ids) if (!commits.has(String(id))) commits.set(String(id), now);
  });

  await pontual.sql(`
    WITH contact AS (
      INSERT INTO contacts (channel_id, name)
      SELECT (SELECT min(id) FROM channels), 'Contato ' || n FROM generate_series(1, ${count}) n RETURNING id
    ), schedule AS (
      INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, message, comment)
      SELECT c.id, (SELECT id FROM departments WHERE name = 'Suporte'), (SELECT id FROM users WHERE email = 'bruno@pontual.example'),
             'open_ticket_and_notify', due, due AT TIME ZONE 'UTC', 'UTC', 'Olá', 'Medida'
        FROM contact c CROSS JOIN LATERAL (SELECT clock_timestamp() + interval '3 seconds' + random() * c.id / c.id * interval '${seconds} seconds' AS due) d
      RETURNING id
    ), history AS (INSERT INTO schedule_history (schedule_id, kind) SELECT id, 'created' FROM schedule)
    INSERT INTO audit (action, subject_id) SELECT 'schedule.created', id FROM schedule`);

  const floor = [];
  const end = Date.now() + (seconds + 5) * 1000;
  while (Date.now() < end) {
    const due = performance.now() + 250;
    await new Promise((resolve) => setTimeout(resolve, 250));
    floor.push(performance.now() - due);
  }

  const rows = await pontual.sql(`
    SELECT s.id, s.status, extract(epoch FROM s.due_at) * 1000 AS due, n.id AS notification
      FROM schedules s LEFT JOIN notifications n ON n.schedule_id = s.id WHERE s.comment = 'Medida'`);
  const seen = await page.evaluate(() => globalThis.seen);
  const since = (times, key) => rows.map((row) => times(row[key]) - Number(row.due)).filter((value) => !Number.isNaN(value));
  console.log(`completed ${rows.filter((row) => row.status === "completed").length} of ${rows.length}`);
  report("due to commit", since((id) => commits.get(String(id)) ?? NaN, "id"));
  report("due to notice on the page", since((id) => seen[String(id)] ?? NaN, "notification"));
  report("bare timer of this process", floor);
} finally {
  await browser.close();
  await pontual.stop();
}

function report(name, values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]?.toFixed(2);
  console.log(`${name}: n ${sorted.length}, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`);
}
