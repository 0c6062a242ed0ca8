//! A mail server on this machine: it acts as a test tells it to, and keeps a ledger of the mails that it read.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server does at a step.
#[derive(Clone, Copy, Debug)]
pub enum SmtpAct {
    Reply(&'static str),
    Hang,
    Drop,
}

type Script = Box<dyn FnMut(&str) -> Option<SmtpAct> + Send>;

pub struct SmtpServer {
    port: u16,
    ledger: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl SmtpServer {
    /// `script` gets each command, the empty text for the greeting and "." for the content. All succeeds that it says
    /// nothing about.
    pub fn acting(script: impl FnMut(&str) -> Option<SmtpAct> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (ledger, script) =
            (Arc::<Mutex<Vec<_>>>::default(), Arc::new(Mutex::new(Box::new(script) as Script)));
        let of_threads = ledger.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (ledger, script) = (of_threads.clone(), script.clone());
                thread::spawn(move || serve(&mut BufReader::new(stream), &ledger, &script));
            }
        });
        Self { port, ledger }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The mails that were read to their end, whatever was answered then.
    pub fn ledger(&self) -> Vec<Vec<u8>> {
        self.ledger.lock().unwrap().clone()
    }
}

/// `None` if the connection ends.
fn serve(
    stream: &mut BufReader<TcpStream>,
    ledger: &Mutex<Vec<Vec<u8>>>,
    script: &Mutex<Script>,
) -> Option<()> {
    let mut command = String::new();
    loop {
        let usual = match command.get(..4).unwrap_or("") {
            "" if command.is_empty() => "220 localhost",
            "DATA" => "354 go on",
            _ => "250 fine",
        };
        let act = (script.lock().unwrap())(&command);
        let reply = match act {
            Some(SmtpAct::Reply(reply)) => reply,
            Some(SmtpAct::Hang) => {
                thread::sleep(Duration::from_secs(60));
                return None;
            }
            Some(SmtpAct::Drop) => return None,
            None => usual,
        };
        stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).ok()?;
        if command.starts_with("DATA") && reply.starts_with("354") {
            let mail = mail(stream)?;
            ledger.lock().unwrap().push(mail);
            command = ".".to_owned();
        } else {
            command.clear();
            stream.read_line(&mut command).ok().filter(|read| *read > 0)?;
            command = command.trim_end().to_ascii_uppercase();
        }
    }
}

/// The mail before its final dot.
fn mail(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut mail = Vec::new();
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
        if line == b".\r\n" {
            return Some(mail);
        }
        mail.extend_from_slice(&line);
    }
}
