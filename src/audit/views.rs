//! Finished data for the audit's page and file.

use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::handlers::Query;
use super::queries::log::{Person as Somebody, Row};
use super::sentences::{Group, Sentence};
use crate::auth::Person;
use crate::web::PageOf;

#[derive(Template)]
#[template(path = "audit/index.html")]
pub struct Index {
    lines: Vec<Line>,
    people: Vec<(String, String)>,
    actor: String,
    group: String,
    from: String,
    until: String,
    is_filtered: bool,
    export: String,
    newer: Option<String>,
    older: Option<String>,
}

struct Line {
    id: i64,
    sentence: Sentence,
    date: String,
    time: String,
    ip: String,
}

impl Index {
    pub fn new(viewer: &Person, query: &Query, page: PageOf<Row>, people: Vec<Somebody>) -> Self {
        let filter = address_of(query);
        let neighbour = |name: &str, cursor: String| format!("/audit?{filter}&{name}={cursor}");
        Self {
            people: people.into_iter().map(|person| (person.id.to_string(), person.name)).collect(),
            actor: query.actor.clone(),
            group: query.group.clone(),
            from: query.from.clone(),
            until: query.until.clone(),
            is_filtered: [&query.actor, &query.group, &query.from, &query.until]
                .iter()
                .any(|value| !value.is_empty()),
            export: format!("/audit/export?{filter}"),
            newer: page.before.map(|cursor| neighbour("before", cursor.to_string())),
            older: page.after.map(|cursor| neighbour("after", cursor.to_string())),
            lines: page.rows.into_iter().map(|row| Line::new(viewer, row)).collect(),
        }
    }

    fn groups(&self) -> &'static [Group] {
        Group::ALL
    }
}

impl Line {
    fn new(viewer: &Person, row: Row) -> Self {
        let zone = viewer.zone;
        Self {
            id: row.id,
            sentence: sentence(viewer, &row),
            date: zone.date(row.at),
            time: zone.time(row.at),
            ip: row.ip,
        }
    }
}

/// One line of the file.
pub fn cells(viewer: &Person, row: Row) -> Vec<String> {
    let at = viewer.zone.local(row.at).format("%d/%m/%Y %H:%M:%S").to_string();
    let text = sentence(viewer, &row).text();
    let subject = row.subject_id.map(|id| id.to_string()).unwrap_or_default();
    vec![at, row.actor.unwrap_or_default(), row.action, text, subject, row.ip]
}

/// An action that this version does not know reads as it is stored.
fn sentence(viewer: &Person, row: &Row) -> Sentence {
    let actor = row.actor.as_deref();
    let Ok(action) = row.action.parse() else {
        let lead = format!("{}: {}", actor.unwrap_or("A plataforma"), row.action);
        return Sentence { lead, record: None, detail: String::new() };
    };
    let subject = row.subject_id.map(|id| (id, row.subject.as_deref()));
    Sentence::of(action, actor, subject, &row.details, viewer)
}

fn address_of(query: &Query) -> String {
    let pairs =
        [("actor", &query.actor), ("group", &query.group), ("from", &query.from), ("until", &query.until)];
    let pair =
        |(name, value): (&str, &String)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    let typed = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    typed.map(pair).collect::<Vec<_>>().join("&")
}
