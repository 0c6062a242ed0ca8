"""A mail server for tests: smtp.py FOLDER

It takes mails for every address and delivers them into FOLDER/<name>/Maildir, where Dovecot finds them; <name> is the
part of the address before the "@" and the "+". Some names are a script: "rcpt-550", "data-451" and "dot-552" are refused
with that code at that step; "hang-rcpt", "hang-dot" and "drop-dot" hang or break the connection there. "drop-dot" has
taken the mail when it breaks the connection.

Everybody signs in with the password "secret". The first line of the output is the port. It ends with its input.
"""

import asyncio
import os
import sys
import uuid

from aiosmtpd.smtp import SMTP, AuthResult

# The account of Debian and others that owns nothing.
NOBODY = 65534

CODES = {"421": "4.3.2", "451": "4.3.0", "550": "5.1.1", "552": "5.3.4"}


def name_of(address):
    return address.split("@")[0].split("+")[0]


def refusal(name, step):
    code = name.removeprefix(step + "-")
    return f"{code} {CODES[code]} refused for the test" if name.startswith(step + "-") else None


class Handler:
    def __init__(self, folder):
        self.folder = folder

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = name_of(address)
        if name == "hang-rcpt":
            await asyncio.sleep(3600)
        if refused := refusal(name, "rcpt"):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server, session, envelope):
        for address in envelope.rcpt_tos:
            name = name_of(address)
            if name == "hang-dot":
                await asyncio.sleep(3600)
            if refused := refusal(name, "dot"):
                return refused
            self.deliver(name, address, envelope)
            if name == "drop-dot":
                server.transport.abort()
        return "250 2.0.0 delivered"

    def deliver(self, name, address, envelope):
        home = os.path.join(self.folder, name)
        maildir = os.path.join(home, "Maildir")
        folders = [home, maildir, *(os.path.join(maildir, part) for part in ["tmp", "new", "cur"])]
        for folder in folders:
            os.makedirs(folder, exist_ok=True)
            self.give(folder)
        unique = uuid.uuid4().hex
        head = f"Return-Path: <{envelope.mail_from}>\r\nDelivered-To: {address}\r\n"
        with open(os.path.join(maildir, "tmp", unique), "xb") as file:
            file.write(head.encode() + envelope.original_content)
        self.give(os.path.join(maildir, "tmp", unique))
        # A mail appears whole, or not at all.
        os.rename(os.path.join(maildir, "tmp", unique), os.path.join(maildir, "new", unique))


    def give(self, path):
        """Dovecot reads no mail as root."""
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)


class Server(SMTP):
    async def smtp_DATA(self, arg):
        for address in self.envelope.rcpt_tos:
            if refused := refusal(name_of(address), "data"):
                await self.push(refused)
                return
        await super().smtp_DATA(arg)


def check(server, session, envelope, mechanism, data):
    return AuthResult(success=data.password == b"secret")


async def main():
    handler = Handler(sys.argv[1])

    def connection():
        return Server(
            handler, hostname="localhost", auth_require_tls=False, authenticator=check, enable_SMTPUTF8=True
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    os._exit(0)


asyncio.run(main())
