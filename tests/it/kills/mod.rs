//! The sender is killed with SIGKILL between the named steps of handing a message over, each on purpose, and counted. After
//! the next start nothing is lost, nothing comes in another order, and only what the promise allows comes twice.
//!
//! `bin/test` kills at each step once per channel. More: `PONTUAL_KILLS=100 bin/test rust kills:: -- --nocapture`, which
//! prints the table.

mod hold;
mod receivers;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use mail_parser::MessageParser;
use pontual::channels::webhook::SECRET;
use pontual::channels::{SecretCipher, email};
use pontual::ids::ChannelId;
use pontual::keys::Keys;
use sha2::{Digest, Sha256};

use crate::harness::{Folder, Serving, TestApp, Visitor, until};
use crate::webhook::{WHSEC, secrets, state_of, ticket_of, write};
use hold::Hold;
use receivers::{Received, Receiver};

const CHANNEL: i64 = 411;

/// The step at which the sender dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The row is leased and its attempt written, and the transaction is not committed.
    Leased,
    /// The attempt is committed, and no connection open.
    Attempted,
    /// The connection is open, and the receiver has read nothing.
    Connected,
    /// The receiver has read the beginning of the message.
    Writing,
    /// The receiver has read all of it, and has not answered.
    Written,
    /// The sender has read the answer, and its result is not committed.
    Answered,
    /// The result is committed, and the next message of the contact about to be leased.
    Recorded,
}

const STEPS: [Step; 7] = [
    Step::Leased,
    Step::Attempted,
    Step::Connected,
    Step::Writing,
    Step::Written,
    Step::Answered,
    Step::Recorded,
];

impl Step {
    /// How often the receiver has the message in the end.
    fn deliveries(self) -> usize {
        match self {
            Self::Written | Self::Answered => 2,
            _ => 1,
        }
    }

    /// The results of its attempts in the end.
    fn attempts(self) -> &'static [&'static str] {
        match self {
            Self::Leased | Self::Recorded => &["accepted "],
            _ => &["unknown interrupted", "accepted "],
        }
    }
}

/// How a channel is set up, and what its receiver's ledger shows.
struct Channel {
    kind: &'static str,
    address: &'static str,
    settings: fn(port: u16) -> String,
    secret: (&'static str, &'static str),
    /// The id, text, and hash of the file of a message, as it came.
    read: fn(&Received, &Serving) -> Delivery,
}

#[derive(Clone, Debug, PartialEq)]
struct Delivery {
    id: String,
    text: String,
    file: Option<String>,
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

const WEBHOOK: Channel = Channel {
    kind: "webhook",
    address: "external",
    settings: |port| format!(r#"{{"url": "http://127.0.0.1:{port}/"}}"#),
    secret: (SECRET, WHSEC),
    read: |received, serving| {
        let event: serde_json::Value = serde_json::from_slice(&received.body).unwrap();
        let data = &event["data"];
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let file = data["files"].get(0).map(|file| {
            let url = url::Url::parse(file["url"].as_str().unwrap()).unwrap();
            let path = format!("{}?{}", url.path(), url.query().unwrap());
            let fetched = serving.download(&path, Duration::from_secs(20)).unwrap();
            assert_eq!(sha256(&fetched), file["sha256"], "the link gives what the event promised");
            sha256(&fetched)
        });
        assert_eq!(data["id"], received.id, "the key of a repetition is the id of the message");
        Delivery { id: received.id.clone(), text: text(&data["text"]), file }
    },
};

const EMAIL: Channel = Channel {
    kind: "email",
    address: "email",
    settings: |port| {
        format!(
            r#"{{"address": "contato@mail.example", "user": "", "smtp_host": "127.0.0.1", "smtp_port": {port},
                "smtp_security": "none"}}"#
        )
    },
    secret: (email::PASSWORD, ""),
    read: |received, _| {
        let mail = MessageParser::default().parse(&received.body).unwrap();
        Delivery {
            id: mail.message_id().unwrap().to_owned(),
            text: mail.body_text(0).unwrap().replace("\r\n", "\n").trim_end().to_owned(),
            file: mail.attachment(0).map(|file| sha256(file.contents())),
        }
    },
};

