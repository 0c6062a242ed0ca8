// Addresses of every kind of page, in the demonstration company.

import { readFile } from "node:fs/promises";

/** Addresses of GET requests that return no page, written as in the table of routes (tests/it/routes.rs). */
const NO_PAGES = {
  "a way to another page": ["/", "/c/{token}"],
  "a part of a page": [
    "/schedules/attendants", "/schedules/users", "/schedules/slot-check", "/schedules/new/attendants", "/schedules/new/contact-warning",
    "/schedules/new/proposal", "/schedules/new/contacts", "/schedules/new/people", "/contacts/new/attendants", "/contacts/options",
    "/people/options", "/audit/users", "/settings/spacing-sentence", "/contacts/{id}/conversation/messages",
    "/c/{contact:[0-9]+}/messages", "/notifications/panel",
  ],
  "a file": [
    "/schedules/export.csv", "/contacts/export.csv", "/contacts/import/template", "/contacts/imports/{id}/errors",
    "/contacts/imports/{id}/leftovers", "/audit/export", "/files/{id}/{name}", "/c/{contact:[0-9]+}/files/{id}/{name}", "/logo/{hash}",
    "/chat-colours/{colour}.css", "/assets/{version}/{path:.*}",
  ],
  "for programs": ["/tickets/unseen", "/webhook-files/{hash}/{name}", "/healthz", "/readyz", "/.well-known/security.txt"],
};

/** Pages of the table of routes that none of `addresses` belongs to. */
export async function pagesLeftOut(addresses) {
  const table = await readFile(new URL("../it/routes.rs", import.meta.url), "utf8");
  const routes = [...table.matchAll(/\("GET", "([^"]+)", \[/g)].map(([, route]) => route);
  if (routes.length < 50) throw new Error("the table of routes in tests/it/routes.rs cannot be read");
  const others = new Set(Object.values(NO_PAGES).flat());
  const gone = [...others].filter((route) => !routes.includes(route));
  if (gone.length > 0) throw new Error(`no such routes: ${gone}`);
  const literal = (text) => text.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&");
  const pattern = (route) => new RegExp(`^${route.split(/\{[^}]*\}/).map(literal).join("[^/]+")}$`);
  const paths = addresses.map((address) => new URL(address, "http://localhost").pathname);
  // A path such as /users/new has its own route: "new" is no id.
  const takes = (route, path) => (routes.includes(path) ? path === route : pattern(route).test(path));
  return routes.filter((route) => !others.has(route) && !paths.some((path) => takes(route, path)));
}

/** Adds the kinds of connections that the demonstration company does not have, each with trouble to show. Returns their ids. */
async function addConnections(pontual) {
  const ids = [];
  for (const [kind, name, settings] of [
    ["email", "E-mail da loja", { address: "loja@pontual.example", user: "loja@pontual.example", smtp_host: "smtp.pontual.example", smtp_port: 465 }],
    ["webhook", "Sistema da loja", { url: "https://sistema.pontual.example/eventos" }],
  ]) {
    const [{ id }] = await pontual.sql(
      "INSERT INTO channels (kind, name, default_department_id, settings) SELECT $1, $2, min(id), $3 FROM departments RETURNING id",
      [kind, name, settings],
    );
    await pontual.sql(
      `UPDATE channel_states SET failing_since = now(), last_error = 'o servidor não atende na porta 465', last_success_at = now(),
              receiving_failing_since = now(), receiving_error = 'o servidor não deixou loja@pontual.example entrar'
        WHERE channel_id = $1`, [id]);
    await pontual.sql("INSERT INTO inbox (channel_id, provider_id, payload, problem) VALUES ($1, 'r1', '', 'Um e-mail não pôde ser buscado.')", [id]);
    ids.push(id);
  }
  return ids;
}

/** Pages that a signed-in administrator may open. */
export async function administratorPages(pontual) {
  const one = async (sql) => (await pontual.sql(sql))[0].id;
  const open = await one("SELECT id FROM tickets WHERE status = 'open' ORDER BY id LIMIT 1");
  const closed = await one("SELECT id FROM tickets WHERE status = 'closed' ORDER BY id LIMIT 1");
  const role = await one("SELECT id FROM roles WHERE name = 'Atendente'");
  const administrators = await one("SELECT id FROM roles WHERE is_administrator");
  const contact = await one("SELECT contact_id AS id FROM tickets WHERE status = 'open' ORDER BY id LIMIT 1");
  const user = await one("SELECT id FROM users WHERE email LIKE 'bruno@%'");
  const gone = await one("SELECT id FROM users ORDER BY (deactivated_at IS NULL), id DESC LIMIT 1");
  const department = await one("SELECT id FROM departments WHERE name = 'Suporte'");
  const person = await one("SELECT min(id) AS id FROM people");
  const schedules = await pontual.sql("SELECT min(id) AS id FROM schedules GROUP BY status ORDER BY id");
  const ticked = schedules.map(({ id }) => `id=${id}`).join("&");
  const failed = await one("SELECT id FROM schedules WHERE status = 'failed' ORDER BY id LIMIT 1");
  const pending = await one("SELECT id FROM schedules WHERE status = 'scheduled' ORDER BY due_at DESC LIMIT 1");
  const connections = await addConnections(pontual);
  return [
    "/schedules", "/schedules?status=scheduled", "/schedules?q=a&department_id=1&period=month", "/schedules?q=zebra", "/schedules?delivery=failed",
    "/schedules/calendar", "/schedules/calendar?view=week", `/schedules/cancellations?${ticked}`, `/schedules/${pending}/time`,
    "/schedules/new", `/schedules/new?contact_id=${contact}`,
    ...schedules.map(({ id }) => `/schedules/${id}`), `/schedules/${schedules[0].id}/cancellation`,
    `/schedules/${pending}/edit`, `/schedules/${pending}/dispatch`, `/schedules/new?from=${failed}`,
    "/tickets", `/tickets/${open}`, `/tickets/${closed}`, `/contacts/${contact}/conversation`,
    "/settings", "/settings/unspaced-schedules", "/settings/moved-clocks", "/settings/retention",
    "/channels", "/channels/new", "/channels/new?kind=web_chat", "/channels/new?kind=email", "/channels/new?kind=webhook", "/channels/1", "/channels/1/deactivation",
    ...connections.flatMap((id) => [`/channels/${id}`, `/channels/${id}/deactivation`]),
    "/audit", "/audit?group=access&until=2000-01-01", "/help",
    "/contacts", "/contacts?q=nada", "/contacts/new", `/contacts/${contact}`, `/contacts/${contact}/edit`,
    `/contacts/${contact}/archival`, `/contacts/${contact}/merge`, `/contacts/${contact}/link-revocation`, `/contacts/${contact}/anonymisation`,
    "/contacts/import",
    "/people", "/people/new", `/people/${person}`, `/people/${person}/edit`, `/people/${person}/archival`,
    "/users", "/users?q=ninguem", "/users/new", `/users/${user}`, `/users/${user}/deactivation`, `/users/${gone}/reactivation`,
    "/departments", "/departments/new", `/departments/${department}?q=a`, `/departments/${department}/deactivation`,
    "/profile", "/notifications", "/notifications?filter=unread", "/notifications?filter=errors",
    "/roles", "/roles/new", `/roles/${role}`, `/roles/${role}/deletion`, `/roles/${administrators}`, "/nowhere",
  ];
}
