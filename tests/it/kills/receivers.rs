//! Receivers on this machine that keep a ledger, and hold a message at a step until they are released.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use super::Step;

/// Bytes of a mail that are read before the receiver holds it as "being written".
const BEGINNING: usize = 64 * 1024;

/// A message that was read to its end.
#[derive(Clone, Debug)]
pub struct Received {
    /// The key of a repetition, where the protocol has one beside the message.
    pub id: String,
    pub body: Vec<u8>,
}

#[derive(Default)]
struct State {
    armed: Option<Step>,
    is_reached: bool,
    ledger: Vec<Received>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    released: Condvar,
}

impl Shared {
    /// Holds the connection if this step is armed. Returns `None` when it is released: the sender is dead then.
    fn pass(&self, step: Step) -> Option<()> {
        let mut state = self.state.lock().unwrap();
        if state.armed != Some(step) {
            return Some(());
        }
        state.is_reached = true;
        while state.armed.is_some() {
            state = self.released.wait(state).unwrap();
        }
        None
    }

    fn take(&self, id: String, body: Vec<u8>) {
        self.state.lock().unwrap().ledger.push(Received { id, body });
    }
}

pub struct Receiver {
    port: u16,
    shared: Arc<Shared>,
}

impl Receiver {
    pub fn of_webhooks() -> Self {
        Self::serving(|stream, shared| {
            serve_request(stream, shared);
        })
    }

    pub fn of_mail() -> Self {
        Self::serving(|stream, shared| {
            serve_mail(stream, shared);
        })
    }

    fn serving(serve: fn(&mut BufReader<TcpStream>, &Shared)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, shared) = (listener.local_addr().unwrap().port(), Arc::<Shared>::default());
        let of_threads = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = of_threads.clone();
                thread::spawn(move || {
                    if shared.pass(Step::Connected).is_some() {
                        serve(&mut BufReader::new(stream), &shared);
                    }
                });
            }
        });
        Self { port, shared }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn arm(&self, step: Step) {
        let mut state = self.shared.state.lock().unwrap();
        (state.armed, state.is_reached) = (Some(step), false);
    }

    pub fn is_reached(&self) -> bool {
        self.shared.state.lock().unwrap().is_reached
    }

    pub fn release(&self) {
        self.shared.state.lock().unwrap().armed = None;
        self.shared.released.notify_all();
    }

    pub fn ledger(&self) -> Vec<Received> {
        self.shared.state.lock().unwrap().ledger.clone()
    }
}

fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    (stream.read_line(&mut line).ok()? > 0).then_some(line)
}

/// Reads one request and answers it. Each one has a connection of its own, so that all can be held when they connect. `None`
/// if the connection ends before.
fn serve_request(stream: &mut BufReader<TcpStream>, shared: &Shared) -> Option<()> {
    let (mut length, mut id) = (0, String::new());
    loop {
        let line = line(stream)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            match line.trim_end().is_empty() {
                true => break,
                false => continue,
            }
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "webhook-id" => id = value.to_owned(),
            _ => {}
        }
    }
    shared.pass(Step::Writing)?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    shared.take(id, body);
    shared.pass(Step::Written)?;
    stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").ok()
}

fn serve_mail(stream: &mut BufReader<TcpStream>, shared: &Shared) -> Option<()> {
    let say = |stream: &mut BufReader<TcpStream>, reply: &str| {
        stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).ok()
    };
    say(stream, "220 localhost")?;
    loop {
        let command = line(stream)?.to_ascii_uppercase();
        match command.get(..4).unwrap_or_default() {
            "DATA" => {
                say(stream, "354 go on")?;
                let mail = mail(stream, shared)?;
                shared.take(String::new(), mail);
                shared.pass(Step::Written)?;
                say(stream, "250 2.0.0 taken")?;
            }
            "QUIT" => {
                say(stream, "221 bye")?;
                return None;
            }
            _ => say(stream, "250 fine")?,
        }
    }
}

/// The mail before its final dot.
fn mail(stream: &mut BufReader<TcpStream>, shared: &Shared) -> Option<Vec<u8>> {
    let (mut mail, mut is_whole) = (Vec::new(), false);
    let mut has_passed = false;
    while !is_whole {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
        is_whole = line == b".\r\n";
        if !is_whole {
            // https://www.rfc-editor.org/rfc/rfc5321#section-4.5.2
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        if !has_passed && (mail.len() >= BEGINNING || is_whole) {
            has_passed = true;
            shared.pass(Step::Writing)?;
        }
    }
    Some(mail)
}
