// The mail servers of tests/mail/servers.py for browser tests: Dovecot, and Postfix where it can run.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const MAIL_PASSWORD = "senha-dos-testes";

const script = (name) => fileURLToPath(new URL(`../mail/${name}`, import.meta.url));

/** Why there are no servers; `false` if there are. bin/test installs them and names their Python. */
export const NO_SERVERS = !process.env.PONTUAL_MAIL_PYTHON && "the mail servers are not installed; bin/test installs them";

/** Starts the servers. */
export async function startMail() {
  const python = process.env.PONTUAL_MAIL_PYTHON;
  const servers = spawn(python, [script("servers.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(createInterface(servers.stdout), "line");
  const ports = JSON.parse(line);
  if (!ports.has_postfix) console.log("Postfix cannot run here: aiosmtpd takes the mail and hands it to Dovecot by LMTP");
  const client = (name, ...options) => {
    const { status, stdout, stderr } = spawnSync(python, [script(name), ...options.slice(0, -1).map(String)], { input: options.at(-1), maxBuffer: 1 << 26 });
    if (status !== 0) throw new Error(`${name}: ${stderr}`);
    return stdout;
  };
  return {
    ...ports,
    /** The newest mail of an account as text, or an empty text. An independent IMAP client fetches it. */
    newest: (name) => client("fetch.py", ports.imap, name, "").toString("latin1"),
    /** Sends a mail as a customer's server does. */
    send: (from, to, mail) => client("send.py", ports.smtp, from, to, mail),
    async stop() {
      servers.stdin.end();
      await once(servers, "exit");
    },
  };
}

/** A mail's header, with its folded lines joined. */
export function header(mail, name) {
  const head = mail.split("\r\n\r\n")[0].replaceAll(/\r\n[ \t]+/g, " ");
  return head.match(new RegExp(`^${name}: (.*)$`, "im"))?.[1] ?? "";
}
