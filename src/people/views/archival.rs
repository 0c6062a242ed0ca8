//! The confirmation question before archiving.

use askama::Template;
use diesel::pg::PgConnection;

use super::PersonContacts;
use crate::error::Result;
use crate::ids::PersonId;
use crate::people::queries;

#[derive(Template)]
#[template(path = "people/archival.html")]
pub struct ArchivalPage {
    id: PersonId,
    name: String,
    members: PersonContacts,
    pending: i64,
}

impl ArchivalPage {
    pub fn load(conn: &mut PgConnection, person: PersonId) -> Result<Self> {
        let detail = queries::detail(conn, person)?;
        let members = PersonContacts::of(conn, person)?;
        let pending = queries::count_pending_schedules(conn, person)?;
        Ok(Self { id: person, name: detail.name, members, pending })
    }
}
