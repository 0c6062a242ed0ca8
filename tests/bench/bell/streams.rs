//! The process that holds the streams. Each behaves like static/js/live.js and reconnects by itself.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::cookie::{Cookie, CookieJar, Key};
use actix_web::rt;
use pontual::db::listen::Listener;
use pontual::keys::Keys;
use pontual::live::{CHANNEL, Event};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};

use super::crowd::now;
use crate::Outcome;
use crate::server::SECRET;

/// Maximum streams that connect for the first time at once. Reconnecting streams have no limit.
const AT_ONCE: usize = 64;

/// Milliseconds, as in live.js.
const LONGEST_PAUSE: f64 = 15_000.0;

#[derive(Default)]
struct State {
    open: usize,
    records: Vec<(&'static str, Option<i64>, f64)>,
}

impl State {
    fn ended(&mut self, had_begun: bool, was_error: bool) {
        if had_begun {
            self.open -= 1;
        } else if was_error {
            self.records.push(("refused", None, now()));
        }
    }
}

type Shared = Rc<RefCell<State>>;

/// The cookie of the session that users.sql made for `user`.
pub fn cookie(user: i64) -> String {
    let key = Key::derive_from(&Keys::new(SECRET).key("sessions").tag(&[b"cookie"]));
    let mut jar = CookieJar::new();
    jar.private_mut(&key).add(Cookie::new("pontual", format!("bench-{user}")));
    jar.get("pontual").map(|cookie| cookie.encoded().to_string()).unwrap_or_default()
}

/// The part that holds streams. The first three lines of its input are the server's address, a database to listen
/// to (or nothing), and a cookie per stream. All further lines are commands, which it answers.
pub fn hold() -> Outcome {
    pontual::server::open_files::raise_limit();
    let line = || {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line.trim_end().to_owned())
    };
    let (address, database, cookies) = (line()?, line()?, line()?);
    let host = address.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let (sender, mut commands) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        std::io::stdin().lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    rt::System::new().block_on(async move {
        let state = Shared::default();
        if !database.is_empty() {
            rt::spawn(listen(database, state.clone()));
        }
        let first = Rc::new(Semaphore::new(AT_ONCE));
        for cookie in cookies.split_whitespace() {
            let request = format!("GET /live HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\n\r\n");
            rt::spawn(follow(host.clone(), request, first.clone(), state.clone()));
        }
        while let Some(command) = commands.recv().await {
            answer(&command, &state);
        }
    });
    Ok(())
}

fn answer(command: &str, state: &Shared) {
    if command == "open" {
        return println!("{}", state.borrow().open);
    }
    let records = std::mem::take(&mut state.borrow_mut().records);
    let line = |(name, id, at): &(&str, Option<i64>, f64)| match id {
        Some(id) => format!("{name} {id} {at}\n"),
        None => format!("{name} - {at}\n"),
    };
    println!("{}", records.iter().map(line).collect::<String>());
}

/// Records when this process receives PostgreSQL's NOTIFY.
async fn listen(database: String, state: Shared) {
    let Ok(mut listener) = Listener::connect(&database, &[CHANNEL]).await else { return };
    while let Ok(notice) = listener.recv().await {
        let at = now();
        if let Ok(Event::Notified(first, _)) = serde_json::from_str(&notice.payload) {
            state.borrow_mut().records.push(("heard", Some(first.0), at));
        }
    }
}

/// Reads the stream, and reconnects when it ends.
async fn follow(host: String, request: String, first: Rc<Semaphore>, state: Shared) {
    let mut entry = first.acquire().await.ok();
    let (mut base, mut failures) = (1_000.0, 0);
    loop {
        let mut has_begun = false;
        let heard = |line: StreamLine| match line {
            StreamLine::Retry(milliseconds) => base = milliseconds,
            StreamLine::Event(name, id) => {
                let mut state = state.borrow_mut();
                state.records.push((name, id, now()));
                if !has_begun {
                    state.open += 1;
                    (has_begun, failures) = (true, 0);
                    entry.take();
                }
            }
        };
        let ended = read(&host, &request, heard).await;
        state.borrow_mut().ended(has_begun, ended.is_err());
        let pause = f64::min(LONGEST_PAUSE, base * 2_f64.powi(failures)) * rand::random_range(0.75..1.25);
        failures += 1;
        rt::time::sleep(Duration::from_secs_f64(pause / 1000.0)).await;
    }
}

enum StreamLine {
    Retry(f64),
    Event(&'static str, Option<i64>),
}

/// The names of events. Records have the same names.
const NAMES: &[&str] = &["sync", "notification", "bell", "conversation", "schedules"];

async fn read(host: &str, request: &str, mut heard: impl FnMut(StreamLine)) -> Outcome {
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut lines = BufReader::with_capacity(1024, stream);
    let (mut line, mut name, mut id) = (String::new(), "", None);
    lines.read_line(&mut line).await?;
    if !line.contains(" 200 ") {
        return Err(format!("the stream was refused: {line}").into());
    }
    loop {
        line.clear();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        match line.split_once(": ") {
            Some(("retry", value)) => heard(StreamLine::Retry(value.trim().parse()?)),
            Some(("event", value)) => {
                name = NAMES.iter().find(|name| **name == value.trim()).copied().unwrap_or_default();
                id = None;
            }
            Some(("id", value)) => id = value.trim().parse().ok(),
            Some(("data", _)) => heard(StreamLine::Event(name, id)),
            _ => {}
        }
    }
}
