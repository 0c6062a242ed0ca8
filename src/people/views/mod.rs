//! Finished data for the templates of people.

mod archival;
mod form;
mod index;
mod show;

use diesel::pg::PgConnection;

pub use self::archival::ArchivalPage;
pub use self::form::FormPage;
pub use self::index::{Index, ListQuery};
pub use self::show::Show;
use super::queries::{self, PersonContact};
use crate::contacts::display;
use crate::error::Result;
use crate::ids::{ContactId, PersonId};
use crate::text::thousands;
use crate::web::{initials, tint};

fn count(contacts: i64) -> String {
    match contacts {
        0 => "Nenhum contato".into(),
        1 => "1 contato".into(),
        n => format!("{} contatos", thousands(n)),
    }
}

/// The contacts that a person's pages show, and how many there are in total.
pub struct PersonContacts {
    lines: Vec<ContactRow>,
    count: i64,
}

impl PersonContacts {
    pub fn of(conn: &mut PgConnection, person: PersonId) -> Result<Self> {
        let members = queries::contacts_of(conn, person)?;
        let shown = members.len() as i64;
        let count =
            if shown < queries::MAX_CONTACTS_SHOWN { shown } else { queries::count_contacts(conn, person)? };
        Ok(Self { lines: members.into_iter().map(ContactRow::new).collect(), count })
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
struct ContactRow {
    id: ContactId,
    initials: String,
    tint: u32,
    name: String,
    sub: String,
    is_archived: bool,
    has_open_ticket: bool,
    is_removed: bool,
}

impl ContactRow {
    fn new(member: PersonContact) -> Self {
        Self {
            id: member.id,
            initials: initials(&member.name),
            tint: tint(&member.id),
            sub: display::subtitle(&member.phone, &member.email, &member.channel_name),
            name: member.name,
            is_archived: member.is_archived,
            has_open_ticket: member.has_open_ticket,
            is_removed: false,
        }
    }
}
