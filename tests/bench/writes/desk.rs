//! The administrator's browsers and the forms that they send.

use chrono::{Local, TimeDelta};
use diesel::prelude::*;
use uuid::Uuid;

use super::{CONNECTIONS, SECONDS, Written};
use crate::Outcome;
use crate::clients::{Ask, Clients, Job};
use crate::cluster::{number, numbers, text, wal};
use crate::http::{Client, field};
use crate::server::Server;

/// The spacing's window in minutes, and the distance in minutes that it keeps between schedules.
const SPACING: &str = "6";
const GAP: i32 = 4;

const FORM: &str = "application/x-www-form-urlencoded";
const BOUNDARY: &str = "----pontualbench";

pub struct Desk {
    clients: Clients,
    cookies: Vec<(String, String)>,
    address: String,
    csrf: String,
    contacts: Vec<i64>,
    departments: Vec<i64>,
    attendants: Vec<i64>,
}

impl Desk {
    pub fn open(server: &Server, conn: &mut PgConnection) -> Outcome<Self> {
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

    /// Turns the spacing on and confirms the consequences.
    pub fn space(&mut self, conn: &mut PgConnection, scope: &str) -> Outcome {
        // The connection of the sign-in may have been closed for idleness.
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

    /// Sends the form of a new schedule for each place. Place n is n gaps after a fixed day.
    pub fn created(
        &mut self,
        conn: &mut PgConnection,
        places: Vec<usize>,
        expected: &[u16],
    ) -> Outcome<Written> {
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

    pub fn cancellation(&self, id: i64) -> Outcome<Ask> {
        let body = serde_urlencoded::to_string([("csrf", &*self.csrf), ("reason", "O cliente pediu.")])?;
        Ok(ask(format!("/schedules/{id}/cancellation"), FORM.into(), body))
    }

    pub fn message(&self, ticket: i64, n: usize) -> Outcome<Ask> {
        let (text, key) = (format!("Mensagem {n}"), Uuid::new_v4().to_string());
        let fields = [("csrf", &*self.csrf), ("kind", "message"), ("body", &text), ("client_key", &key)];
        Ok(ask(format!("/tickets/{ticket}/messages"), FORM.into(), serde_urlencoded::to_string(fields)?))
    }

    /// Sends as many of `asks` as the time allows. Afterwards the query `counted` must count all acknowledged ones.
    pub fn written(
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
