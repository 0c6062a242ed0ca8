//! The list of contacts.

use askama::Template;
use diesel::pg::PgConnection;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::auth::Account;
use crate::contacts::queries::{self, Choice, Filter, Row};
use crate::contacts::{display, import};
use crate::conversations;
use crate::db::{NameCursor, PageOf, Search};
use crate::error::Result;
use crate::ids::ContactId;
use crate::text::thousands;
use crate::web::{initials, tint};

/// The query parameters of the list.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ListQuery {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    q: String,
    /// `with` or `without`; anything else shows all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    person: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    channel_id: String,
    /// `archived`; anything else shows those that are not archived.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    state: String,
    #[serde(default, skip_serializing)]
    after: String,
    #[serde(default, skip_serializing)]
    before: String,
}

impl ListQuery {
    pub fn filter(&self) -> Filter {
        Filter {
            search: Search::parse(&self.q),
            has_person: match self.person.as_str() {
                "with" => Some(true),
                "without" => Some(false),
                _ => None,
            },
            channel: self.channel_id.parse().ok(),
            archived: self.state == "archived",
            after: self.after.parse().ok(),
            before: self.before.parse().ok(),
        }
    }

    /// The address of the whole list as a file.
    fn export_url(&self) -> String {
        let filters = serde_urlencoded::to_string(self).unwrap_or_default();
        let mark = if filters.is_empty() { "" } else { "?" };
        format!("/contacts/export.csv{mark}{filters}")
    }

    /// The filters that the audit stores. Of a search it stores only that there was one, not its text.
    pub fn audited_filters(&self) -> Value {
        let said = [("person", &self.person), ("channel_id", &self.channel_id), ("state", &self.state)];
        let mut all: Map<String, Value> = said
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        if !self.q.trim().is_empty() {
            all.insert("q".into(), json!(true));
        }
        json!({ "filters": all })
    }

    fn page_url(&self, side: &str, cursor: &NameCursor) -> String {
        let filters = serde_urlencoded::to_string(self).unwrap_or_default();
        let and = if filters.is_empty() { "" } else { "&" };
        format!("/contacts?{filters}{and}{side}={cursor}")
    }

    fn has_filters(&self) -> bool {
        [&self.q, &self.person, &self.channel_id, &self.state].iter().any(|field| !field.trim().is_empty())
    }
}

#[derive(Template)]
#[template(path = "contacts/index.html")]
pub struct Index {
    query: ListQuery,
    channels: Vec<Choice>,
    lines: Vec<ContactRow>,
    before: Option<String>,
    after: Option<String>,
    can_manage: bool,
    can_schedule: bool,
}

struct ContactRow {
    id: ContactId,
    initials: String,
    tint: u32,
    name: String,
    sub: String,
    person: String,
    has_open_ticket: bool,
    next_schedule: String,
    has_conversation: bool,
}

impl Index {
    pub fn load(conn: &mut PgConnection, viewer: &Account, query: ListQuery) -> Result<Self> {
        let PageOf { rows, before, after } = queries::page(conn, viewer.id, &query.filter())?;
        let ids: Vec<ContactId> = rows.iter().map(|row| row.id).collect();
        let readable = conversations::readers::readers_of_each(conn, &ids, &[viewer.id])?;
        let line = |row: Row| ContactRow {
            has_conversation: readable.iter().any(|(contact, _)| *contact == row.id),
            ..ContactRow::new(viewer, row)
        };
        Ok(Self {
            channels: queries::channels(conn, query.filter().channel)?,
            before: before.map(|cursor| query.page_url("before", &cursor)),
            after: after.map(|cursor| query.page_url("after", &cursor)),
            lines: rows.into_iter().map(line).collect(),
            query,
            can_manage: viewer.manages_contacts(),
            can_schedule: viewer.can_schedule(),
        })
    }

    fn is_archive(&self) -> bool {
        self.query.state == "archived"
    }

    /// One import takes no more contacts than these.
    fn most_imported(&self) -> String {
        thousands(import::MAX_LINES)
    }

    fn on_page(&self) -> String {
        match self.lines.len() {
            1 => "1 contato nesta página".into(),
            n => format!("{n} contatos nesta página"),
        }
    }
}

impl ContactRow {
    fn new(viewer: &Account, row: Row) -> Self {
        Self {
            id: row.id,
            initials: initials(&row.name),
            tint: tint(&row.id),
            sub: display::subtitle(&row.phone, &row.email, &row.channel_name),
            person: row.person_name.unwrap_or_else(|| "Nenhuma".into()),
            has_open_ticket: row.open_ticket.is_some(),
            next_schedule: row.next_due_at.map_or("Nenhum".into(), |due| viewer.zone.date_time(due)),
            has_conversation: false,
            name: row.name,
        }
    }
}
