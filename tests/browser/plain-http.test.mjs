// Plain HTTP in a local network, from a host other than localhost: browsers then have no Web Locks. One
// tab still leads, and its events reach the others.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { person, signIn, startChromium, startPontual } from "./harness.mjs";

const HOST = "pontual.test";
let pontual;
let browser;
let ticket;

before(async () => {
  [pontual, browser] = await Promise.all([startPontual(), startChromium(`--host-resolver-rules=MAP ${HOST} 127.0.0.1`)]);
  await pontual.sql("UPDATE tickets SET seen_message_id = last_customer_message_id WHERE last_customer_message_id IS NOT NULL AND status = 'open'");
  [ticket] = await pontual.sql(
    `INSERT INTO tickets (contact_id, department_id)
     SELECT min(c.id), d.id FROM contacts c, departments d
      WHERE d.name = 'Suporte' AND NOT EXISTS (SELECT FROM tickets t WHERE t.contact_id = c.id AND t.status = 'open')
      GROUP BY d.id RETURNING id, contact_id`);
  pontual.url = pontual.url.replace("127.0.0.1", HOST);
});

after(async () => {
  await browser?.close();
  await pontual?.stop();
});

const leader = (page) => page.evaluate(() => JSON.parse(localStorage.getItem(`pontual-live-${document.body.dataset.user}-leader`))?.id);

/** A customer writes, so that the number beside "Conversas" appears. */
async function write() {
  await pontual.sql("INSERT INTO messages (contact_id, ticket_id, kind, body) VALUES ($1, $2, 'customer', 'Alô?')", [ticket.contact_id, ticket.id]);
  await pontual.sql("SELECT pg_notify('pontual_live', $1)", [JSON.stringify({ conversations_changed: [Number(ticket.contact_id)] })]);
}

test("one tab leads without Web Locks, and another one when it closes", { timeout: 90_000 }, async () => {
  const { page, context } = await person(browser, pontual);
  await signIn(page, "bruno");
  assert.equal(await page.evaluate(() => isSecureContext || "locks" in navigator), false, "the page must not be a secure context");
  const streaming = page.waitForRequest((request) => new URL(request.url()).pathname === "/live" && request.frame().url().endsWith("/notifications"));
  await page.goto("/notifications");
  await streaming;
  let streams = 0;
  context.on("request", (request) => new URL(request.url()).pathname === "/live" && (streams += 1));
  const second = await context.newPage();
  await second.goto("/notifications");
  await second.waitForFunction(() => sessionStorage.getItem(`pontual-bell-${document.body.dataset.user}`));
  assert.equal(streams, 0, "the second tab opens no stream");
  const first = await leader(page);

  const isShown = () => !document.querySelector("[data-unseen]").hidden;
  for (const tab of [page, second]) assert.equal(await tab.evaluate(isShown), false);
  await write();
  for (const tab of [page, second]) await tab.waitForFunction(isShown);

  await page.close();
  await second.bringToFront();
  await second.waitForFunction((id) => JSON.parse(localStorage.getItem(`pontual-live-${document.body.dataset.user}-leader`))?.id !== id, first);
  await second.evaluate(() => (document.querySelector("[data-unseen]").hidden = true));
  await write();
  await second.waitForFunction(isShown);
  await context.close();
});
