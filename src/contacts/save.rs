//! Saves a contact and checks its rules, in one transaction.

use diesel::pg::PgConnection;
use serde_json::json;

use super::display;
use super::form::{Draft, Typed};
use super::queries::{self, Detail, Twin};
use crate::audit::{self, Action};
use crate::auth::Viewer;
use crate::db::Db;
use crate::departments::sight;
use crate::error::Result;
use crate::ids::ContactId;
use crate::live::{self, Event};
use crate::web::{FieldErrors, Refusal, Snapshot, Stale};

/// A submitted form.
pub struct Submission {
    /// None for a new contact.
    pub contact: Option<ContactId>,
    pub typed: Typed,
    pub by: Viewer,
}

/// The result of submitting the form.
pub enum Outcome {
    Saved(ContactId),
    /// If `twins` is not empty, the form has no other errors: the user must accept the twins to save.
    Refused {
        refusal: Refusal,
        twins: Vec<Twin>,
    },
}

pub async fn save(db: &Db, submission: Submission) -> Result<Outcome> {
    let saved = match submission.contact {
        Some(contact) => db.transaction_on(contact, move |conn| submission.save(conn)).await,
        None => db.transaction(move |conn| submission.save(conn)).await,
    };
    match saved {
        Err(error) if error.violated_constraint() == Some("contacts_address_key") => {
            let mut errors = FieldErrors::default();
            let message = "Já existe um contato com este endereço nesta conexão.";
            errors.add("channel_id", message);
            Ok(Outcome::Refused { refusal: errors.into(), twins: Vec::new() })
        }
        outcome => outcome,
    }
}

impl Submission {
    fn save(&self, conn: &mut PgConnection) -> Result<Outcome> {
        let before = self.contact.map(|contact| queries::lock(conn, contact)).transpose()?;
        if let Some(person) = self.typed.ids().person {
            queries::hold_person(conn, person)?;
        }
        let facts = queries::facts(conn, self.contact, self.typed.ids())?;
        let draft = match self.typed.parse(&facts) {
            Ok(draft) => draft,
            Err(errors) => return Ok(Outcome::Refused { refusal: errors.into(), twins: Vec::new() }),
        };
        if let Some(before) = before.filter(|before| !draft.is_of(before))
            && let Some(stale) = self.stale(&before)
        {
            let edited = [Action::ContactCreated, Action::ContactEdited];
            let last = audit::newest_about(conn, &edited, before.id.0, 1)?.pop();
            return Ok(Outcome::Refused { refusal: stale.by(last, self.by.zone), twins: Vec::new() });
        }
        if let Some(errors) = self.takes_over(conn, &draft)? {
            return Ok(Outcome::Refused { refusal: errors.into(), twins: Vec::new() });
        }
        let twins = queries::twins(conn, self.contact, &draft)?;
        if !twins.iter().all(|twin| self.typed.accepts.contains(&twin.id)) {
            return Ok(Outcome::Refused { refusal: FieldErrors::default().into(), twins });
        }
        self.write(conn, &draft).map(Outcome::Saved)
    }

    /// Refuses a change of channel that would show the editor a conversation they cannot see today. Each
    /// channel has its own default department, where a contact's first messages wait.
    fn takes_over(&self, conn: &mut PgConnection, draft: &Draft) -> Result<Option<FieldErrors>> {
        let Some(contact) = self.contact else { return Ok(None) };
        let (from, to) = queries::first_queues(conn, contact, draft.channel)?;
        if from == to || sight::may_lead(conn, &self.by, from, to)? {
            return Ok(None);
        }
        let mut errors = FieldErrors::default();
        errors.add(
            "channel_id",
            "As mensagens desta conexão chegam a um departamento seu, e você passaria a ver uma conversa que hoje não vê. Peça a outra pessoa para mudar.",
        );
        Ok(Some(errors))
    }

    fn stale(&self, before: &Detail) -> Option<Stale> {
        Stale::since(&self.typed.version, &snapshot(before), format!("/contacts/{}/edit", before.id))
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
        audit::record(conn, &entry.by(&self.by).about(Some(id.0)))?;
        Ok(id)
    }
}

impl Draft {
    /// Whether the contact already has all these values.
    fn is_of(&self, contact: &Detail) -> bool {
        (&self.name, &self.phone, &self.email) == (&contact.name, &contact.phone, &contact.email)
            && (self.channel, self.person) == (contact.channel_id, contact.person_id)
            && (self.department, self.attendant) == (contact.department_id, contact.attendant_id)
    }
}

/// The fields of a contact as its form shows them, for finding stale edits.
pub fn snapshot(contact: &Detail) -> Snapshot {
    let id = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let (person, department, attendant) =
        (name(&contact.person_name), name(&contact.department_name), name(&contact.attendant_name));
    Snapshot::default()
        .text("Nome", &contact.name)
        .choice("Telefone", &contact.phone, &display::phone(&contact.phone))
        .text("E-mail", &contact.email)
        .choice("Conexão", contact.channel_id, &contact.channel_name)
        .choice("Pessoa", id(contact.person_id.map(|id| id.0)), &person)
        .choice("Departamento padrão", id(contact.department_id.map(|id| id.0)), &department)
        .choice("Atendente padrão", id(contact.attendant_id.map(|id| id.0)), &attendant)
}
