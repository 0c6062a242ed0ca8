//! The confirmation question before archiving.

use askama::Template;

use super::AffectedRecords;
use crate::contacts::queries::ContactDetail;
use crate::ids::ContactId;

/// The question, as a page or as a dialogue on the contact's page.
#[derive(Template)]
#[template(path = "contacts/archival.html")]
pub struct ArchivalPage {
    id: ContactId,
    name: String,
    affected: AffectedRecords,
    is_dialog: bool,
}

impl ArchivalPage {
    pub fn new(detail: &ContactDetail, affected: AffectedRecords, is_dialog: bool) -> Self {
        Self { id: detail.id, name: detail.name.clone(), affected, is_dialog }
    }
}
