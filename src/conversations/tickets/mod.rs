//! The list of conversations: the open tickets that a user attends.

pub mod handlers;
pub mod queries;

use askama::Template;
use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use self::queries::TicketRow;
use super::thread::Kind;
use crate::auth::Account;
use crate::clock::{self, Zone};
use crate::db::{Cursor, PageOf, Search};
use crate::error::Result;
use crate::ids::{ContactId, TicketId};
use crate::web::{initials, tint};

/// The query string of the list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct TicketListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

/// The list of conversations, alone or beside a conversation.
#[derive(Template)]
#[template(path = "conversations/tickets/_panel.html")]
pub struct TicketList {
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

impl TicketList {
    /// The part of the list that `query` asks for.
    pub fn load(conn: &mut PgConnection, viewer: &Account, query: &TicketListQuery) -> Result<Self> {
        let q: String = query.q.trim().chars().take(100).collect();
        let after: Option<Cursor> = query.after.parse().ok();
        let search = Search::parse(&q);
        let PageOf { rows, after: next, .. } =
            queries::open_conversations(conn, viewer, search.as_ref(), after)?;
        let closed = match search.filter(|_| next.is_none()) {
            Some(search) => queries::closed_conversations(conn, viewer, &search)?,
            None => Vec::new(),
        };
        let now = Utc::now();
        let path = |cursor: Option<Cursor>| {
            let q = utf8_percent_encode(&q, NON_ALPHANUMERIC);
            cursor.map_or(format!("/tickets?q={q}"), |cursor| format!("/tickets?q={q}&after={cursor}"))
        };
        Ok(Self {
            rows: rows.into_iter().map(|found| row(found, viewer, now)).collect(),
            closed: closed.into_iter().map(|found| row(found, viewer, now)).collect(),
            next: next.map(|cursor| path(Some(cursor))),
            first: after.map(|_| path(None)),
            is_page: true,
            q,
        })
    }

    /// The text shown where a conversation would be.
    pub fn placeholder_heading(&self) -> &'static str {
        match (self.rows.is_empty() && self.closed.is_empty(), self.q.is_empty()) {
            (false, _) => "Escolha uma conversa",
            (true, true) => "Nenhuma conversa aberta",
            (true, false) => "Nenhuma conversa encontrada",
        }
    }

    /// The list beside the conversation with `contact`.
    pub fn beside(conn: &mut PgConnection, viewer: &Account, contact: ContactId) -> Result<Self> {
        let mut list = Self::load(conn, viewer, &TicketListQuery::default())?;
        list.is_page = false;
        for row in &mut list.rows {
            row.is_current = row.contact_id == contact;
        }
        Ok(list)
    }
}

fn row(found: TicketRow, viewer: &Account, now: DateTime<Utc>) -> Row {
    Row {
        id: found.id,
        contact_id: found.contact_id,
        initials: initials(&found.contact),
        tint: tint(&found.contact_id),
        time: time(viewer.zone, found.at, now),
        instant: clock::datetime_attribute(found.at),
        preview: preview(&found, viewer),
        unseen: found.unseen,
        is_current: false,
        name: found.contact,
    }
}

/// Formatted as in notifications, but without the current year.
fn time(zone: Zone, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let text = zone.relative(at, now);
    let year = zone.local(now).format("/%Y").to_string();
    text.strip_suffix(&year).map(str::to_owned).unwrap_or(text)
}

fn preview(found: &TicketRow, viewer: &Account) -> String {
    let text = &found.preview;
    match (found.kind, &found.author) {
        (None, _) => format!("Chamado nº {} aberto", found.protocol),
        (Some(Kind::Comment), _) => format!("Comentário interno: {text}"),
        (Some(Kind::Attendant), _) if found.author_id == Some(viewer.id) => format!("Você: {text}"),
        (Some(Kind::Attendant), Some(author)) => {
            format!("{}: {text}", author.split_whitespace().next().unwrap_or(author))
        }
        (Some(Kind::Attendant), None) => format!("Mensagem agendada: {text}"),
        (Some(Kind::Customer | Kind::Event), _) => text.clone(),
    }
}
