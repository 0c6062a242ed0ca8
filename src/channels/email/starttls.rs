//! Encrypts a connection to an SMTP server by STARTTLS, before the first mail command.
//!
//! There is no way back to plain text: a server that does not offer STARTTLS, or sends more than its reply to it, gets
//! nothing from us. What it sends after the reply was not encrypted, and somebody on the way may have added it.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::connect::{self, ConnectFailure, MailStream, no_tls};
use crate::channels::transport::{Signal, SmtpStep};

/// Maximum length of a line, and lines of a reply.
const LONGEST_LINE: u64 = 2_000;
const MOST_LINES: usize = 100;

/// The greeting that we repeat to the mail library, because the server sends none after STARTTLS.
const GREETING: &[u8] = b"220 encrypted\r\n";

/// Returns the encrypted stream, which begins with the greeting. `name` is our host name.
pub async fn smtp(host: &str, stream: TcpStream, name: &str) -> Result<MailStream, ConnectFailure> {
    let mut dialogue = Dialogue { stream: BufReader::new(stream) };
    dialogue.expect(220, SmtpStep::Greeting).await?;
    let offers = dialogue.ask(&format!("EHLO {name}"), 250).await?;
    if !offers.iter().any(|offer| offer.eq_ignore_ascii_case("STARTTLS")) {
        return Err(no_tls(host, "o servidor não tem STARTTLS"));
    }
    dialogue.ask("STARTTLS", 220).await?;
    if !dialogue.stream.buffer().is_empty() {
        return Err(no_tls(host, "o servidor enviou dados sem proteção depois do STARTTLS"));
    }
    Ok(connect::tls(host, dialogue.stream.into_inner()).await?.preceded_by(GREETING))
}

struct Dialogue {
    stream: BufReader<TcpStream>,
}

impl Dialogue {
    async fn ask(&mut self, command: &str, code: u16) -> Result<Vec<String>, ConnectFailure> {
        self.stream.write_all(format!("{command}\r\n").as_bytes()).await.map_err(|_| closed())?;
        self.expect(code, SmtpStep::Hello).await
    }

    /// The lines of the next reply, without its code, which must be `code`.
    async fn expect(&mut self, code: u16, step: SmtpStep) -> Result<Vec<String>, ConnectFailure> {
        let mut lines = Vec::new();
        while lines.len() < MOST_LINES {
            let mut line = Vec::new();
            (&mut self.stream).take(LONGEST_LINE).read_until(b'\n', &mut line).await.map_err(|_| closed())?;
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let said = line.get(..3).and_then(|code| code.parse::<u16>().ok()).ok_or_else(closed)?;
            if said != code {
                return Err(ConnectFailure { signal: Signal::Smtp(step, said), detail: line });
            }
            lines.push(line.get(4..).unwrap_or_default().trim().to_owned());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(lines);
            }
        }
        Err(closed())
    }
}

fn closed() -> ConnectFailure {
    let detail = "o servidor encerrou a conexão ou não fala SMTP".to_owned();
    ConnectFailure { signal: Signal::Silence, detail }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// The failure when the server sends these replies, one per line that it receives.
    async fn failure(replies: &'static [&'static str]) -> ConnectFailure {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let served = tokio::spawn(async move {
            let mut stream = BufReader::new(listener.accept().await.unwrap().0);
            for reply in replies {
                stream.write_all(reply.as_bytes()).await.unwrap();
                stream.read_line(&mut String::new()).await.ok();
            }
        });
        let failure = smtp("localhost", client, "pontual.example").await.unwrap_err();
        served.abort();
        failure
    }

    #[tokio::test]
    async fn without_the_offer_or_with_more_than_the_reply_nothing_goes_on() {
        let none = failure(&["220 ready\r\n", "250-localhost\r\n250 AUTH PLAIN\r\n"]).await;
        assert_eq!(none.signal, Signal::NoTls);
        assert!(none.detail.ends_with("o servidor não tem STARTTLS"), "{}", none.detail);
        let injected =
            failure(&["220 ready\r\n", "250-localhost\r\n250 starttls\r\n", "220 go\r\n250 injected\r\n"])
                .await;
        assert_eq!(injected.signal, Signal::NoTls);
        assert!(injected.detail.contains("dados sem proteção"), "{}", injected.detail);
    }

    #[tokio::test]
    async fn a_refusal_keeps_its_code() {
        let busy = failure(&["421 busy\r\n"]).await;
        assert_eq!((busy.signal, busy.detail.as_str()), (Signal::Smtp(SmtpStep::Greeting, 421), "421 busy"));
        let refused = failure(&["220 ready\r\n", "250 STARTTLS\r\n", "454 not now\r\n"]).await;
        assert_eq!(refused.signal, Signal::Smtp(SmtpStep::Hello, 454));
        let web = failure(&["HTTP/1.1 400 Bad Request\r\n"]).await;
        assert_eq!(web.signal, Signal::Silence);
    }
}
