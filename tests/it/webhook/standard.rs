//! The independent implementation of Standard Webhooks (npm) agrees with ours, in both directions.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use super::{Sending, WHSEC, channels, desk, message, post, state_of, ticket_of, write};
use crate::harness::until;

const DOCUMENT: &str = include_str!("../../../docs/webhook.md");

/// Runs a program of JavaScript that may import the packages of this project.
fn node(program: &str, variables: &[(&str, &str)]) -> Child {
    let mut child = Command::new("node")
        .args(["--input-type=module", "-"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs (bin/setup installs it)");
    child.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    child
}

/// The example of the documentation, running.
struct Example {
    process: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Example {
    fn start() -> Self {
        let program = DOCUMENT.split("```js\n").nth(1).unwrap().split("```").next().unwrap();
        let mut process = node(program, &[("PONTUAL_SECRET", WHSEC), ("PORT", "0")]);
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[actix_web::test]
async fn the_documented_receiver_takes_our_messages_and_refuses_forged_ones() {
    let app = desk().await;
    let mut example = Example::start();
    let port = example.line().rsplit(' ').next().unwrap().to_owned();
    let url = format!("http://127.0.0.1:{port}/");
    channels(&app, &[url.clone(), url]);
    let other = pontual::channels::webhook::SECRET;
    let forged = super::secrets(&[(other, super::OTHER_WHSEC)]);
    let sealed = app.shared.channel_secrets.encrypt(pontual::ids::ChannelId(412), &forged).unwrap();
    app.database
        .execute(&format!("UPDATE channels SET secrets = '\\x{}' WHERE id = 412", hex::encode(sealed)));
    let bruno = app.attendant().await;
    let good = write(&app, &bruno, ticket_of(&app, 411_000), "Seu pedido saiu para entrega").await;
    let bad = write(&app, &bruno, ticket_of(&app, 412_000), "Falsa").await;
    let sending = Sending::start(&app);
    until(|| state_of(&app, good) == "sent" && state_of(&app, bad) == "queued channel_broken");
    drop(sending);
    assert_eq!(example.line(), "Cliente 411: Seu pedido saiu para entrega");
}

#[actix_web::test]
async fn what_the_other_implementation_signs_is_accepted() {
    let app = desk().await;
    let channel = channels(&app, &["http://127.0.0.1:9/".to_owned()])[0];
    let body = message("marta-7", "Olá, tudo bem?");
    let program = "import { Webhook } from 'standardwebhooks';
        console.log(new Webhook(process.env.SECRET).sign('evt_1', new Date(process.env.AT * 1000), process.env.BODY));";
    let at = chrono::Utc::now().timestamp().to_string();
    let signing =
        node(program, &[("SECRET", WHSEC), ("AT", &at), ("BODY", &body)]).wait_with_output().unwrap();
    let signature = String::from_utf8(signing.stdout).unwrap().trim().to_owned();
    let headers =
        [("webhook-id", "evt_1".to_owned()), ("webhook-timestamp", at), ("webhook-signature", signature)];
    assert_eq!(post(&app, channel, &headers, &body).await, 200);
}
