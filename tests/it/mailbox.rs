//! Several processes and one mailbox: one of them watches it, and another takes over when that one is gone.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pontual::channels::email::{PASSWORD, fetch};
use pontual::channels::{Secrets, TransportOptions};
use pontual::ids::ChannelId;

use crate::harness::{TestApp, until};

#[derive(Default)]
struct State {
    sign_ins: usize,
    fetched: usize,
    mails: Vec<String>,
    /// Mails with this text are not given.
    withheld: Option<(&'static str, Withheld)>,
}

#[derive(Clone, Copy)]
enum Withheld {
    /// The server answers NO.
    Refused,
    /// It says nothing of the size.
    WithoutSize,
    /// The connection breaks.
    Interrupted,
}

/// A small IMAP server: enough for what the product asks.
struct ImapServer {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl ImapServer {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, state) = (listener.local_addr().unwrap().port(), Arc::<Mutex<State>>::default());
        let of_threads = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = of_threads.clone();
                thread::spawn(move || serve(stream, &state));
            }
        });
        Self { port, state }
    }

    fn receive(&self, mail: &str) {
        self.state.lock().unwrap().mails.push(mail.replace('\n', "\r\n"));
    }

    fn sign_ins(&self) -> usize {
        self.state.lock().unwrap().sign_ins
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut writer = stream.try_clone().ok()?;
    let mut say = |text: String| writer.write_all(text.as_bytes()).ok();
    say("* OK ready\r\n".to_owned())?;
    let mut reader = BufReader::new(stream);
    let mut seen = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let (tag, command) = line.trim_end().split_once(' ')?;
        let command = command.to_ascii_uppercase();
        let words: Vec<&str> = command.split(' ').collect();
        let mut ending = format!("{tag} OK done\r\n");
        match (words[0], words.get(1).copied().unwrap_or_default()) {
            ("LOGIN", _) => state.lock().unwrap().sign_ins += 1,
            ("CAPABILITY", _) => say("* CAPABILITY IMAP4rev1 IDLE\r\n".to_owned())?,
            ("EXAMINE", _) => {
                let count = state.lock().unwrap().mails.len();
                seen = count;
                say(format!(
                    "* {count} EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT {}] next\r\n",
                    count + 1
                ))?;
            }
            ("UID", "SEARCH") => {
                seen = state.lock().unwrap().mails.len();
                let all: Vec<_> = (1..=seen).map(|uid| uid.to_string()).collect();
                say(format!("* SEARCH {}\r\n", all.join(" ")))?;
            }
            ("UID", "FETCH") => {
                let uid: usize = words[2].parse().ok()?;
                let mail = state.lock().unwrap().mails.get(uid - 1)?.clone();
                let withheld = state.lock().unwrap().withheld;
                if let Some((_, how)) = withheld.filter(|(text, _)| mail.contains(text)) {
                    match how {
                        Withheld::Refused => ending = format!("{tag} NO not this one\r\n"),
                        Withheld::WithoutSize => say(format!("* {uid} FETCH (UID {uid})\r\n"))?,
                        Withheld::Interrupted => return None,
                    }
                } else if command.contains("BODY.PEEK") {
                    state.lock().unwrap().fetched += 1;
                    say(format!("* {uid} FETCH (UID {uid} BODY[] {{{}}}\r\n{mail})\r\n", mail.len()))?;
                } else {
                    say(format!("* {uid} FETCH (UID {uid} RFC822.SIZE {})\r\n", mail.len()))?;
                }
            }
            ("IDLE", _) => {
                say("+ idling\r\n".to_owned())?;
                while state.lock().unwrap().mails.len() == seen {
                    thread::sleep(Duration::from_millis(10));
                }
                say(format!("* {} EXISTS\r\n", seen + 1))?;
                reader.read_line(&mut String::new()).ok().filter(|read| *read > 0)?;
            }
            ("LOGOUT", _) => ending = format!("* BYE\r\n{ending}"),
            _ => {}
        }
        say(ending)?;
    }
}

