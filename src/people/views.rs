//! Finished data for the templates of people.

use askama::Template;
use diesel::pg::PgConnection;
use serde::{Deserialize, Serialize};

use super::form::Typed;
use super::queries::{self, Detail, Filter, Member, Namesake, Row};
use crate::audit::Change;
use crate::auth::Viewer;
use crate::contacts::form::NAME_LIMIT;
use crate::contacts::queries::{Choice, options};
use crate::contacts::{display, views::Entry};
use crate::error::Result;
use crate::ids::{ContactId, PersonId};
use crate::web::{FieldErrors, NameCursor, PageOf, Refusal, Search, Stale, initials, tint};

/// The list as its address asks for it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct ListQuery {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    q: String,
    /// `archived`, else the others.
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

    fn narrows(&self) -> bool {
        !self.q.trim().is_empty() || !self.state.is_empty()
    }
}

#[derive(Template)]
#[template(path = "people/index.html")]
pub struct Index {
    query: ListQuery,
    lines: Vec<Line>,
    before: Option<String>,
    after: Option<String>,
}

struct Line {
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
            lines: rows.into_iter().map(Line::new).collect(),
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

impl Line {
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

fn count(contacts: i64) -> String {
    match contacts {
        0 => "Nenhum contato".into(),
        1 => "1 contato".into(),
        n => format!("{n} contatos"),
    }
}

/// One of her contacts, on her page or form.
struct MemberLine {
    id: ContactId,
    initials: String,
    tint: u32,
    name: String,
    sub: String,
    is_archived: bool,
    has_open_ticket: bool,
    is_removed: bool,
}

impl MemberLine {
    fn new(member: Member) -> Self {
        Self {
            id: member.id,
            initials: initials(&member.name),
            tint: tint(&member.id),
            sub: display::line(&member.phone, &member.email, &member.channel_name),
            name: member.name,
            is_archived: member.is_archived,
            has_open_ticket: member.has_open_ticket,
            is_removed: false,
        }
    }
}

#[derive(Template)]
#[template(path = "people/show.html")]
pub struct Show {
    csrf: String,
    id: PersonId,
    tint: u32,
    name: String,
    archived: Option<String>,
    is_anonymised: bool,
    can_schedule: bool,
    members: Vec<MemberLine>,
    history: Vec<Entry>,
}

impl Show {
    pub fn new(
        viewer: &Viewer,
        csrf: &str,
        detail: Detail,
        members: Vec<Member>,
        history: &[Change],
    ) -> Self {
        Self {
            csrf: csrf.to_owned(),
            id: detail.id,
            tint: tint(&detail.id),
            name: detail.name,
            archived: detail.archived_at.map(|at| viewer.zone.date_time(at)),
            is_anonymised: detail.anonymised_at.is_some(),
            can_schedule: viewer.can_schedule(),
            members: members.into_iter().map(MemberLine::new).collect(),
            history: Entry::all(viewer, history, detail.created_at),
        }
    }

    fn count(&self) -> String {
        count(self.members.len() as i64)
    }
}

#[derive(Template)]
#[template(path = "people/form.html")]
pub struct FormPage {
    csrf: String,
    person: Option<PersonId>,
    typed: Typed,
    members: Vec<MemberLine>,
    choices: Vec<Choice>,
    errors: FieldErrors,
    stale: Option<Stale>,
    namesakes: Vec<Namesake>,
}

impl FormPage {
    /// # Errors
    /// The database is unreachable.
    pub fn load(conn: &mut PgConnection, csrf: &str, person: Option<PersonId>, typed: Typed) -> Result<Self> {
        let members = person.map(|person| queries::members(conn, person)).transpose()?.unwrap_or_default();
        let members = members
            .into_iter()
            .map(MemberLine::new)
            .map(|line| MemberLine { is_removed: typed.removed.contains(&line.id), ..line });
        let members: Vec<MemberLine> = members.collect();
        let chosen = queries::chosen(conn, &typed.added)?.into_iter().map(|member| Choice {
            id: member.id.0,
            sub: display::line(&member.phone, &member.email, &member.channel_name),
            name: member.name,
        });
        let mut choices: Vec<Choice> = chosen.collect();
        for choice in options(conn, None)? {
            if choices.iter().all(|known| known.id != choice.id) {
                choices.push(Choice { sub: display::phones(&choice.sub), ..choice });
            }
        }
        choices.retain(|choice| members.iter().all(|member| member.id.0 != choice.id));
        let (csrf, errors) = (csrf.to_owned(), FieldErrors::default());
        Ok(Self { csrf, person, typed, members, choices, errors, stale: None, namesakes: Vec::new() })
    }

    /// The same form with why it was not saved.
    pub fn refused(self, refusal: Refusal) -> Self {
        let (errors, stale, version) = refusal.shown(self.typed.version.clone());
        Self { errors, stale, typed: Typed { version, ..self.typed }, ..self }
    }

    /// The same form with who has the name already.
    pub fn asking(self, namesakes: Vec<Namesake>) -> Self {
        Self { namesakes, ..self }
    }

    fn accepted(&self) -> String {
        self.namesakes.iter().map(|one| one.id.to_string()).collect::<Vec<_>>().join(",")
    }

    pub fn title(&self) -> &'static str {
        if self.person.is_some() { "Editar pessoa" } else { "Nova pessoa" }
    }

    fn action(&self) -> String {
        self.person.map_or("/people".into(), |id| format!("/people/{id}"))
    }

    fn name_limit(&self) -> usize {
        NAME_LIMIT
    }

    fn is_chosen(&self, choice: &Choice) -> bool {
        self.typed.added.contains(&ContactId(choice.id))
    }
}

/// The question before archiving.
#[derive(Template)]
#[template(path = "people/archival.html")]
pub struct Archival {
    csrf: String,
    id: PersonId,
    name: String,
    members: Vec<MemberLine>,
    pending: i64,
}

impl Archival {
    /// # Errors
    /// `NotFound`, or the database is unreachable.
    pub fn load(conn: &mut PgConnection, csrf: &str, person: PersonId) -> Result<Self> {
        let detail = queries::detail(conn, person)?;
        let members = queries::members(conn, person)?.into_iter().map(MemberLine::new).collect();
        let pending = queries::pending(conn, person)?;
        Ok(Self { csrf: csrf.to_owned(), id: person, name: detail.name, members, pending })
    }
}
