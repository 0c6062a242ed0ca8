//! The confirmation question before the customer's link is revoked.

use askama::Template;

use crate::contacts::queries::ContactDetail;
use crate::ids::ContactId;

/// The question, as a page or as a dialogue on the contact's page.
#[derive(Template)]
#[template(path = "contacts/link_revocation.html")]
pub struct LinkRevocationPage {
    id: ContactId,
    name: String,
    is_dialog: bool,
}

impl LinkRevocationPage {
    pub fn new(detail: &ContactDetail, is_dialog: bool) -> Self {
        Self { id: detail.id, name: detail.name.clone(), is_dialog }
    }
}
