//! How fast is what people change, beside a bare INSERT: one durable commit each.

use std::thread;
use std::time::{Duration, Instant};

use chrono::{Local, TimeDelta};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use uuid::Uuid;

use crate::clients::{Ask, Clients, Done, Job};
use crate::cluster::{Cluster, number, numbers, text, wal};
use crate::http::{Client, field};
use crate::report::Report;
use crate::server::Server;
use crate::{Outcome, load};

const SCHEDULES: u32 = 100_000;
const CONNECTIONS: usize = 16;
const SECONDS: f64 = 6.0;
/// More than can be done in that time.
const ASKS: usize = 20_000;

/// The window in minutes, and how far apart it keeps schedules.
const SPACING: &str = "6";
const GAP: i32 = 4;

/// How many ask for each place where many want the same.
const RIVALS: usize = CONNECTIONS;

const FORM: &str = "application/x-www-form-urlencoded";
const BOUNDARY: &str = "----pontualbench";

/// # Errors
/// The cluster or the server does not start, something is answered otherwise than it should, what was
/// acknowledged is not there, or an invariant is broken.
pub fn run(report: &mut Report) -> Outcome {
    let cluster = Cluster::of_company(SCHEDULES)?;
    let mut conn = cluster.connect()?;
    let bare = inserts(&cluster, &mut conn)?;
    let server = Server::start(&cluster)?;
    let mut desk = Desk::open(&server, &mut conn)?;

    desk.space(&mut conn, "platform")?;
    let spread = desk.created(&mut conn, (0..ASKS).collect(), &[303])?;
    report_beside(report, "create", &spread, &bare);
    let hot = desk.created(&mut conn, (ASKS..2 * ASKS).map(|n| ASKS + n / RIVALS).collect(), &[303, 422])?;
    report.add("hot.rate", hot.done.rate(), "answers/s");
    report.add("hot.accepted", hot.done.count(303) as f64, "schedules");
    report.add("hot.refused", hot.done.count(422) as f64, "answers");
    report.add("hot.p50", hot.done.time(0.5), "ms");
    report.add("hot.p99", hot.done.time(0.99), "ms");
    desk.space(&mut conn, "contact")?;
    let apart = desk.created(&mut conn, (3 * ASKS..4 * ASKS).collect(), &[303])?;
    report_beside(report, "create.by_contact", &apart, &bare);

    let pending = "FROM schedules WHERE status = 'scheduled'";
    let ids = numbers(&mut conn, &format!("SELECT id AS value {pending} ORDER BY id DESC LIMIT {ASKS}"))?;
    let asks = ids.into_iter().map(|id| desk.cancellation(id)).collect::<Outcome<_>>()?;
    let cancelled = desk.written(
        &mut conn,
        asks,
        "SELECT count(*) AS value FROM schedules WHERE status = 'cancelled'",
        &[303],
    )?;
    report_beside(report, "cancel", &cancelled, &bare);

    let open = numbers(&mut conn, "SELECT id AS value FROM tickets WHERE status = 'open' ORDER BY id")?;
    let asks = (0..ASKS).map(|n| desk.message(open[n % open.len()], n)).collect::<Outcome<_>>()?;
    let posted = desk.written(
        &mut conn,
        asks,
        "SELECT count(*) AS value FROM messages WHERE kind = 'attendant'",
        &[303],
    )?;
    report_beside(report, "message", &posted, &bare);
    load::check(&mut conn)
}

/// What came of many writes, and how many bytes PostgreSQL logged for each that was done.
struct Written {
    done: Done,
    wal: f64,
}

fn report_beside(report: &mut Report, name: &str, written: &Written, bare: &Written) {
    report.compare(format!("{name}.rate"), written.done.rate(), "writes/s", bare.done.rate());
    report.compare(format!("{name}.p50"), written.done.time(0.5), "ms", bare.done.time(0.5));
    report.compare(format!("{name}.p99"), written.done.time(0.99), "ms", bare.done.time(0.99));
    report.compare(format!("{name}.wal"), written.wal, "bytes/write", bare.wal);
}