fn add_channel(app: &TestApp, server: &ImapServer) {
    let mut secrets = Secrets::default();
    secrets.set(PASSWORD, "secret".to_owned());
    let sealed = app.shared.channel_secrets.encrypt(ChannelId(450), &secrets).unwrap();
    app.database.execute(&format!(
        r#"INSERT INTO channels (id, kind, name, default_department_id, settings, secrets) VALUES
             (450, 'email', 'E-mail', 101,
              '{{"address": "contato@mail.example", "user": "contato@mail.example", "smtp_host": "127.0.0.1",
                "smtp_port": 1, "imap_host": "127.0.0.1", "imap_port": {}, "imap_security": "none"}}', '\x{}')"#,
        server.port,
        hex::encode(sealed)
    ));
}

fn process(app: &TestApp) -> fetch::Fetching {
    let options = TransportOptions { allows_private_addresses: true, ..app.shared.transports.clone() };
    fetch::start(&app.database.url, app.shared.channel_secrets.clone(), options)
}

fn mail(number: u32) -> String {
    format!("From: raul@mail.example\nMessage-ID: <m{number}@mail.example>\n\nMensagem {number}\n")
}

#[actix_web::test]
async fn one_process_watches_a_mailbox_and_another_takes_over_when_it_dies() {
    let app = TestApp::new().await.with_made_up_rows("the channel has no history");
    let server = ImapServer::start();
    add_channel(&app, &server);
    let watchers = "SELECT count(watched_by) AS value FROM channel_states";
    let stored = |count: i64| {
        until(|| app.database.number("SELECT count(*) AS value FROM inbox") == count);
        assert_eq!(server.state.lock().unwrap().fetched as i64, count, "each mail is fetched once");
    };
    let first = process(&app);
    let is_read = "SELECT count(*) AS value FROM channel_states WHERE receiving ? 'uid'";
    until(|| app.database.number(is_read) == 1);
    let watcher = app
        .database
        .texts("SELECT watched_by::text AS value FROM channel_states WHERE watched_by IS NOT NULL");
    let second = process(&app);
    server.receive(&mail(1));
    stored(1);
    assert_eq!(server.sign_ins(), 1, "the second process leaves the mailbox alone");
    // The first one dies without a word; its watch runs out.
    first.stop();
    app.database.execute("UPDATE channel_states SET watched_until = now() WHERE watched_by IS NOT NULL");
    until(|| server.sign_ins() == 2);
    let heir = app
        .database
        .texts("SELECT watched_by::text AS value FROM channel_states WHERE watched_by IS NOT NULL");
    assert_ne!(watcher, heir);
    server.receive(&mail(2));
    stored(2);
    // This one says goodbye.
    second.stop();
    second.end_watch().await.unwrap();
    assert_eq!(app.database.number(watchers), 0);
}

#[actix_web::test]
async fn a_mail_that_the_server_refuses_is_shown_and_one_behind_a_broken_connection_is_not_given_up() {
    for how in [Withheld::Refused, Withheld::WithoutSize, Withheld::Interrupted] {
        let app = TestApp::new().await.with_made_up_rows("the channel has no history");
        let server = ImapServer::start();
        add_channel(&app, &server);
        let process = process(&app);
        until(|| {
            app.database.number("SELECT count(*) AS value FROM channel_states WHERE receiving ? 'uid'") == 1
        });
        server.state.lock().unwrap().withheld = Some(("Mensagem 1", how));
        server.receive(&mail(1));
        let failing =
            "SELECT count(receiving_failing_since) AS value FROM channel_states WHERE channel_id = 450";
        until(|| app.database.number(failing) == 1);
        let failures =
            "SELECT (receiving ->> 'failures')::bigint AS value FROM channel_states WHERE channel_id = 450";
        let counted = app.database.number(failures);
        // Two more refusals, without their pauses.
        app.database.execute(
            "UPDATE channel_states SET receiving = jsonb_set(receiving, '{failures}', '2') WHERE channel_id = 450",
        );
        if let Withheld::Interrupted = how {
            assert_eq!(counted, 0);
            until(|| server.sign_ins() == 2);
            server.state.lock().unwrap().withheld = None;
            until(|| app.database.number("SELECT count(*) AS value FROM inbox WHERE problem IS NULL") == 1);
        } else {
            assert_eq!(counted, 1);
            until(|| app.database.number("SELECT count(*) AS value FROM inbox WHERE problem <> ''") == 1);
        }
        process.stop();
    }
}
