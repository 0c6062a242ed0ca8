//! Mail servers on loopback: Dovecot for IMAP, and aiosmtpd, which delivers into Dovecot's folders, for SMTP.
//!
//! `bin/test` installs them and names the Python that has aiosmtpd in PONTUAL_MAIL_PYTHON. Without it, the tests that need
//! these servers say so and do nothing.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::harness::{Folder, until};

/// Everybody's password at the servers.
pub const PASSWORD: &str = "secret";

/// The account of Debian and others that owns nothing. Dovecot reads no mail as root.
const NOBODY: u32 = 65_534;

pub struct MailServers {
    python: PathBuf,
    folder: Folder,
    smtp: Child,
    imap: Child,
    pub smtp_port: u16,
    pub imap_port: u16,
}

impl MailServers {
    /// Starts the servers; `None` if they are not installed.
    pub fn start() -> Option<Self> {
        let Some(python) = std::env::var_os("PONTUAL_MAIL_PYTHON").map(PathBuf::from) else {
            eprintln!("skipped: bin/test installs the mail servers that this test needs");
            return None;
        };
        let folder = Folder::new();
        std::fs::create_dir_all(folder.path().join("mail")).unwrap();
        if is_root() {
            for path in [folder.path().to_owned(), folder.path().join("mail")] {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let mut smtp = Command::new(&python)
            .arg(script("smtp.py"))
            .arg(folder.path().join("mail"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(smtp.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let imap_port = free_port();
        let imap = start_dovecot(folder.path(), imap_port);
        until(|| TcpStream::connect(("127.0.0.1", imap_port)).is_ok());
        Some(Self { python, folder, smtp, imap, smtp_port: port.trim().parse().unwrap(), imap_port })
    }

    /// The newest mail of an account, as an independent IMAP client fetches it; empty if there is none.
    pub fn newest(&self, name: &str) -> Vec<u8> {
        let mut client = Command::new(&self.python);
        client.arg(script("fetch.py")).arg(self.imap_port.to_string()).arg(name);
        let output = client.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// How many mails lie in an account.
    pub fn count(&self, name: &str) -> usize {
        let maildir = self.folder.path().join("mail").join(name).join("Maildir");
        ["new", "cur"].iter().filter_map(|part| std::fs::read_dir(maildir.join(part)).ok()).flatten().count()
    }

    /// Sends a mail to an account, as a customer's program does.
    pub fn send(&self, from: &str, to: &str, mail: &str) {
        let code = "import smtplib, sys\n\
                    s = smtplib.SMTP('127.0.0.1', int(sys.argv[1]))\n\
                    s.sendmail(sys.argv[2], [sys.argv[3]], sys.argv[4].replace('\\n', '\\r\\n').encode())\n\
                    s.quit()";
        let mut client = Command::new(&self.python);
        client.args(["-c", code, &self.smtp_port.to_string(), from, to, mail]);
        assert!(client.status().unwrap().success());
    }
}

impl Drop for MailServers {
    fn drop(&mut self) {
        self.smtp.kill().ok();
        self.smtp.wait().ok();
        // Dovecot ends its own children at SIGTERM.
        // SAFETY: the child has not been waited for, so the id is still its own.
        unsafe { libc::kill(self.imap.id() as i32, libc::SIGTERM) };
        self.imap.wait().ok();
    }
}

fn start_dovecot(folder: &Path, port: u16) -> Child {
    let folder = folder.display();
    let (user, group) = if is_root() {
        ("nobody".to_owned(), group_of_nobody())
    } else {
        (output("id", "-un"), output("id", "-gn"))
    };
    let settings = format!(
        "base_dir = {folder}/run\nstate_dir = {folder}/state\nlog_path = {folder}/dovecot.log\n\
         protocols = imap\nlisten = 127.0.0.1\nssl = no\ndisable_plaintext_auth = no\n\
         default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}\n\
         mail_location = maildir:~/Maildir\n\
         service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {port}\n  }}\n\
         \u{20} inet_listener imaps {{\n    port = 0\n  }}\n}}\n\
         service anvil {{\n  chroot =\n}}\n\
         passdb {{\n  driver = static\n  args = password={PASSWORD}\n}}\n\
         userdb {{\n  driver = static\n  args = uid={user} gid={group} home={folder}/mail/%n\n}}\n"
    );
    let path = Path::new(&folder.to_string()).join("dovecot.conf");
    std::fs::write(&path, settings).unwrap();
    let mut command = Command::new("dovecot");
    command.arg("-F").arg("-c").arg(path).stderr(Stdio::null()).spawn().expect("bin/test installs Dovecot")
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail").join(name)
}

fn is_root() -> bool {
    // SAFETY: the call has no conditions.
    unsafe { libc::geteuid() == 0 }
}

fn group_of_nobody() -> String {
    output("id", "-gn nobody")
}

fn output(program: &str, arguments: &str) -> String {
    let output = Command::new(program).args(arguments.split(' ')).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
