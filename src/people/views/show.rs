//! The page of one person.

use askama::Template;

use super::{PersonContacts, count};
use crate::audit::Change;
use crate::auth::Account;
use crate::contacts::views::HistoryEntry;
use crate::ids::PersonId;
use crate::people::queries::PersonDetail;
use crate::web::tint;

#[derive(Template)]
#[template(path = "people/show.html")]
pub struct Show {
    id: PersonId,
    tint: u32,
    name: String,
    archived: Option<String>,
    is_anonymised: bool,
    can_schedule: bool,
    members: PersonContacts,
    history: Vec<HistoryEntry>,
}

impl Show {
    pub fn new(viewer: &Account, detail: PersonDetail, members: PersonContacts, history: &[Change]) -> Self {
        Self {
            id: detail.id,
            tint: tint(&detail.id),
            name: detail.name,
            archived: detail.archived_at.map(|at| viewer.zone.date_time(at)),
            is_anonymised: detail.anonymised_at.is_some(),
            can_schedule: viewer.can_schedule(),
            members,
            history: HistoryEntry::all(viewer, history, detail.created_at),
        }
    }

    fn count(&self) -> String {
        count(self.members.count)
    }
}
