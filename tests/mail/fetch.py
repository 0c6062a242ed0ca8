"""Prints the newest mail of an account, by IMAP: fetch.py PORT NAME. An independent client: Python's own."""

import imaplib
import sys

server = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
server.login(f"{sys.argv[2]}@mail.example", "senha-dos-testes")
_, [count] = server.select("INBOX", readonly=True)
if int(count):
    _, [(_, mail), _] = server.fetch(count, "(BODY.PEEK[])")
    sys.stdout.buffer.write(mail)
server.logout()
