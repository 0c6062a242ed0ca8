"""A mail server for tests: scripted.py PORT LMTP_PORT [starttls|tls CERTIFICATE KEY]

It takes mails for every address and hands them to Dovecot by LMTP. Some names are a script, where the name is the part
of the address before the "@": "rcpt-550", "data-451" and "dot-552" are refused with that code at that step; "drop-dot"
breaks the connection there, and has taken the mail.

Everybody signs in with the password "senha-dos-testes", or with XOAUTH2 and any token that begins with "token-".
"""

import asyncio
import base64
import logging
import smtplib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, MISSING

CODES = {"421": "4.3.2", "451": "4.3.0", "550": "5.1.1", "552": "5.3.4"}

# aiosmtpd warns of what it will remove itself.
logging.disable(logging.WARNING)

PORT, LMTP_PORT = map(int, sys.argv[1:3])
SECURITY = sys.argv[3] if len(sys.argv) > 3 else None


def name_of(address):
    return address.split("@")[0].split("+")[0]


def refusal(name, step):
    code = name.removeprefix(step + "-")
    return f"{code} {CODES[code]} refused for the test" if name.startswith(step + "-") else None


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if refused := refusal(name_of(address), "rcpt"):
            return refused
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server, session, envelope):
        for address in envelope.rcpt_tos:
            if refused := refusal(name_of(address), "dot"):
                return refused
        try:
            await asyncio.to_thread(deliver, envelope.mail_from, envelope.rcpt_tos, envelope.original_content)
        except smtplib.SMTPRecipientsRefused as error:
            [(code, text), *_] = error.recipients.values()
            return f"{code} {text.decode()}"
        if any(name_of(address) == "drop-dot" for address in envelope.rcpt_tos):
            server.transport.abort()
        return "250 2.0.0 delivered"

    async def auth_XOAUTH2(self, server, arguments):
        answer = base64.b64decode(arguments[1]) if len(arguments) > 1 else await server.challenge_auth("")
        if answer is MISSING:
            return AuthResult(success=False)
        is_good = b"auth=Bearer token-" in answer
        if not is_good:
            # The error is a challenge, which the client answers with nothing.
            await server.challenge_auth('{"status":"401"}')
        return AuthResult(success=is_good)


def deliver(sender, recipients, content):
    with smtplib.LMTP("127.0.0.1", LMTP_PORT) as dovecot:
        dovecot.sendmail(sender or "<>", recipients, content)


class Server(SMTP):
    async def smtp_DATA(self, arg):
        for address in self.envelope.rcpt_tos:
            if refused := refusal(name_of(address), "data"):
                await self.push(refused)
                return
        await super().smtp_DATA(arg)


def check(server, session, envelope, mechanism, data):
    return AuthResult(success=data.password == b"senha-dos-testes")


async def main():
    context = None
    if SECURITY:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*sys.argv[4:6])

    def connection():
        return Server(
            Handler(),
            hostname="localhost",
            enable_SMTPUTF8=True,
            tls_context=context if SECURITY == "starttls" else None,
            require_starttls=SECURITY == "starttls",
            auth_require_tls=SECURITY == "starttls",
            authenticator=check,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", PORT, ssl=context if SECURITY == "tls" else None)
    await server.serve_forever()


asyncio.run(main())
