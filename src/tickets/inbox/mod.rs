//! The list of conversations: the open tickets that a user attends.

pub mod queries;

use askama::Template;
use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use self::queries::Talk;
use crate::auth::Account;
use crate::clock::{self, Zone};
use crate::conversations::thread::Kind;
use crate::error::Result;
use crate::ids::{ContactId, TicketId};
use crate::web::{Cursor, PageOf, Search as Words, initials, tint};

/// The query string of the list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

/// The list of conversations, alone or beside a conversation.
#[derive(Template)]
#[template(path = "tickets/_list.html")]
pub struct Inbox {
    q: String,
    rows: Vec<Row>,
    /// Conversations without an open ticket that the search found.
    closed: Vec<Row>,
    /// Address of the page with older conversations.
    next: Option<String>,
    /// Address of the page with the newest conversations.
    first: Option<String>,
    /// Whether the list is a page of its own.
    is_page: bool,
}

struct Row {
    id: TicketId,
    contact_id: ContactId,
    name: String,
    initials: String,
    tint: u32,
    time: String,
    /// The time in machine-readable form.
    instant: String,
    preview: String,
    unseen: i64,
    is_current: bool,
}

impl Inbox {
    /// The part of the list that `search` asks for.
    pub fn load(conn: &mut PgConnection, viewer: &Account, search: &Search) -> Result<Self> {
        let q: String = search.q.trim().chars().take(100).collect();
        let after: Option<Cursor> = search.after.parse().ok();
        let words = Words::parse(&q);
        let PageOf { rows, after: next, .. } = queries::talks(conn, viewer, words.as_ref(), after)?;
        let closed = match words.filter(|_| next.is_none()) {
            Some(words) => queries::closed_talks(conn, viewer, &words)?,
            None => Vec::new(),
        };
        let now = Utc::now();
        let path = |cursor: Option<Cursor>| {
            let q = utf8_percent_encode(&q, NON_ALPHANUMERIC);
            cursor.map_or(format!("/tickets?q={q}"), |cursor| format!("/tickets?q={q}&after={cursor}"))
        };
        Ok(Self {
            rows: rows.into_iter().map(|talk| row(talk, viewer, now)).collect(),
            closed: closed.into_iter().map(|talk| row(talk, viewer, now)).collect(),
            next: next.map(|cursor| path(Some(cursor))),
            first: after.map(|_| path(None)),
            is_page: true,
            q,
        })
    }

    /// The text shown where a conversation would be.
    pub fn heading_beside(&self) -> &'static str {
        match (self.rows.is_empty() && self.closed.is_empty(), self.q.is_empty()) {
            (false, _) => "Escolha uma conversa",
            (true, true) => "Nenhuma conversa aberta",
            (true, false) => "Nenhuma conversa encontrada",
        }
    }

    /// The list beside the conversation with `contact`.
    pub fn beside(conn: &mut PgConnection, viewer: &Account, contact: ContactId) -> Result<Self> {
        let mut list = Self::load(conn, viewer, &Search::default())?;
        list.is_page = false;
        for row in &mut list.rows {
            row.is_current = row.contact_id == contact;
        }
        Ok(list)
    }
}

fn row(talk: Talk, viewer: &Account, now: DateTime<Utc>) -> Row {
    Row {
        id: talk.id,
        contact_id: talk.contact_id,
        initials: initials(&talk.contact),
        tint: tint(&talk.contact_id),
        time: time(viewer.zone, talk.at, now),
        instant: clock::datetime_attribute(talk.at),
        preview: preview(&talk, viewer),
        unseen: talk.unseen,
        is_current: false,
        name: talk.contact,
    }
}

/// Formatted as in notifications, but without the current year.
fn time(zone: Zone, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let text = zone.relative(at, now);
    let year = zone.local(now).format("/%Y").to_string();
    text.strip_suffix(&year).map(str::to_owned).unwrap_or(text)
}

fn preview(talk: &Talk, viewer: &Account) -> String {
    let said = &talk.said;
    match (talk.kind, &talk.author) {
        (None, _) => format!("Chamado nº {} aberto", talk.protocol),
        (Some(Kind::Comment), _) => format!("Comentário interno: {said}"),
        (Some(Kind::Attendant), _) if talk.author_id == Some(viewer.id) => format!("Você: {said}"),
        (Some(Kind::Attendant), Some(author)) => {
            format!("{}: {said}", author.split_whitespace().next().unwrap_or(author))
        }
        (Some(Kind::Attendant), None) => format!("Mensagem agendada: {said}"),
        (Some(Kind::Customer | Kind::Event), _) => said.clone(),
    }
}
