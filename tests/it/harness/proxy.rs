//! A network in front of the database that can fall silent: connections stay open, but transmit nothing.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::Database;

pub struct Proxy {
    address: SocketAddr,
    database: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    opened: AtomicUsize,
    /// Number of silent connections: the first ones, in the order in which they were opened.
    silent: AtomicUsize,
}

impl Proxy {
    pub fn before(database: &Database) -> Self {
        let url = url::Url::parse(&database.url).unwrap();
        let directory = url.query_pairs().find(|(name, _)| name == "host").unwrap().1.into_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<State>::default();
        let shared = state.clone();
        thread::spawn(move || {
            for client in listener.incoming() {
                let number = shared.opened.fetch_add(1, Ordering::SeqCst);
                let server = UnixStream::connect(format!("{directory}/.s.PGSQL.5432")).unwrap();
                pass_on(client.unwrap(), server, number, &shared);
            }
        });
        Self { address, database: url.path().trim_start_matches('/').to_owned(), state }
    }

    pub fn url(&self) -> String {
        format!("postgres://pontual@{}/{}?connect_timeout=2", self.address, self.database)
    }

    /// Silences the connections that are open now. New ones work.
    pub fn silence_open(&self) {
        self.state.silent.store(self.state.opened.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// Silences all connections, including new ones.
    pub fn silence_all(&self) {
        self.state.silent.store(usize::MAX, Ordering::SeqCst);
    }
}

fn pass_on(client: TcpStream, server: UnixStream, number: usize, state: &Arc<State>) {
    let (client_too, server_too) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let end = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let end = move || {
        end.0.shutdown(Shutdown::Both).ok();
        end.1.shutdown(Shutdown::Both).ok();
    };
    let (forth, back) = (state.clone(), state.clone());
    let end_too = {
        let (client, server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        move || {
            client.shutdown(Shutdown::Both).ok();
            server.shutdown(Shutdown::Both).ok();
        }
    };
    thread::spawn(move || {
        copy(client, server, number, &forth);
        end();
    });
    thread::spawn(move || {
        copy(server_too, client_too, number, &back);
        end_too();
    });
}

fn copy(mut from: impl Read, mut to: impl Write, number: usize, state: &State) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        while number < state.silent.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(20));
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
}