/// A company whose messages go to a receiver, in a process that is killed.
struct Trial {
    app: TestApp,
    /// The processes' data folder, which shares the files of `app`.
    data: Folder,
    channel: &'static Channel,
    receiver: Receiver,
    hold: Hold,
    attendant: Visitor,
    /// What was written, in order: the contact, text and hash of the file of each message.
    written: BTreeMap<i64, (i64, String, Option<String>)>,
}

impl Trial {
    async fn new(channel: &'static Channel) -> Self {
        let app = crate::webhook::desk().await;
        let receiver = match channel.kind {
            "email" => Receiver::of_mail(),
            _ => Receiver::of_webhooks(),
        };
        let cipher = SecretCipher::new(&Keys::new("x".repeat(32).into_bytes()).key("channel secrets"));
        let sealed = cipher.encrypt(ChannelId(CHANNEL), &secrets(&[channel.secret])).unwrap();
        app.database.execute(&format!(
            r"INSERT INTO channels (id, kind, name, default_department_id, settings, secrets)
              VALUES ({CHANNEL}, '{}', 'Serviço', 101, '{}', '\x{}')",
            channel.kind,
            (channel.settings)(receiver.port()),
            hex::encode(sealed)
        ));
        let hold = Hold::new(&app.database);
        let (attendant, data) = (app.attendant().await, Folder::new());
        std::fs::create_dir_all(data.path()).unwrap();
        std::os::unix::fs::symlink(app.folder.path(), data.path().join("files")).unwrap();
        Self { app, data, channel, receiver, hold, attendant, written: BTreeMap::new() }
    }

    fn serve(&self) -> Serving {
        let folder = self.data.path().to_str().unwrap();
        let variables = [
            ("DATABASE_URL", self.app.database.url.as_str()),
            ("PONTUAL_ALLOW_PRIVATE_ADDRESSES", "yes"),
            ("PONTUAL_DATA_DIR", folder),
        ];
        Serving::with(&variables, Stdio::null())
    }

    /// Writes three messages to a new contact while the channel is paused. The first has a file.
    async fn write(&mut self, round: usize) -> Vec<i64> {
        self.app.database.execute("UPDATE channel_states SET paused_at = now()");
        let contact = 411_001 + round as i64;
        self.app.database.execute(&format!(
            "INSERT INTO contacts (id, channel_id, name) VALUES ({contact}, {CHANNEL}, 'Cliente {round}');
             INSERT INTO contact_identities (contact_id, channel_id, kind, value)
             VALUES ({contact}, {CHANNEL}, '{}', 'cliente-{round}@mail.example')",
            self.channel.address
        ));
        let ticket = ticket_of(&self.app, contact);
        let file: Vec<u8> = format!("{round}: São João\n").repeat(20_000).into_bytes();
        self.app.keep(&file).await;
        let mut messages = Vec::new();
        for number in 1..=3 {
            let text = format!("Olá, cliente {round}!\nSegue a {number}ª mensagem: “à vista” ou em 3 vezes?");
            let message = write(&self.app, &self.attendant, ticket, &text).await;
            let hash = (number == 1).then(|| sha256(&file));
            if let Some(hash) = &hash {
                self.app.database.execute(&format!(
                    r"INSERT INTO attachments (sha256, file_name, message_id) VALUES ('\x{hash}', 'Orçamento.txt', {message})"
                ));
            }
            self.written.insert(message, (contact, text, hash));
            messages.push(message);
        }
        messages
    }

    /// Lets the channel send, kills the process when the first message is at `step`, and says what was stored then.
    fn kill_at(&self, step: Step, serving: Serving, first: i64) {
        let database = &self.app.database;
        self.hold.arm(step);
        self.receiver.arm(step);
        database.execute("UPDATE channel_states SET paused_at = NULL");
        self.wake();
        until(|| match step {
            Step::Leased | Step::Attempted | Step::Answered | Step::Recorded => self.hold.is_reached(),
            Step::Connected | Step::Writing | Step::Written => self.receiver.is_reached(),
        });
        drop(serving);
        self.hold.release();
        self.receiver.release();
        let stored = database.texts(&format!(
            "SELECT concat(o.state, ' ', count(a.id), ' ', count(a.ended_at)) AS value
               FROM outbox o LEFT JOIN outbox_attempts a ON a.message_id = o.message_id
              WHERE o.message_id = {first} GROUP BY o.state"
        ));
        let expected = match step {
            Step::Leased => "queued 0 0",
            Step::Recorded => "sent 1 1",
            _ => "queued 1 0",
        };
        assert_eq!(stored, [expected], "{step:?}");
    }

