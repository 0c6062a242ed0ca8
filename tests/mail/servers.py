"""Mail servers on loopback for tests: servers.py [--without-postfix], or servers.py --check

Dovecot keeps the mail and serves it by IMAP. Postfix takes mail and delivers it to Dovecot by LMTP. Postfix needs root;
where it cannot run, aiosmtpd (scripted.py) does its part, and the tests say so. aiosmtpd runs in any case, for refusals
that no real server makes on demand. A small provider of OAuth tokens (provider.py) is asked by Dovecot too.

Everybody at mail.example signs in with the password "senha-dos-testes", and every name there has an account except "ninguem". The
certificates are for the name "localhost", by an authority of their own.

The first line of the output is a JSON object with the ports. The servers end with the input. With --check, nothing is
started: the script fails with the reason if the servers cannot run here.
"""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# The account of Debian and others that owns nothing. Dovecot reads no mail as root.
NOBODY = pwd.getpwnam("nobody")


def main():
    if "--check" in sys.argv:
        check()
        return
    folder = tempfile.mkdtemp(prefix="pontual-mail-")
    # Postfix' and Dovecot's own accounts enter it.
    os.chmod(folder, 0o755)
    running = []
    try:
        ports = start(folder, running)
        print(json.dumps({"folder": folder, **ports}), flush=True)
        sys.stdin.buffer.read()
    finally:
        for server in reversed(running):
            server.send_signal(signal.SIGTERM)
        for server in running:
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def check():
    for program in ["dovecot", "openssl"]:
        if not shutil.which(program):
            raise SystemExit(f"{program} is not installed")
    version = subprocess.run(["dovecot", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    if not version.startswith("2.3."):
        raise SystemExit(f"Dovecot {version} does not read settings written for 2.3")


def start(folder, running):
    names = ["imap", "imaps", "lmtp", "smtp", "submission", "submissions", "scripted", "provider"]
    ports = dict(zip(names, free_ports(len(names))))
    certify(folder)
    running.append(start_script("provider.py", ports["provider"], os.path.join(folder, "tokens.jsonl")))
    running.append(start_script("scripted.py", ports["scripted"], ports["lmtp"]))
    running.append(start_dovecot(folder, ports))
    has_postfix = can_run_postfix() and "--without-postfix" not in sys.argv
    if has_postfix:
        running.append(start_postfix(folder, ports))
    else:
        files = [os.path.join(folder, name) for name in ["server.pem", "server.key"]]
        ports["smtp"] = ports["scripted"]
        running.append(start_script("scripted.py", ports["submission"], ports["lmtp"], "starttls", *files))
        running.append(start_script("scripted.py", ports["submissions"], ports["lmtp"], "tls", *files))
    for name, port in ports.items():
        wait_for(name, port)
    return {"has_postfix": has_postfix, "ca": os.path.join(folder, "ca.pem"), **ports}


def certify(folder):
    """Makes an authority, and a certificate for "localhost"."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Authority for tests")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    with open(os.path.join(folder, "extensions"), "w") as file:
        file.write("subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n")
    signed_by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "extensions"]
    openssl("x509", "-req", "-in", "server.csr", "-out", "server.pem", *signed_by)


def start_script(name, *arguments):
    return subprocess.Popen([sys.executable, os.path.join(HERE, name), *map(str, arguments)], stdin=subprocess.DEVNULL)


def start_dovecot(folder, ports):
    is_root = os.geteuid() == 0
    user = NOBODY.pw_name if is_root else pwd.getpwuid(os.geteuid()).pw_name
    group = subprocess.run(["id", "-gn", user], check=True, capture_output=True, text=True).stdout.strip()
    os.mkdir(os.path.join(folder, "mail"))
    if is_root:
        os.chown(os.path.join(folder, "mail"), NOBODY.pw_uid, NOBODY.pw_gid)
    write(f"{folder}/no-account", "ninguem@mail.example:\n")
    write(
        f"{folder}/oauth.conf",
        f"""
        introspection_mode = post
        introspection_url = http://127.0.0.1:{ports["provider"]}/introspect
        force_introspection = yes
        username_attribute = username
        active_attribute = active
        active_value = true
        """,
    )
    write(
        f"{folder}/dovecot.conf",
        f"""
        base_dir = {folder}/run
        state_dir = {folder}/state
        log_path = {folder}/dovecot.log
        protocols = imap lmtp
        listen = 127.0.0.1
        default_internal_user = {user}
        default_internal_group = {group}
        default_login_user = {user}
        mail_location = maildir:~/Maildir

        ssl = yes
        ssl_cert = <{folder}/server.pem
        ssl_key = <{folder}/server.key
        disable_plaintext_auth = no

        auth_mechanisms = plain login xoauth2
        auth_failure_delay = 0
        passdb {{
          driver = passwd-file
          args = {folder}/no-account
          deny = yes
        }}
        passdb {{
          driver = oauth2
          mechanisms = xoauth2
          args = {folder}/oauth.conf
        }}
        passdb {{
          driver = static
          args = password=senha-dos-testes
        }}
        # Whether an account exists is asked at the databases above.
        userdb {{
          driver = static
          args = uid={user} gid={group} home={folder}/mail/%n
        }}
        recipient_delimiter = +

        service imap-login {{
          chroot =
          inet_listener imap {{
            port = {ports["imap"]}
          }}
          inet_listener imaps {{
            port = {ports["imaps"]}
          }}
        }}
        service lmtp {{
          chroot =
          inet_listener lmtp {{
            port = {ports["lmtp"]}
          }}
        }}
        service anvil {{
          chroot =
          # Wrong passwords do not slow the tests down.
          unix_listener anvil-auth-penalty {{
            mode = 0
          }}
        }}
        service auth {{
          unix_listener auth-for-postfix {{
            mode = 0666
          }}
        }}
        protocol lmtp {{
          postmaster_address = postmaster@mail.example
        }}
        """,
    )
    return subprocess.Popen(["dovecot", "-F", "-c", f"{folder}/dovecot.conf"], stderr=subprocess.DEVNULL)


def can_run_postfix():
    if os.geteuid() != 0 or not shutil.which("postfix"):
        return False
    try:
        pwd.getpwnam("postfix")
        return True
    except KeyError:
        return False


def start_postfix(folder, ports):
    """Starts Postfix with a configuration, a spool and a log of its own. It neither reads nor changes the machine's."""

    config, queue, data = (f"{folder}/postfix", f"{folder}/queue", f"{folder}/data")
    for path in [config, queue, f"{queue}/pid"]:
        os.mkdir(path)
    owned = "active bounce corrupt defer deferred flush hold incoming maildrop private public saved trace".split()
    for path in [data, *(f"{queue}/{name}" for name in owned)]:
        os.mkdir(path)
        shutil.chown(path, "postfix")
    write(
        f"{config}/main.cf",
        f"""
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
syslog_name = postfix-for-tests
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.mail.example
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
mynetworks =
relay_domains = mail.example
lmtp_connection_cache_on_demand = no
relay_transport = lmtp:inet:127.0.0.1:{ports["lmtp"]}
default_transport = error:no mail leaves this machine
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_sasl_type = dovecot
smtpd_sasl_path = {folder}/run/auth-for-postfix
smtpd_tls_cert_file = {folder}/server.pem
smtpd_tls_key_file = {folder}/server.key
smtpd_tls_loglevel = 1
smtputf8_enable = yes
""",
    )
    # Our own clients must sign in, and only over TLS. Mail from outside comes in at the first port.
    ours = "-o smtpd_sasl_auth_enable=yes -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
    write(
        f"{config}/master.cf",
        f"""
127.0.0.1:{ports["smtp"]} inet n - n - - smtpd
127.0.0.1:{ports["submission"]} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt {ours}
127.0.0.1:{ports["submissions"]} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes {ours}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
""",
    )
    query = subprocess.run(["postconf", "-d", "-h", "daemon_directory"], check=True, capture_output=True, text=True)
    return subprocess.Popen([f"{query.stdout.strip()}/master", "-c", config, "-d"])


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [it.getsockname()[1] for it in sockets]
    for it in sockets:
        it.close()
    return ports


def wait_for(name, port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"the server {name} does not listen")


main()
