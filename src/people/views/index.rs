//! The list of people.

use askama::Template;
use serde::{Deserialize, Serialize};

use super::count;
use crate::db::{NameCursor, PageOf, Search};
use crate::ids::PersonId;
use crate::people::queries::{Filter, Row};
use crate::web::tint;

/// The query parameters of the list.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ListQuery {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    q: String,
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
            archived: self.state == "archived",
            after: self.after.parse().ok(),
            before: self.before.parse().ok(),
        }
    }

    fn address(&self, side: &str, cursor: &NameCursor) -> String {
        let filters = serde_urlencoded::to_string(self).unwrap_or_default();
        let and = if filters.is_empty() { "" } else { "&" };
        format!("/people?{filters}{and}{side}={cursor}")
    }

    fn has_filters(&self) -> bool {
        !self.q.trim().is_empty() || !self.state.is_empty()
    }
}

#[derive(Template)]
#[template(path = "people/index.html")]
pub struct Index {
    query: ListQuery,
    lines: Vec<PersonRow>,
    before: Option<String>,
    after: Option<String>,
}

struct PersonRow {
    id: PersonId,
    tint: u32,
    name: String,
    count: String,
    contacts: String,
    pending: String,
}

impl Index {
    pub fn new(query: ListQuery, page: PageOf<Row, NameCursor>) -> Self {
        let PageOf { rows, before, after } = page;
        Self {
            before: before.map(|cursor| query.address("before", &cursor)),
            after: after.map(|cursor| query.address("after", &cursor)),
            lines: rows.into_iter().map(PersonRow::new).collect(),
            query,
        }
    }

    fn is_archive(&self) -> bool {
        self.query.state == "archived"
    }

    fn on_page(&self) -> String {
        match self.lines.len() {
            1 => "1 pessoa nesta página".into(),
            n => format!("{n} pessoas nesta página"),
        }
    }
}

impl PersonRow {
    fn new(row: Row) -> Self {
        let more = row.contacts - row.first.len() as i64;
        let mut contacts = row.first.join(", ");
        if more > 0 {
            contacts = format!("{contacts}, mais {more}");
        }
        Self {
            tint: tint(&row.id),
            count: count(row.contacts),
            contacts: if contacts.is_empty() { "Nenhum".into() } else { contacts },
            pending: match row.pending {
                0 => "Nenhum".into(),
                1 => "1 agendado".into(),
                n => format!("{n} agendados"),
            },
            id: row.id,
            name: row.name,
        }
    }
}
