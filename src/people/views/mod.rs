//! Finished data for the templates of people.

mod index;

use askama::Template;
use diesel::pg::PgConnection;

pub use self::index::{Index, ListQuery};
use super::form::Typed;
use super::queries::{self, Detail, Member, Namesake};
use crate::audit::Change;
use crate::auth::Account;
use crate::contacts::form::NAME_LIMIT;
use crate::contacts::queries::{Choice, options};
use crate::contacts::{display, views::Entry};
use crate::error::Result;
use crate::ids::{ContactId, PersonId};
use crate::web::{FieldErrors, Refusal, Stale, initials, thousands, tint};

fn count(contacts: i64) -> String {
    match contacts {
        0 => "Nenhum contato".into(),
        1 => "1 contato".into(),
        n => format!("{} contatos", thousands(n)),
    }
}

/// The contacts that a person's pages show, and how many there are in total.
pub struct Members {
    lines: Vec<MemberLine>,
    count: i64,
}

impl Members {
    pub fn of(conn: &mut PgConnection, person: PersonId) -> Result<Self> {
        let members = queries::members(conn, person)?;
        let shown = members.len() as i64;
        let count = if shown < queries::CONTACTS { shown } else { queries::count_members(conn, person)? };
        Ok(Self { lines: members.into_iter().map(MemberLine::new).collect(), count })
    }

    /// Says how many contacts are not shown.
    fn rest(&self) -> String {
        match self.count - self.lines.len() as i64 {
            1 => "Mais 1 contato não aparece aqui.".into(),
            n => format!("Mais {} contatos não aparecem aqui.", thousands(n)),
        }
    }

    fn is_cut(&self) -> bool {
        self.count > self.lines.len() as i64
    }
}

/// A contact on the person's page or form.
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
    id: PersonId,
    tint: u32,
    name: String,
    archived: Option<String>,
    is_anonymised: bool,
    can_schedule: bool,
    members: Members,
    history: Vec<Entry>,
}

impl Show {
    pub fn new(viewer: &Account, detail: Detail, members: Members, history: &[Change]) -> Self {
        Self {
            id: detail.id,
            tint: tint(&detail.id),
            name: detail.name,
            archived: detail.archived_at.map(|at| viewer.zone.date_time(at)),
            is_anonymised: detail.anonymised_at.is_some(),
            can_schedule: viewer.can_schedule(),
            members,
            history: Entry::all(viewer, history, detail.created_at),
        }
    }

    fn count(&self) -> String {
        count(self.members.count)
    }
}

#[derive(Template)]
#[template(path = "people/form.html")]
pub struct FormPage {
    person: Option<PersonId>,
    typed: Typed,
    members: Members,
    choices: Vec<Choice>,
    errors: FieldErrors,
    stale: Option<Stale>,
    namesakes: Vec<Namesake>,
}

impl FormPage {
    pub fn load(conn: &mut PgConnection, person: Option<PersonId>, typed: Typed) -> Result<Self> {
        let mut members = match person {
            Some(person) => Members::of(conn, person)?,
            None => Members { lines: Vec::new(), count: 0 },
        };
        for line in &mut members.lines {
            line.is_removed = typed.removed.contains(&line.id);
        }
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
        choices.retain(|choice| members.lines.iter().all(|member| member.id.0 != choice.id));
        let errors = FieldErrors::default();
        Ok(Self { person, typed, members, choices, errors, stale: None, namesakes: Vec::new() })
    }

    /// The same form with the reason why it was not saved.
    pub fn refused(self, refusal: Refusal) -> Self {
        let (errors, stale, version) = refusal.shown(self.typed.version.clone());
        Self { errors, stale, typed: Typed { version, ..self.typed }, ..self }
    }

    /// The same form with the people who have the same name.
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

/// The confirmation question before archiving.
#[derive(Template)]
#[template(path = "people/archival.html")]
pub struct Archival {
    id: PersonId,
    name: String,
    members: Members,
    pending: i64,
}

impl Archival {
    pub fn load(conn: &mut PgConnection, person: PersonId) -> Result<Self> {
        let detail = queries::detail(conn, person)?;
        let members = Members::of(conn, person)?;
        let pending = queries::pending(conn, person)?;
        Ok(Self { id: person, name: detail.name, members, pending })
    }
}
