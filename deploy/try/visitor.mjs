// A browser's HTTP: cookies, the CSRF token, and streams.

import { Agent, request } from "node:http";
import { randomUUID } from "node:crypto";

import { ADMIN } from "./platform.mjs";

export class Visitor {
  agent = new Agent({ keepAlive: true });
  cookies = new Map();
  csrf = "";

  constructor(url) {
    this.url = url;
  }

  get cookie() {
    return [...this.cookies].map((pair) => pair.join("=")).join("; ");
  }

  /** The same visitor, at another address. */
  at(url) {
    return Object.assign(new Visitor(url), { cookies: new Map(this.cookies), csrf: this.csrf });
  }

  send(method, path, { body, type, headers = {} } = {}) {
    return new Promise((resolve, reject) => {
      const content = body ? { "content-type": type, "content-length": Buffer.byteLength(body) } : {};
      const call = request(this.url + path, { method, agent: this.agent, timeout: 20_000, headers: { cookie: this.cookie, ...content, ...headers } });
      call.on("timeout", () => call.destroy(new Error("no answer")));
      call.on("error", reject);
      call.on("response", async (answer) => {
        try {
          const text = Buffer.concat(await answer.toArray());
          for (const line of answer.headers["set-cookie"] ?? []) {
            const [name, value] = line.split(";")[0].split(/=(.*)/);
            this.cookies.set(name, value);
          }
          const [, token] = /name="csrf" value="([^"]+)"/.exec(text) ?? [];
          if (token) this.csrf = token;
          resolve({ status: answer.statusCode, headers: answer.headers, body: text });
        } catch (error) {
          reject(error);
        }
      });
      call.end(body);
    });
  }

  get(path, headers) {
    return this.send("GET", path, { headers });
  }

  post(path, fields, headers) {
    const body = new URLSearchParams({ csrf: this.csrf, ...fields }).toString();
    return this.send("POST", path, { body, type: "application/x-www-form-urlencoded", headers });
  }

  async signIn() {
    await this.get("/login");
    const answer = await this.post("/login", ADMIN);
    if (answer.status !== 303) throw new Error(`the sign-in is answered ${answer.status}`);
    await this.get("/schedules");
    return this;
  }

  schedule(comment, due) {
    return this.post("/schedules", {
      form_key: randomUUID(), person_id: "", contact_id: "1", department_id: "1", attendant_id: "", action: "open_ticket",
      due_at: due, message: "Bom dia!", comment,
    });
  }

  async upload(content, name) {
    const edge = `-${randomUUID()}`;
    const head = `--${edge}\r\ncontent-disposition: form-data; name="csrf"\r\n\r\n${this.csrf}\r\n--${edge}\r\ncontent-disposition: form-data; name="files"; filename="${name}"\r\ncontent-type: application/pdf\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${edge}--\r\n`)]);
    return this.send("POST", "/uploads", { body, type: `multipart/form-data; boundary=${edge}`, headers: { "x-csrf-token": this.csrf } });
  }

  /** Opens a stream. Calls `heard(name, data)` for each event, and `ended()` at its end. */
  stream(path, heard, ended = () => {}) {
    return new Promise((resolve, reject) => {
      const call = request(this.url + path, { agent: false, headers: { cookie: this.cookie, accept: "text/event-stream" } });
      call.on("error", (error) => (reject(error), ended()));
      call.on("response", (answer) => {
        if (answer.statusCode !== 200) return reject(new Error(`the stream is answered ${answer.statusCode}`));
        let rest = "";
        answer.on("data", (bytes) => {
          const parts = (rest + bytes).split("\n\n");
          rest = parts.pop();
          for (const part of parts) {
            const [, name] = /^event: (.*)$/m.exec(part) ?? [];
            if (name) heard(name, /^data: (.*)$/m.exec(part)?.[1]);
          }
        });
        answer.on("close", ended);
        answer.on("error", () => {});
        resolve({ close: () => call.destroy() });
      });
      call.end();
    });
  }
}