/// The reference: as many connections, each of which inserts a row of some 200 bytes and commits, again and
/// again.
fn inserts(cluster: &Cluster, conn: &mut PgConnection) -> Outcome<Written> {
    conn.batch_execute("CREATE TABLE bare_writes (id bigserial PRIMARY KEY, body text NOT NULL)")?;
    let insert = format!("INSERT INTO bare_writes (body) VALUES ('{}')", "x".repeat(200));
    let own = (0..CONNECTIONS).map(|_| cluster.connect()).collect::<Outcome<Vec<_>>>()?;
    let (before, began) = (wal(conn)?, Instant::now());
    let of_each = thread::scope(|scope| {
        let write = |mut conn: PgConnection| {
            let insert = &insert;
            scope.spawn(move || -> QueryResult<Vec<(u16, f64)>> {
                let mut times = Vec::new();
                while began.elapsed() < Duration::from_secs_f64(SECONDS / 2.0) {
                    let start = Instant::now();
                    conn.batch_execute(insert)?;
                    times.push((200, start.elapsed().as_secs_f64() * 1000.0));
                }
                Ok(times)
            })
        };
        let writers: Vec<_> = own.into_iter().map(write).collect();
        writers
            .into_iter()
            .map(|writer| writer.join().map_err(|_| "a writer panicked".into()))
            .collect::<Outcome<Vec<_>>>()
    })?;
    let seconds = began.elapsed().as_secs_f64();
    let answers = of_each.into_iter().collect::<QueryResult<Vec<_>>>()?.concat();
    let wal = (wal(conn)? - before) as f64 / answers.len() as f64;
    conn.batch_execute("DROP TABLE bare_writes")?;
    Ok(Written { done: Done { seconds, answers }, wal })
}

/// The administrator's browsers.
struct Desk {
    clients: Clients,
    cookies: Vec<(String, String)>,
    address: String,
    csrf: String,
    contacts: Vec<i64>,
    departments: Vec<i64>,
    attendants: Vec<i64>,
}

impl Desk {
    fn open(server: &Server, conn: &mut PgConnection) -> Outcome<Self> {
        let mut client = Client::signed_in(&server.address, "admin")?;
        let page = client.get("/schedules/new")?;
        let csrf = field(&page.body, "csrf").ok_or("the form has no token")?;
        let members = "FROM department_members m JOIN users u ON u.id = m.user_id
            WHERE u.deactivated_at IS NULL ORDER BY m.department_id, m.user_id";
        Ok(Self {
            clients: Clients::start()?,
            cookies: client.cookies().to_vec(),
            address: server.address.clone(),
            csrf,
            contacts: numbers(
                conn,
                "SELECT id AS value FROM contacts WHERE archived_at IS NULL ORDER BY id",
            )?,
            departments: numbers(conn, &format!("SELECT m.department_id AS value {members}"))?,
            attendants: numbers(conn, &format!("SELECT m.user_id AS value {members}"))?,
        })
    }

    /// Turns the spacing on, as somebody does who confirms what follows from it.
    fn space(&mut self, conn: &mut PgConnection, scope: &str) -> Outcome {
        // The connection that signed in was idle for too long.
        let mut client = Client::connect(&self.address)?.with(&self.cookies);
        let page = client.get("/settings")?;
        let version = field(&page.body, "version").ok_or("the settings have no version")?;
        let zone = text(conn, "SELECT time_zone AS value FROM settings")?;
        let answer = client.post(
            "/settings",
            &[
                ("csrf", &self.csrf),
                ("version", &version),
                ("company_name", "Central de Atendimento"),
                ("time_zone", &zone),
                ("spacing_minutes", SPACING),
                ("spacing_scope", scope),
                ("late_tolerance_minutes", "60"),
                ("confirmed", "1000000"),
            ],
        )?;
        let is_on = format!(
            "SELECT count(*) AS value FROM settings WHERE spacing_minutes = {SPACING} AND spacing_scope = '{scope}'"
        );
        match number(conn, &is_on)? {
            1 => Ok(()),
            _ => Err(format!("the spacing cannot be set: {}", answer.status).into()),
        }
    }

