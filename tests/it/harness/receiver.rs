//! A receiver of webhooks on this machine: it answers as a test tells it to, and keeps a ledger of what it got.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How the receiver treats a request.
#[derive(Clone, Debug)]
pub enum Answer {
    Status(u16),
    /// A status with one more header.
    With(u16, &'static str, String),
    /// Reads the request and never answers.
    Silence,
    /// Closes the connection after reading the request.
    Closing,
    /// Says 200 and promises 10 GB, which it sends for as long as somebody reads.
    Endless,
    /// Says 200 and sends one byte of the body after the other, for a minute.
    Drip,
}

/// A request, as it came.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub body: Vec<u8>,
}

impl Delivery {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> String {
        self.json()["data"]["text"].as_str().unwrap_or_default().to_owned()
    }
}

type Script = Box<dyn FnMut(&Delivery) -> Answer + Send>;

pub struct Receiver {
    address: SocketAddr,
    ledger: Arc<Mutex<Vec<Delivery>>>,
}

impl Receiver {
    /// Answers each request as `script` says. Each connection has its own thread.
    pub fn answering(script: impl FnMut(&Delivery) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (ledger, script) =
            (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Box::new(script) as Script)));
        let of_threads = ledger.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (ledger, script) = (of_threads.clone(), script.clone());
                thread::spawn(move || serve(stream, &ledger, &script));
            }
        });
        Self { address, ledger }
    }

    /// Gives every request the same answer.
    pub fn always(answer: Answer) -> Self {
        Self::answering(move |_| answer.clone())
    }

    pub fn url(&self) -> String {
        format!("http://{}/pontual", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn ledger(&self) -> Vec<Delivery> {
        locked(&self.ledger).clone()
    }

    pub fn texts(&self) -> Vec<String> {
        self.ledger().iter().map(Delivery::text).collect()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: TcpStream, ledger: &Mutex<Vec<Delivery>>, script: &Mutex<Script>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(delivery) = read(&mut reader) {
        locked(ledger).push(delivery.clone());
        let answer = locked(script)(&delivery);
        if !respond(&stream, &answer) {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Delivery> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(0) | Err(_) => return None,
            Ok(_) if line == "\r\n" => break,
            Ok(_) => head.push(line.trim_end().to_owned()),
        }
    }
    let header = |name: &str| {
        let named = head.iter().filter_map(|line| line.split_once(": "));
        named.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    };
    let mut body = vec![0; header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some(Delivery {
        id: header("webhook-id").unwrap_or_default(),
        timestamp: header("webhook-timestamp").unwrap_or_default(),
        signature: header("webhook-signature").unwrap_or_default(),
        body,
    })
}

/// Returns whether the connection goes on.
fn respond(mut stream: &TcpStream, answer: &Answer) -> bool {
    let mut head = |status: u16, more: &str, length: u64| {
        let head = format!("HTTP/1.1 {status} x\r\n{more}content-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).is_ok()
    };
    match answer {
        Answer::Status(status) => head(*status, "", 0),
        Answer::With(status, name, value) => head(*status, &format!("{name}: {value}\r\n"), 0),
        Answer::Silence => {
            thread::sleep(Duration::from_secs(60));
            false
        }
        Answer::Closing => false,
        Answer::Endless => {
            head(200, "", 10 << 30);
            let chunk = [b'x'; 64 * 1024];
            while stream.write_all(&chunk).is_ok() {}
            false
        }
        Answer::Drip => {
            head(200, "", 60);
            for _ in 0..60 {
                if stream.write_all(b"x").is_err() {
                    break;
                }
                thread::sleep(Duration::from_secs(1));
            }
            false
        }
    }
}
