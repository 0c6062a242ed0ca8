//! The phases of an attempt, against a server that follows a script.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::super::compose::tests::{outgoing, settings};
use super::super::ids::tests::options;
use super::*;
use crate::channels::{ChannelKind, TimeLimits};
use crate::config::FileLocation;
use crate::outbox::outcome::{Outcome, Reason, outcome};

/// What the server does at a command.
#[derive(Clone, Copy, Debug)]
enum Act {
    Reply(&'static str),
    Hang,
    Drop,
}

/// Serves one connection. `at` is the command that `act` answers; the empty text is the greeting, and "." the content.
/// All others succeed. Returns the mail.
async fn serve(listener: TcpListener, at: &'static str, act: Act) -> Vec<u8> {
    let (stream, _) = listener.accept().await.unwrap();
    let mut stream = BufReader::new(stream);
    let mut mail = Vec::new();
    let mut command = String::new();
    loop {
        let usual = match command.get(..4).unwrap_or("").to_ascii_uppercase().as_str() {
            "" if command.is_empty() => "220 hello\r\n",
            "EHLO" => "250-hello\r\n250 AUTH PLAIN XOAUTH2\r\n",
            "AUTH" => "235 welcome\r\n",
            "DATA" => "354 go on\r\n",
            "QUIT" => "221 bye\r\n",
            _ => "250 fine\r\n",
        };
        let is_here = if at.is_empty() { command.is_empty() } else { command.starts_with(at) };
        let reply = match act {
            Act::Reply(reply) if is_here => reply,
            Act::Hang if is_here => {
                tokio::time::sleep(Duration::from_secs(5)).await;
                return mail;
            }
            Act::Drop if is_here => return mail,
            _ => usual,
        };
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return mail;
        }
        let is_content = command.starts_with("DATA") && reply.starts_with("354");
        command.clear();
        if is_content {
            while !mail.ends_with(b"\r\n.\r\n") {
                if stream.read_until(b'\n', &mut mail).await.unwrap_or(0) == 0 {
                    return mail;
                }
            }
            command.push('.');
        } else if stream.read_line(&mut command).await.unwrap_or(0) == 0 {
            return mail;
        }
    }
}

fn store() -> (Files, std::path::PathBuf) {
    let folder = std::env::temp_dir().join(format!("pontual-mail-{}", uuid::Uuid::new_v4()));
    (Files::open(&FileLocation::Directory(folder.clone()), &folder).unwrap(), folder)
}

async fn attempt(at: &'static str, act: Act) -> (Attempt, Vec<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(serve(listener, at, act));
    let mut transport = transport(port);
    transport.options.time_limits =
        TimeLimits { step: Duration::from_millis(300), attempt: Duration::from_millis(900) };
    let (files, folder) = store();
    let attempt = transport.hand_over(&outgoing(), &files).await;
    std::fs::remove_dir_all(folder).unwrap();
    server.abort();
    (attempt, server.await.unwrap_or_default())
}

fn transport(port: u16) -> EmailTransport {
    let settings = EmailSettings {
        smtp_host: "127.0.0.1".to_owned(),
        smtp_port: port,
        smtp_security: Security::None,
        user: "contato".to_owned(),
        ..settings()
    };
    EmailTransport::new(ChannelId(3), settings, Secrets::default(), options()).unwrap()
}

fn meaning(attempt: &Attempt) -> Outcome {
    outcome(ChannelKind::Email, attempt.phase, attempt.signal)
}

#[tokio::test]
async fn a_mail_that_the_server_takes_is_accepted() {
    let (attempt, _) = attempt(".", Act::Reply("250 2.0.0 queued as 4711\r\n")).await;
    assert_eq!(meaning(&attempt), Outcome::Accepted);
    assert_eq!(attempt.detail, "250 2.0.0 queued as 4711");
    assert!(attempt.provider_id.unwrap().ends_with("@pontual.example"));
}

#[tokio::test]
async fn each_refusal_is_told_with_the_servers_words() {
    for (at, reply, expected) in [
        ("", "421 busy\r\n", Outcome::NotSent(Reason::Unreachable)),
        ("", "554 go away\r\n", Outcome::NotSent(Reason::ChannelBroken)),
        ("AUTH", "535 5.7.8 wrong password\r\n", Outcome::NotSent(Reason::ChannelBroken)),
        ("AUTH", "334 eyJzdGF0dXMiOiI0MDAifQ==\r\n", Outcome::NotSent(Reason::ChannelBroken)),
        ("MAIL", "451 later\r\n", Outcome::NotSent(Reason::RateLimited)),
        ("MAIL", "552 too large\r\n", Outcome::Rejected(Reason::TooLarge)),
        ("RCPT", "450 greylisted\r\n", Outcome::NotSent(Reason::RateLimited)),
        ("RCPT", "550-5.1.1 no such\r\n550 5.1.1 user\r\n", Outcome::Rejected(Reason::RefusedRecipient)),
        ("DATA", "554 no\r\n", Outcome::Rejected(Reason::RefusedContent)),
        ("DATA", "250 odd\r\n", Outcome::NotSent(Reason::Unreachable)),
        (".", "451 later\r\n", Outcome::NotSent(Reason::RateLimited)),
        (".", "550 spam\r\n", Outcome::Rejected(Reason::RefusedContent)),
        (".", "552 too large\r\n", Outcome::Rejected(Reason::TooLarge)),
    ] {
        let (attempt, _) = attempt(at, Act::Reply(reply)).await;
        assert_eq!(meaning(&attempt), expected, "{at} {reply} {attempt:?}");
        if at != "AUTH" {
            assert!(attempt.detail.starts_with(&reply[..3]), "{attempt:?}");
        }
    }
}

#[tokio::test]
async fn only_silence_after_the_content_leaves_the_result_unknown() {
    for at in ["", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"] {
        for act in [Act::Hang, Act::Drop] {
            let (attempt, _) = attempt(at, act).await;
            assert_eq!(meaning(&attempt), Outcome::NotSent(Reason::Unreachable), "{at} {act:?} {attempt:?}");
        }
    }
    for act in [Act::Hang, Act::Drop] {
        let (attempt, _) = attempt(".", act).await;
        assert_eq!(meaning(&attempt), Outcome::Unknown(Reason::NoAnswer), "{act:?} {attempt:?}");
        assert_eq!(attempt.phase, Phase::AfterWrite);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_or_not_allowed_or_without_tls_is_told_apart() {
    let (files, folder) = store();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let tried = transport(port).hand_over(&outgoing(), &files).await;
    assert_eq!(tried.signal, Signal::NoConnection, "{tried:?}");
    let mut private = transport(port);
    private.options.allows_private_addresses = false;
    let tried = private.hand_over(&outgoing(), &files).await;
    assert_eq!(tried.signal, Signal::AddressRefused, "{tried:?}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut plain = transport(listener.local_addr().unwrap().port());
    plain.settings.smtp_security = Security::StartTls;
    let server = tokio::spawn(serve(listener, "XXXX", Act::Drop));
    let tried = plain.hand_over(&outgoing(), &files).await;
    assert_eq!(tried.signal, Signal::NoTls, "{tried:?}");
    server.abort();
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn the_test_says_what_it_found() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(serve(listener, "XXXX", Act::Drop));
    let found = transport(port).test().await.unwrap();
    assert!(found.starts_with(&format!("Envio: 127.0.0.1, porta {port}, sem conexão segura; ")), "{found}");
    server.abort();
    let found = transport(port).test().await.unwrap_err();
    assert!(found.starts_with("Envio: o servidor 127.0.0.1 não atende na porta"), "{found}");
}
