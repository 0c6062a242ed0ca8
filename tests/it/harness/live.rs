//! A process that listens to the database and serves streams on its own port, and a client that reads them.

use std::net::TcpListener;
use std::sync::Mutex;
use std::time::Duration;

use actix_server::Server;
use actix_web::rt;
use pontual::db::Db;
use pontual::live::{Event, Incoming, announce, listen};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::{Database, TestApp, Visitor};

const PATIENCE: Duration = Duration::from_secs(10);

/// A serving process of the application.
pub struct Live {
    pub port: u16,
}

impl Live {
    /// Serves `app`. Returns as soon as it listens to the database.
    pub async fn start(app: &TestApp) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let builder = Server::build().workers(1).disable_signals();
        rt::spawn(pontual::server::http::server(builder, socket, app.shared.clone()).unwrap());
        let hub = app.shared.hub.clone();
        rt::spawn(hub.clone().run(Db::with_generic_plans(&app.database.url, 1)));
        let (listening, is_listening) = oneshot::channel();
        let listening = Mutex::new(Some(listening));
        rt::spawn(listen(app.database.url.clone(), move |incoming| {
            if incoming == Incoming::Reconnected {
                listening.lock().unwrap().take().map(|listening| listening.send(()));
            }
            hub.receive(incoming);
        }));
        is_listening.await.unwrap();
        Self { port }
    }

    /// The stream of a signed-in visitor, after its first `sync`.
    pub async fn stream(&self, visitor: &Visitor) -> EventStream {
        let mut stream = self.connect("/live", visitor).await;
        stream.until("sync").await;
        stream
    }

    /// Opens any stream, with the visitor's cookies.
    pub async fn connect(&self, path: &str, visitor: &Visitor) -> EventStream {
        self.connect_with(path, visitor, "accept: text/event-stream").await
    }

    /// As `connect`, with an additional header line.
    pub async fn connect_with(&self, path: &str, visitor: &Visitor, line: &str) -> EventStream {
        let cookies = visitor.cookies();
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\naccept-encoding: gzip, br\r\ncookie: {cookies}\r\n{line}\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut socket = BufReader::new(socket);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            socket.read_line(&mut head).await.unwrap();
        }
        EventStream { head, socket, pending: String::new() }
    }
}

/// Announces `event` from a separate connection.
pub fn tell(database: &Database, event: &Event) {
    announce(&mut database.connect(), event).unwrap();
}

/// One event with its data.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveEvent {
    pub name: String,
    pub data: Value,
}

/// A stream of server-sent events as a browser reads it.
pub struct EventStream {
    pub head: String,
    socket: BufReader<TcpStream>,
    pending: String,
}

impl EventStream {
    /// All events up to and including the next one of that name.
    pub async fn until(&mut self, name: &str) -> Vec<LiveEvent> {
        let mut all: Vec<LiveEvent> = Vec::new();
        while all.last().is_none_or(|event| event.name != name) {
            let Some(event) = self.next().await else { panic!("the stream ended; before: {all:?}") };
            all.push(event);
        }
        all
    }

    /// The data of the next event of that name.
    pub async fn data(&mut self, name: &str) -> Value {
        self.until(name).await.pop().unwrap().data
    }

    /// Reads until the server ends the stream.
    pub async fn ends(&mut self) {
        while self.next().await.is_some() {}
    }

    async fn next(&mut self) -> Option<LiveEvent> {
        let next = async {
            loop {
                if let Some((block, rest)) = self.pending.split_once("\n\n") {
                    let event = read(block);
                    self.pending = rest.to_owned();
                    if event.is_some() {
                        return event;
                    }
                } else {
                    let chunk = self.chunk().await?;
                    self.pending.push_str(&chunk);
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.expect("an event arrives in time")
    }

    /// The next chunk of the body, or `None` at its end.
    async fn chunk(&mut self) -> Option<String> {
        let mut size = String::new();
        self.socket.read_line(&mut size).await.ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok().filter(|size| *size > 0)?;
        let mut chunk = vec![0; size + 2];
        self.socket.read_exact(&mut chunk).await.ok()?;
        chunk.truncate(size);
        String::from_utf8(chunk).ok()
    }
}

fn read(block: &str) -> Option<LiveEvent> {
    let line = |prefix: &str| block.lines().find_map(|line| line.strip_prefix(prefix).map(str::to_owned));
    Some(LiveEvent { name: line("event: ")?, data: serde_json::from_str(&line("data: ")?).unwrap() })
}
