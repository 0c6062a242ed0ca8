//! The running binary, and what an operator can do to it.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::pin::pin;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_http::{HttpMessage, Request};
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use futures_util::StreamExt;

use super::app::Call;
use super::{PASSWORD, Page, Visitor};

/// A running `pontual serve`. It is killed when this value is dropped.
pub struct Serving {
    child: Child,
    address: String,
    /// Held open, because the process may print more.
    _stdout: Lines<BufReader<ChildStdout>>,
}

impl Serving {
    /// Starts `pontual serve` with these environment variables, and waits until it is ready.
    pub fn with(variables: &[(&str, &str)], stderr: impl Into<Stdio>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pontual"));
        for name in ["DATABASE_URL", "HOST", "PONTUAL_DATA_DIR", "PONTUAL_PUBLIC_URL"] {
            command.env_remove(name);
        }
        command.env("PORT", "0").env("PONTUAL_SECRET_KEY", "x".repeat(32)).envs(variables.iter().copied());
        let mut child =
            command.arg("serve").stdout(Stdio::piped()).stderr(stderr).spawn().expect("the binary is built");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.next().unwrap().unwrap();
        let address = ready.strip_prefix("Pontual is ready at http://").unwrap().split('/').next().unwrap();
        Self { address: address.to_owned(), child, _stdout: lines }
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends `GET path`. Returns the answer if it arrives within `patience`.
    pub fn get(&self, path: &str, patience: Duration) -> Option<String> {
        let answer = self.send(&format!("GET {path} HTTP/1.1"), &[], b"", patience)?;
        Some(String::from_utf8_lossy(&answer).into_owned()).filter(|answer| !answer.is_empty())
    }

    /// The body of `GET path`.
    pub fn download(&self, path: &str, patience: Duration) -> Option<Vec<u8>> {
        let answer = self.send(&format!("GET {path} HTTP/1.0"), &[], b"", patience)?;
        let end = answer.windows(4).position(|part| part == b"\r\n\r\n")?;
        Some(answer[end + 4..].to_vec())
    }

    /// The status of `POST path`.
    pub fn post(&self, path: &str, headers: &[(&'static str, String)], body: &str) -> Option<u16> {
        let head = format!("POST {path} HTTP/1.1");
        let answer = self.send(&head, headers, body.as_bytes(), Duration::from_secs(40))?;
        String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
    }

    fn send(
        &self,
        head: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
        patience: Duration,
    ) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(patience)).unwrap();
        let host = &self.address;
        let mut lines = format!("{head}\r\nHost: {host}\r\nConnection: close\r\n");
        for (name, value) in headers {
            lines.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            lines.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        stream.write_all(format!("{lines}\r\n").as_bytes()).ok()?;
        stream.write_all(body).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(answer)
    }

    /// A visitor who is signed in as the administrator.
    pub async fn administrator(&self) -> Visitor {
        let address = self.address.clone();
        let call: Call = Rc::new(move |request| {
            let address = address.clone();
            Box::pin(async move { forward(&address, request).await })
        });
        Visitor::new(call, self.address.clone()).sign_in("admin@empresa.example", PASSWORD).await
    }

    /// The status of `GET path`.
    pub fn status(&self, path: &str) -> Option<u16> {
        self.get(path, Duration::from_secs(40))?.split(' ').nth(1)?.parse().ok()
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: the child has not been waited for, so the id is still its own.
        unsafe { libc::kill(self.child.id() as i32, signal) };
    }

    /// Waits for the end. Returns its status if it ends within `patience`.
    pub fn end_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let began = Instant::now();
        while began.elapsed() < patience {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

/// Sends a request by HTTP/1.0, whose answers come in one piece.
async fn forward(address: &str, mut request: Request) -> Page {
    let mut body = Vec::new();
    let mut payload = pin!(request.take_payload());
    while let Some(part) = payload.next().await {
        body.extend_from_slice(&part.unwrap());
    }
    let mut sent = format!("{} {} HTTP/1.0\r\n", request.method(), request.uri()).into_bytes();
    for (name, value) in request.headers().iter().filter(|(name, _)| *name != CONTENT_LENGTH) {
        sent.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    sent.extend(format!("content-length: {}\r\n\r\n", body.len()).into_bytes());
    sent.extend(body);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&sent).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("an HTTP answer");
    let (head, bytes) = (String::from_utf8_lossy(&answer[..end]).into_owned(), answer[end + 4..].to_vec());
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
        headers.append(name.parse().unwrap(), value.parse().unwrap());
    }
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Page { status, headers, body: String::from_utf8_lossy(&bytes).into_owned(), bytes }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Waits for `is_so`, and fails if that takes too long.
#[track_caller]
pub fn until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(90), "timed out");
        std::thread::sleep(Duration::from_millis(20));
    }
}