    fn wake(&self) {
        self.app.database.execute(r#"SELECT pg_notify('pontual_live', '"messages_queued"')"#);
    }

    /// Lets the leases of the dead process end, and waits until all is sent by the next one.
    fn send_the_rest(&self, messages: &[i64]) -> Serving {
        self.app.database.execute("UPDATE outbox SET leased_until = now() WHERE lease IS NOT NULL");
        let serving = self.serve();
        until(|| {
            self.app.database.execute(
                "UPDATE outbox SET next_attempt_at = now() WHERE state = 'queued' AND lease IS NULL",
            );
            self.wake();
            messages.iter().all(|message| state_of(&self.app, *message) == "sent")
        });
        serving
    }

    fn attempts(&self, message: i64) -> Vec<String> {
        self.app.database.texts(&format!(
            "SELECT concat(outcome, ' ', reason) AS value FROM outbox_attempts
              WHERE message_id = {message} ORDER BY number"
        ))
    }

    /// Compares the receiver's ledger with what was written and what the promise allows.
    fn compare(&self, victims: &[(Step, i64)], serving: &Serving) {
        let ledger: Vec<Delivery> =
            self.receiver.ledger().iter().map(|received| (self.channel.read)(received, serving)).collect();
        let key = |message: i64| {
            let sql = format!("SELECT provider_id AS value FROM outbox WHERE message_id = {message}");
            self.app.database.texts(&sql).remove(0)
        };
        for (message, (_, text, file)) in &self.written {
            let id = key(*message);
            let of_message: Vec<_> = ledger.iter().filter(|delivery| delivery.id == id).collect();
            let step = victims.iter().find(|(_, victim)| victim == message).map(|(step, _)| *step);
            assert_eq!(of_message.len(), step.map_or(1, Step::deliveries), "{step:?}");
            let expected = Delivery { id, text: text.clone(), file: file.clone() };
            assert!(of_message.iter().all(|delivery| **delivery == expected), "{of_message:?}");
            assert_eq!(self.attempts(*message), step.map_or(&["accepted "][..], Step::attempts), "{step:?}");
        }
        let repeated: usize = victims.iter().map(|(step, _)| step.deliveries() - 1).sum();
        assert_eq!(ledger.len(), self.written.len() + repeated, "nothing came that was not written");
        self.compare_order(&ledger);
    }

    /// A message comes after all those of its contact that were written before it.
    fn compare_order(&self, ledger: &[Delivery]) {
        let mut last = BTreeMap::new();
        for delivery in ledger {
            let (message, (contact, ..)) =
                self.written.iter().find(|(_, (_, text, _))| *text == delivery.text).unwrap();
            let before = last.insert(*contact, *message).unwrap_or(0);
            assert!(before <= *message, "{delivery:?} came too late");
        }
    }
}

/// Half of `PONTUAL_KILLS`, for one of two channels; each step once without it.
fn kills() -> usize {
    let all = std::env::var("PONTUAL_KILLS").ok().and_then(|kills| kills.parse::<usize>().ok());
    all.map_or(STEPS.len(), |all| all.div_ceil(2))
}

async fn kill_between_all_steps(channel: &'static Channel) {
    let mut trial = Trial::new(channel).await;
    let (mut victims, mut counted) = (Vec::new(), BTreeMap::<Step, usize>::new());
    let mut serving = trial.serve();
    for round in 0..kills() {
        let step = STEPS[round % STEPS.len()];
        println!("{} {round}: {step:?}", channel.kind);
        let messages = trial.write(round).await;
        trial.kill_at(step, serving, messages[0]);
        serving = trial.send_the_rest(&messages);
        victims.push((step, messages[0]));
        *counted.entry(step).or_default() += 1;
    }
    trial.compare(&victims, &serving);
    drop(serving);
    trial.app.check();
    for (step, kills) in counted {
        println!(
            "{:8} {kills:3} kills when {step:?}: each message received {} time(s), none lost, in order",
            channel.kind,
            step.deliveries()
        );
    }
}

#[actix_web::test]
async fn a_killed_sender_of_webhooks_keeps_its_promise_at_each_step() {
    kill_between_all_steps(&WEBHOOK).await;
}

#[actix_web::test]
async fn a_killed_sender_of_mail_keeps_its_promise_at_each_step() {
    kill_between_all_steps(&EMAIL).await;
}
