"""Sends the mail of its input: send.py PORT FROM TO"""

import smtplib
import sys

server = smtplib.SMTP("127.0.0.1", int(sys.argv[1]))
mail = sys.stdin.read().replace("\r\n", "\n").replace("\n", "\r\n")
server.sendmail(sys.argv[2], [sys.argv[3]], mail.encode())
server.quit()
