//! Views of the audit page, and the rows of its CSV file.

use askama::Template;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::handlers::Query;
use super::queries::{Row, UserChoice};
use super::sentences::{Group, Sentence};
use crate::auth::Account;
use crate::db::PageOf;
use crate::web::FilterRemarks;

#[derive(Template)]
#[template(path = "audit/index.html")]
pub struct Index {
    lines: Vec<Line>,
    users: Vec<(String, String)>,
    actor: String,
    group: String,
    from: String,
    until: String,
    is_filtered: bool,
    export: String,
    newer: Option<String>,
    older: Option<String>,
    remarks: FilterRemarks,
}

struct Line {
    id: i64,
    sentence: Sentence,
    date: String,
    time: String,
    ip: String,
}

impl Index {
    pub fn new(
        viewer: &Account,
        query: &Query,
        page: PageOf<Row>,
        users: Vec<UserChoice>,
        remarks: FilterRemarks,
    ) -> Self {
        let neighbour = |name: &str, cursor: String| query.address(&format!("{name}={cursor}"));
        Self {
            users: users.into_iter().map(|user| (user.id.to_string(), user.name)).collect(),
            actor: query.actor.clone(),
            group: query.group.clone(),
            from: query.from.clone(),
            until: query.until.clone(),
            is_filtered: [&query.actor, &query.group, &query.from, &query.until]
                .iter()
                .any(|value| !value.is_empty()),
            export: query.address("").replacen("/audit", "/audit/export", 1),
            newer: page.before.map(|cursor| neighbour("before", cursor.to_string())),
            older: page.after.map(|cursor| neighbour("after", cursor.to_string())),
            lines: page.rows.into_iter().map(|row| Line::new(viewer, row)).collect(),
            remarks,
        }
    }

    fn groups(&self) -> &'static [Group] {
        Group::ALL
    }
}

impl Line {
    fn new(viewer: &Account, row: Row) -> Self {
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

/// The file's column headings.
pub const HEAD: &[&str] =
    &["Data e hora", "Quem fez", "Assunto", "O que aconteceu", "Registro", "Origem (IP)"];

/// One row of the file.
pub fn cells(viewer: &Account, row: Row) -> Vec<String> {
    let at = viewer.zone.local(row.at).format("%d/%m/%Y %H:%M:%S").to_string();
    let sentence = sentence(viewer, &row);
    let group = row.action.parse().map_or("Outros", |action| Group::of(action).label());
    let subject = row.subject_id.map(|id| format!("nº {id}")).unwrap_or_default();
    let ip = if row.ip.is_empty() { "Interna".to_owned() } else { row.ip };
    let text = sentence.text();
    vec![at, sentence.who, group.to_owned(), text, subject, ip]
}

/// An action that this version does not know is shown as stored.
fn sentence(viewer: &Account, row: &Row) -> Sentence {
    let actor = row.actor.as_deref();
    let Ok(action) = row.action.parse() else {
        let who = actor.unwrap_or("A plataforma").to_owned();
        let lead = format!("{who}: {}", row.action);
        return Sentence { who, lead, record: None, detail: String::new() };
    };
    let subject = row.subject_id.map(|id| (id, row.subject.as_deref()));
    Sentence::of(action, actor, subject, &row.details, viewer)
}

impl Query {
    /// The path of the page with this filter. `place` is the cursor as a query parameter, or empty.
    pub fn address(&self, place: &str) -> String {
        let all =
            [("actor", &self.actor), ("group", &self.group), ("from", &self.from), ("until", &self.until)];
        let pair = |(name, value): (&str, &String)| {
            format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC))
        };
        let typed = all.into_iter().filter(|(_, value)| !value.is_empty());
        let place = Some(place.to_owned()).filter(|place| !place.is_empty());
        let parts: Vec<String> = typed.map(pair).chain(place).collect();
        if parts.is_empty() { "/audit".into() } else { format!("/audit?{}", parts.join("&")) }
    }

    /// The cursor as a query parameter, or empty.
    pub fn place(&self) -> String {
        let all = [("before", &self.before), ("after", &self.after)];
        let set = all.into_iter().find(|(_, value)| !value.is_empty());
        set.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .unwrap_or_default()
    }
}
