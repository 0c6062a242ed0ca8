//! Saving a contact: its rules in one transaction.

use diesel::pg::PgConnection;
use serde_json::json;

use super::form::{Draft, Typed};
use super::queries::{self, Twin};
use crate::audit::{self, Action};
use crate::db::Db;
use crate::error::Result;
use crate::ids::{ContactId, UserId};
use crate::live::{self, Event};
use crate::web::FieldErrors;

/// A form that somebody sent.
pub struct Submission {
    /// None for a new contact.
    pub contact: Option<ContactId>,
    pub typed: Typed,
    pub by: UserId,
    pub ip: String,
}

/// What came of a form.
pub enum Outcome {
    Saved(ContactId),
    /// Nothing is wrong if there are no errors: then the twins must be accepted.
    Refused {
        errors: FieldErrors,
        twins: Vec<Twin>,
    },
}

/// # Errors
/// `NotFound`; `Conflict` if the contact is anonymised; or the database is unreachable.
pub async fn save(db: &Db, submission: Submission) -> Result<Outcome> {
    match db.transaction(move |conn| submission.save(conn)).await {
        Err(error) if error.violated_constraint() == Some("contacts_address_key") => {
            let mut errors = FieldErrors::default();
            let message = "Já existe um contato com este endereço nesta conexão.";
            errors.add("channel_id", message);
            Ok(Outcome::Refused { errors, twins: Vec::new() })
        }
        outcome => outcome,
    }
}

impl Submission {
    fn save(&self, conn: &mut PgConnection) -> Result<Outcome> {
        if let Some(contact) = self.contact {
            queries::lock(conn, contact)?;
        }
        let facts = queries::facts(conn, self.contact, self.typed.ids())?;
        let draft = match self.typed.parse(&facts) {
            Ok(draft) => draft,
            Err(errors) => return Ok(Outcome::Refused { errors, twins: Vec::new() }),
        };
        let twins = queries::twins(conn, self.contact, &draft)?;
        if !twins.iter().all(|twin| self.typed.accepts.contains(&twin.id)) {
            return Ok(Outcome::Refused { errors: FieldErrors::default(), twins });
        }
        self.write(conn, &draft).map(Outcome::Saved)
    }

    fn write(&self, conn: &mut PgConnection, draft: &Draft) -> Result<ContactId> {
        let (id, entry) = match self.contact {
            None => (queries::create(conn, draft)?, audit::Entry::of(Action::ContactCreated)),
            Some(id) => {
                let fields = queries::update(conn, id, draft)?;
                if fields.is_empty() {
                    return Ok(id);
                }
                live::announce(conn, &Event::ConversationsChanged(vec![id]))?;
                (id, audit::Entry::of(Action::ContactEdited).with(json!({ "fields": fields })))
            }
        };
        audit::record(conn, &entry.by(self.by).about(Some(id.0)).from(&self.ip))?;
        Ok(id)
    }
}
