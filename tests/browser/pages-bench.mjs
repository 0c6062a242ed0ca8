// How fast the pages are: node tests/browser/pages-bench.mjs <url> [seconds]
//
// Signs in as the demonstration's administrator and as an attendant, and asks for each page over 16
// connections that stay open; prints a Markdown table. The reference is GET /healthz of the same server,
// which does nothing. On loopback only: the demonstration's passwords are known.

import http from "node:http";

const CONNECTIONS = 16;
const PASSWORD = "demonstracao";
const MOST = 200_000; // requests for one page

const base = new URL(process.argv[2] ?? "http://127.0.0.1:8080");
const seconds = Number(process.argv[3] ?? 3);
if (!["127.0.0.1", "localhost", "[::1]"].includes(base.hostname)) throw new Error("the benchmark asks loopback only");

/** One request; its status, headers and body. */
function ask(agent, path, { method = "GET", headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(path, base), { agent, method, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
      answer.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** The cookies of somebody signed in. */
async function signIn(agent, name) {
  const jar = new Map();
  const keep = ({ headers }) => (headers["set-cookie"] ?? []).forEach((line) => jar.set(...line.split(";")[0].split(/=(.*)/s).slice(0, 2)));
  const cookie = () => [...jar].map(([key, value]) => `${key}=${value}`).join("; ");
  const page = await ask(agent, "/login");
  keep(page);
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)[1];
  const form = new URLSearchParams({ csrf, email: `${name}@pontual.example`, password: PASSWORD }).toString();
  const headers = { cookie: cookie(), "content-type": "application/x-www-form-urlencoded", origin: base.origin };
  const answer = await ask(agent, "/login", { method: "POST", headers, body: form });
  if (answer.status !== 303) throw new Error(`${name} cannot sign in: ${answer.status}`);
  keep(answer);
  return cookie();
}

/** Asks for one page as fast as it comes; milliseconds of each answer, sorted. */
async function measure(agent, path, cookie) {
  const headers = cookie ? { cookie } : {};
  const first = await ask(agent, path, { headers });
  if (first.status !== 200) return { status: first.status };
  const times = [];
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  let failures = 0;
  const run = async () => {
    while (performance.now() < end && times.length < MOST) {
      const start = performance.now();
      const { status } = await ask(agent, path, { headers });
      if (status !== 200) failures += 1;
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, run));
  const rate = times.length / ((performance.now() - begin) / 1_000);
  times.sort((a, b) => a - b);
  return { status: 200, size: first.body.length, rate, failures, at: (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))] };
}

const decode = (text) => text.replaceAll("&amp;", "&").replaceAll("&#38;", "&");

/** The first link of a page that matches. */
async function link(agent, cookie, path, pattern) {
  const { body } = await ask(agent, path, { headers: { cookie } });
  const found = pattern.exec(body);
  return found && decode(found[1]);
}

/** The pages of one person: what it is called, and its address, if there is one. */
async function pages(agent, cookie) {
  const find = (path, pattern) => link(agent, cookie, path, pattern);
  const older = await find("/schedules", /href="(\/schedules\?[^"]*after=[^"]+)"/);
  const deep = older?.replace(/after=(\d+)-(\d+)/, (_, at, id) => `after=${BigInt(at) - 31_000_000_000_000n}-${id >> 1}`);
  return [
    ["Agendamentos", "/schedules"],
    ["Agendamentos, um ano atrás", deep],
    ["Agendamentos, concluídos", "/schedules?status=completed"],
    ["Agendamentos, com erro", "/schedules?status=failed"],
    ["Agendamentos, busca", "/schedules?q=silva"],
    ["Agendamento", await find("/schedules?status=completed", /href="(\/schedules\/\d+)"/)],
    ["Novo agendamento", "/schedules/new"],
    ["Calendário, mês", "/schedules/calendar"],
    ["Calendário, semana", "/schedules/calendar?view=week"],
    ["Busca de contato no formulário", "/schedules/new/contacts?q=silva"],
    ["Conversas", "/tickets"],
    ["Conversa", await find("/tickets", /href="(\/tickets\/\d+)"/)],
    ["Notificações", "/notifications"],
    ["Notificações, erros", "/notifications?filter=errors"],
    ["Painel do sino", "/notifications/panel"],
    ["Contatos", "/contacts"],
    ["Contatos, busca", "/contacts?q=silva"],
    ["Contato", await find("/contacts", /href="(\/contacts\/\d+)"/)],
    ["Pessoas", "/people"],
    ["Pessoas, busca", "/people?q=silva"],
    ["Atendentes", "/users"],
    ["Departamentos", "/departments"],
    ["Cargos", "/roles"],
    ["Auditoria", "/audit"],
    ["Empresa", "/settings"],
    ["Ajuda", "/help"],
    ["Perfil", "/profile"],
  ].filter(([, path]) => path);
}

const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const number = (value, digits = 1) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const row = (name, who, path, { size, rate, at }) =>
  `| ${name} | ${who} | \`${path}\` | ${number(at(0.5))} | ${number(at(0.99))} | ${number(rate, 0)} | ${number(size / 1024, 0)} |`;

const lines = ["| page | who | address | p50, ms | p99, ms | answers/s | KiB |", "|---|---|---|---:|---:|---:|---:|"];
console.log(lines.join("\n"));
const reference = await measure(agent, "/healthz");
console.log(row("reference", "", "/healthz", reference));
const left = [];
for (const who of ["admin", "bruno"]) {
  const cookie = await signIn(agent, who);
  for (const [name, path] of await pages(agent, cookie)) {
    const result = await measure(agent, path, cookie);
    if (result.status !== 200) left.push(`${path} (${who}): ${result.status}`);
    else console.log(row(name, who, path, result));
    if (result.failures) left.push(`${path} (${who}): ${result.failures} answers were not 200`);
  }
}
console.log(`\n${CONNECTIONS} connections, ${seconds} s each.`);
if (left.length) console.log(`Not measured: ${left.join("; ")}.`);
agent.destroy();