    /// Sends the form of a new schedule for each place, a number of gaps from some day on.
    fn created(&mut self, conn: &mut PgConnection, places: Vec<usize>, expected: &[u16]) -> Outcome<Written> {
        let asks = places
            .into_iter()
            .enumerate()
            .map(|(n, place)| self.schedule(n, place))
            .collect::<Outcome<_>>()?;
        self.written(conn, asks, "SELECT count(*) AS value FROM schedules", expected)
    }

    fn schedule(&self, n: usize, place: usize) -> Outcome<Ask> {
        let due =
            Local::now() + TimeDelta::days(200) + TimeDelta::minutes(i64::try_from(place)? * i64::from(GAP));
        let member = n % self.departments.len();
        let fields = [
            ("csrf", self.csrf.clone()),
            ("form_key", Uuid::new_v4().to_string()),
            ("ticket_id", String::new()),
            ("rescheduled_from", String::new()),
            ("version", String::new()),
            ("original", String::new()),
            ("schedule_id", String::new()),
            ("person_id", String::new()),
            ("contact_id", self.contacts[n % self.contacts.len()].to_string()),
            ("department_id", self.departments[member].to_string()),
            ("attendant_id", self.attendants[member].to_string()),
            ("action", "open_ticket_and_notify".into()),
            ("due_at", due.format("%Y-%m-%dT%H:%M").to_string()),
            ("message", "Podemos confirmar a sua visita?".into()),
            ("comment", "Confirmar a visita".into()),
        ];
        let part = |(name, value)| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body = fields.into_iter().map(part).collect::<String>() + &format!("--{BOUNDARY}--\r\n");
        Ok(ask("/schedules".into(), format!("multipart/form-data; boundary={BOUNDARY}"), body))
    }

    fn cancellation(&self, id: i64) -> Outcome<Ask> {
        let body = serde_urlencoded::to_string([("csrf", &*self.csrf), ("reason", "O cliente pediu.")])?;
        Ok(ask(format!("/schedules/{id}/cancellation"), FORM.into(), body))
    }

    fn message(&self, ticket: i64, n: usize) -> Outcome<Ask> {
        let (text, key) = (format!("Mensagem {n}"), Uuid::new_v4().to_string());
        let fields = [("csrf", &*self.csrf), ("kind", "message"), ("body", &text), ("client_key", &key)];
        Ok(ask(format!("/tickets/{ticket}/messages"), FORM.into(), serde_urlencoded::to_string(fields)?))
    }

    /// All of `asks` that can be done in the time; what was acknowledged is `counted` afterwards.
    fn written(
        &mut self,
        conn: &mut PgConnection,
        asks: Vec<Ask>,
        counted: &str,
        expected: &[u16],
    ) -> Outcome<Written> {
        let job = Job {
            address: self.address.clone(),
            cookies: self.cookies.clone(),
            connections: CONNECTIONS,
            warm_up: 0.0,
            seconds: SECONDS,
            asks,
            repeats: false,
            expected: expected.to_vec(),
            least: 0,
        };
        let (before, logged) = (number(conn, counted)?, wal(conn)?);
        let done = self.clients.run(&job)?;
        let (there, logged) = (number(conn, counted)? - before, wal(conn)? - logged);
        let acknowledged = done.count(303);
        if usize::try_from(there)? != acknowledged {
            return Err(format!("{acknowledged} writes were acknowledged, and {there} are there").into());
        }
        Ok(Written { done, wal: logged as f64 / there as f64 })
    }
}

fn ask(path: String, kind: String, body: String) -> Ask {
    Ask { path, body: Some((kind, body)), compressed: false }
}
