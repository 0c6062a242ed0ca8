//! Messages handed over to receivers on this machine: how many per second, how soon after the commit, and how soon while
//! another channel's receiver does not answer.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use pontual::channels::webhook::{SECRET, Secret};
use pontual::channels::{SecretCipher, Secrets};
use pontual::ids::ChannelId;
use pontual::keys::Keys;

use crate::Outcome;
use crate::cluster::{Cluster, number};
use crate::load;
use crate::report::Report;
use crate::server::{self, Server};

/// Messages of the burst, and contacts that they go to.
const BURST: usize = 5_000;
const CONTACTS: usize = 500;

/// Single messages per measurement, and the pause between them.
const SINGLES: usize = 300;
const PAUSE: Duration = Duration::from_millis(20);

const PATIENCE: Duration = Duration::from_secs(180);

/// Maximum messages of a channel in progress at once: that many clients give the receiver's own limit.
const IN_PROGRESS: usize = 4;

pub fn run(report: &mut Report) -> Outcome {
    let cluster = Cluster::new()?;
    let mut conn = cluster.connect()?;
    let (arrived, arrivals) = channel();
    let fast = [receiver(Some(&arrived))?, receiver(Some(&arrived))?];
    let hanging = receiver(None)?;
    for (id, address) in [9001, 9002, 9003].into_iter().zip([fast[0], fast[1], hanging]) {
        add_channel(&mut conn, id, address)?;
    }
    load::settle(&mut conn)?;
    let own_limit = own_limit(fast[0])?;
    while arrivals.try_recv().is_ok() {}
    let _server = Server::allowing_private_addresses(&cluster)?;
    let began = Instant::now();
    enqueue(&mut conn, 9001, BURST, "burst")?;
    while number(&mut conn, "SELECT count(*) AS value FROM outbox WHERE state = 'queued'")? > 0 {
        if began.elapsed() > PATIENCE {
            return Err("the burst was not sent in time".into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    report.compare("rate", BURST as f64 / began.elapsed().as_secs_f64(), "messages/s", own_limit);
    while arrivals.try_recv().is_ok() {}
    let alone = singles(&mut conn, &arrivals)?;
    report.spread("after_commit", &alone, None);
    enqueue(&mut conn, 9003, 20, "hanging")?;
    thread::sleep(Duration::from_secs(1));
    report.spread("after_commit.while_another_hangs", &singles(&mut conn, &arrivals)?, Some(&alone));
    Ok(())
}

/// Sends single messages on the two fast channels in turns. Returns the milliseconds from commit to arrival.
fn singles(conn: &mut PgConnection, arrivals: &Receiver<(String, Instant)>) -> Outcome<Vec<f64>> {
    let mut committed = HashMap::new();
    for number in 0..SINGLES {
        let text = format!("single {number}");
        enqueue(conn, [9001, 9002][number % 2], 1, &text)?;
        committed.insert(text, Instant::now());
        thread::sleep(PAUSE);
    }
    let mut spread = Vec::new();
    while spread.len() < SINGLES {
        let (text, at) = arrivals.recv_timeout(PATIENCE)?;
        if let Some(committed) = committed.get(&text) {
            // A message may arrive before the commit has returned here.
            spread.push(at.saturating_duration_since(*committed).as_secs_f64() * 1000.);
        }
    }
    Ok(spread)
}

fn add_channel(conn: &mut PgConnection, id: i64, address: SocketAddr) -> Outcome {
    let cipher = SecretCipher::new(&Keys::new(server::SECRET.as_bytes()).key("channel secrets"));
    let mut secrets = Secrets::default();
    secrets.set(SECRET, Secret::generate());
    let sealed = hex::encode(cipher.encrypt(ChannelId(id), &secrets)?);
    conn.batch_execute(&format!(
        r#"INSERT INTO channels (id, kind, name, default_department_id, settings, secrets)
           SELECT {id}, 'webhook', 'Sistema {id}', min(id), '{{"url": "http://{address}/"}}', '\x{sealed}' FROM departments;
           INSERT INTO contacts (channel_id, name)
           SELECT {id}, 'Contato ' || n FROM generate_series(1, {CONTACTS}) n;
           INSERT INTO contact_identities (contact_id, channel_id, kind, value)
           SELECT id, {id}, 'external', 'c' || id FROM contacts WHERE channel_id = {id};
           INSERT INTO tickets (contact_id, department_id)
           SELECT c.id, ch.default_department_id FROM contacts c JOIN channels ch ON ch.id = c.channel_id
            WHERE ch.id = {id}"#
    ))?;
    Ok(())
}

/// Writes messages with their outbox rows in one transaction, as replies do.
fn enqueue(conn: &mut PgConnection, channel: i64, count: usize, text: &str) -> Outcome {
    conn.transaction(|conn| {
        conn.batch_execute(&format!(
            "WITH contact AS (
                SELECT c.id, t.id AS ticket, i.id AS identity, row_number() OVER (ORDER BY c.id) AS n
                  FROM contacts c
                  JOIN tickets t ON t.contact_id = c.id
                  JOIN contact_identities i ON i.contact_id = c.id
                 WHERE c.channel_id = {channel}),
             written AS (
                INSERT INTO messages (contact_id, ticket_id, kind, body)
                SELECT contact.id, contact.ticket, 'attendant', '{text}'
                  FROM generate_series(1, {count}) s JOIN contact ON contact.n = 1 + s % {CONTACTS}
                RETURNING id, contact_id)
             INSERT INTO outbox (message_id, contact_id, channel_id, identity_id)
             SELECT w.id, w.contact_id, {channel}, contact.identity
               FROM written w JOIN contact ON contact.id = w.contact_id;
             SELECT pg_notify('pontual_live', '\"messages_queued\"')"
        ))
    })?;
    Ok(())
}

/// A receiver that answers at once and reports what arrived; without `arrived`, it never answers.
fn receiver(arrived: Option<&Sender<(String, Instant)>>) -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let (address, arrived) = (listener.local_addr()?, arrived.cloned());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let arrived = arrived.clone();
            thread::spawn(move || serve(stream, arrived.as_ref()));
        }
    });
    Ok(address)
}

fn serve(stream: TcpStream, arrived: Option<&Sender<(String, Instant)>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let (mut reader, mut writer) = (BufReader::new(stream.try_clone().ok()?), stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let at = Instant::now();
        let Some(arrived) = arrived else {
            thread::sleep(PATIENCE);
            return None;
        };
        writer.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()?;
        let event: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = event["data"]["text"].as_str().unwrap_or_default().to_owned();
        arrived.send((text, at)).ok()?;
    }
}

/// Requests per second that the receiver answers to as many clients as a channel uses connections.
fn own_limit(address: SocketAddr) -> Outcome<f64> {
    const EACH: usize = 5_000;
    let body = r#"{"type":"message.created","data":{"text":"burst"}}"#;
    let request = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let began = Instant::now();
    let clients: Vec<_> = (0..IN_PROGRESS)
        .map(|_| {
            let request = request.clone();
            thread::spawn(move || -> std::io::Result<()> {
                let mut stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                let mut answer = [0; b"HTTP/1.1 204 No Content\r\n\r\n".len()];
                for _ in 0..EACH {
                    stream.write_all(request.as_bytes())?;
                    stream.read_exact(&mut answer)?;
                }
                Ok(())
            })
        })
        .collect();
    for client in clients {
        client.join().map_err(|_| "a client panicked")??;
    }
    Ok((IN_PROGRESS * EACH) as f64 / began.elapsed().as_secs_f64())
}
