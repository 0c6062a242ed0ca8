"""A provider of OAuth tokens for tests: provider.py PORT LEDGER

POST /token/NAME/USER answers like the token addresses of Microsoft 365 and Google; each token is USER's. The client is
"app" with the secret "app-secret"; the first refresh token is "first". What NAME begins with decides how it behaves:

- "rotating": a refresh token is good for one use, and each answer has the next one;
- "short": tokens are good for a second;
- "revoked": the refresh token is refused;
- "expired": the client's secret is refused.

POST /introspect tells Dovecot whose token it is. POST /withdraw/NAME ends all of NAME's tokens. A line of the ledger is
[name, grant, refresh token, outcome].
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs

lock = Lock()
tokens = {}  # token -> (name, user, end)
refresh_tokens = {}  # name -> the one that is good
count = 0


def grant(name, user, form):
    global count
    kind = form.get("grant_type", "")
    given = form.get("refresh_token", "")
    if form.get("client_id") != "app" or form.get("client_secret") != "app-secret" or name.startswith("expired"):
        return kind, given, {"error": "invalid_client", "error_description": "AADSTS7000222: The secret is expired."}
    if kind == "refresh_token" and (given != refresh_tokens.get(name, "first") or name.startswith("revoked")):
        return kind, given, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    if kind not in ["refresh_token", "client_credentials"]:
        return kind, given, {"error": "unsupported_grant_type"}
    count += 1
    lifetime = 1 if name.startswith("short") else 3600
    answer = {"access_token": f"token-{count}", "token_type": "Bearer", "expires_in": lifetime}
    tokens[answer["access_token"]] = (name, user, time.time() + lifetime)
    if kind == "refresh_token" and name.startswith("rotating"):
        answer["refresh_token"] = refresh_tokens[name] = f"next-{count}"
    return kind, given, answer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        path = self.path.strip("/").split("/")
        with lock:
            if path[0] == "token":
                kind, given, answer = grant(path[1], path[2], form)
                with open(sys.argv[2], "a") as ledger:
                    ledger.write(json.dumps([path[1], kind, given, answer.get("error", "fine")]) + "\n")
                self.answer(400 if "error" in answer else 200, answer)
            elif path[0] == "introspect":
                name, user, end = tokens.get(form.get("token"), ("", "", 0))
                self.answer(200, {"active": end > time.time(), "username": user})
            else:
                for token in [it for it, (name, *_) in tokens.items() if name == path[1]]:
                    del tokens[token]
                self.answer(200, {})

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
