//! The mail servers of `tests/mail/servers.py`, one set for all tests of a run. They end with this process.
//!
//! `bin/test` installs them and names the Python that has aiosmtpd in PONTUAL_MAIL_PYTHON. Without it, the tests that need
//! these servers say so and do nothing.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use serde::Deserialize;

/// Everybody's password at the servers.
pub const PASSWORD: &str = "senha-dos-testes";

/// The part of an address before the "@" that has no account.
pub const NOBODY: &str = "ninguem";

static SERVERS: LazyLock<Option<MailServers>> = LazyLock::new(MailServers::start);

/// What the script says.
#[derive(Deserialize)]
pub struct Ports {
    folder: PathBuf,
    /// The certificate of the authority that signed the servers'. Programs do not know it.
    pub ca: String,
    pub has_postfix: bool,
    /// Plain, and with STARTTLS.
    pub imap: u16,
    /// With TLS.
    pub imaps: u16,
    /// For mail from outside: plain, without signing in.
    pub smtp: u16,
    /// For our mail: with STARTTLS, and with TLS.
    pub submission: u16,
    pub submissions: u16,
    /// aiosmtpd, plain: it refuses what it is told to.
    pub scripted: u16,
    /// The provider of tokens.
    pub provider: u16,
}

pub struct MailServers {
    python: PathBuf,
    pub ports: Ports,
    /// Its input stays open until this process ends.
    _script: Child,
}

impl MailServers {
    /// `None` if they are not installed.
    pub fn get() -> Option<&'static Self> {
        let servers = SERVERS.as_ref();
        if servers.is_none() {
            say("skipped: bin/test installs the mail servers that this test needs");
        }
        servers
    }

    fn start() -> Option<Self> {
        let python = PathBuf::from(std::env::var_os("PONTUAL_MAIL_PYTHON")?);
        let mut command = Command::new(&python);
        command.arg(script("servers.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ports: Ports = serde_json::from_str(&line).expect("the mail servers start");
        if !ports.has_postfix {
            say("Postfix cannot run here: aiosmtpd takes the mail and hands it to Dovecot by LMTP");
        }
        Some(Self { python, ports, _script: script })
    }

    /// The newest mail of an account, as an independent IMAP client fetches it; empty if there is none.
    pub fn newest(&self, name: &str) -> Vec<u8> {
        let mut client = Command::new(&self.python);
        client.arg(script("fetch.py")).arg(self.ports.imap.to_string()).arg(name);
        let output = client.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// How many mails lie in an account.
    pub fn count(&self, name: &str) -> usize {
        let maildir = self.ports.folder.join("mail").join(name).join("Maildir");
        ["new", "cur"].iter().filter_map(|part| std::fs::read_dir(maildir.join(part)).ok()).flatten().count()
    }

    /// Sends a mail to an account, as a customer's server does.
    pub fn send(&self, from: &str, to: &str, mail: &str) {
        let mut client = Command::new(&self.python);
        client.arg(script("send.py")).arg(self.ports.smtp.to_string()).args([from, to]).stdin(Stdio::piped());
        let mut client = client.spawn().unwrap();
        client.stdin.take().unwrap().write_all(mail.as_bytes()).unwrap();
        assert!(client.wait().unwrap().success());
    }

    /// The address at which the provider gives tokens for a user. The name decides how it behaves: see `provider.py`.
    pub fn token_url(&self, name: &str, user: &str) -> String {
        format!("http://127.0.0.1:{}/token/{name}/{user}", self.ports.provider)
    }

    /// Ends all access tokens of a name.
    pub fn withdraw(&self, name: &str) {
        let code = "import sys, urllib.request\nurllib.request.urlopen(sys.argv[1], data=b'')";
        let url = format!("http://127.0.0.1:{}/withdraw/{name}", self.ports.provider);
        assert!(Command::new(&self.python).args(["-c", code, &url]).status().unwrap().success());
    }

    /// What the provider was asked for by a name: grant, refresh token, outcome.
    pub fn grants(&self, name: &str) -> Vec<String> {
        let ledger = std::fs::read_to_string(self.ports.folder.join("tokens.jsonl")).unwrap_or_default();
        let lines = ledger.lines().map(|line| serde_json::from_str::<[String; 4]>(line).unwrap());
        lines.filter(|line| line[0] == name).map(|line| line[1..].join(" ")).collect()
    }
}

/// Says something on the terminal, also if the test passes.
fn say(what: &str) {
    writeln!(std::io::stderr(), "{what}").ok();
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail").join(name)
}
