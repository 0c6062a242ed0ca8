//! Saves a contact and checks its rules, in one transaction.

use diesel::pg::PgConnection;
use serde_json::json;

use super::display;
use super::form::{ContactInput, ValidContact};
use super::identities::IDENTITY_KEYS;
use super::queries::{self, ContactDetail, PossibleDuplicate};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::db::Db;
use crate::departments::self_access;
use crate::error::Result;
use crate::ids::ContactId;
use crate::live::{self, Event};
use crate::refusal::{FieldErrors, Refusal, Snapshot, StaleEdit};

/// A submitted form.
pub struct Submission {
    /// None for a new contact.
    pub contact: Option<ContactId>,
    pub typed: ContactInput,
    pub by: Account,
}

/// The result of submitting the form.
pub enum SaveOutcome {
    Saved(ContactId),
    /// If `duplicates` is not empty, the form has no other errors: the user must accept the duplicates to save.
    Refused {
        refusal: Refusal,
        duplicates: Vec<PossibleDuplicate>,
    },
}

pub async fn save(db: &Db, submission: Submission) -> Result<SaveOutcome> {
    let saved = match submission.contact {
        Some(contact) => db.transaction_on(contact, move |conn| submission.save(conn)).await,
        None => db.transaction(move |conn| submission.save(conn)).await,
    };
    match saved {
        Err(error) if error.violated_constraint().is_some_and(|key| IDENTITY_KEYS.contains(&key)) => {
            let mut errors = FieldErrors::default();
            let message = "Já existe um contato com este endereço nesta conexão.";
            errors.add("channel_id", message);
            Ok(SaveOutcome::Refused { refusal: errors.into(), duplicates: Vec::new() })
        }
        outcome => outcome,
    }
}

impl Submission {
    fn save(&self, conn: &mut PgConnection) -> Result<SaveOutcome> {
        let before = self.contact.map(|contact| queries::lock(conn, contact)).transpose()?;
        if let Some(person) = self.typed.ids().person {
            queries::lock_person(conn, person)?;
        }
        let records = queries::referenced_records(conn, self.contact, self.typed.ids())?;
        let valid = match self.typed.parse(&records) {
            Ok(valid) => valid,
            Err(errors) => {
                return Ok(SaveOutcome::Refused { refusal: errors.into(), duplicates: Vec::new() });
            }
        };
        if let Some(before) = before.filter(|before| !valid.matches(before))
            && let Some(stale) = self.stale(conn, &before)?
        {
            return Ok(SaveOutcome::Refused { refusal: stale.into(), duplicates: Vec::new() });
        }
        if let Some(errors) = self.refuse_takeover(conn, &valid)? {
            return Ok(SaveOutcome::Refused { refusal: errors.into(), duplicates: Vec::new() });
        }
        let duplicates = queries::possible_duplicates(conn, self.contact, &valid)?;
        if !duplicates.iter().all(|duplicate| self.typed.accepted_duplicates.contains(&duplicate.id)) {
            return Ok(SaveOutcome::Refused { refusal: FieldErrors::default().into(), duplicates });
        }
        self.write(conn, &valid).map(SaveOutcome::Saved)
    }

    /// Refuses a change of channel that would show the editor a conversation they cannot see today. Each
    /// channel has its own default department, where a contact's first messages wait.
    fn refuse_takeover(&self, conn: &mut PgConnection, valid: &ValidContact) -> Result<Option<FieldErrors>> {
        let Some(contact) = self.contact else { return Ok(None) };
        let (from, to) = queries::default_departments(conn, contact, valid.channel)?;
        if from == to || self_access::may_send_work(conn, &self.by, from, to)? {
            return Ok(None);
        }
        let mut errors = FieldErrors::default();
        errors.add(
            "channel_id",
            "As mensagens desta conexão chegam a um departamento seu, e você passaria a ver uma conversa que hoje não vê. Peça a outra pessoa para mudar.",
        );
        Ok(Some(errors))
    }

    fn stale(&self, conn: &mut PgConnection, before: &ContactDetail) -> Result<Option<StaleEdit>> {
        let now = snapshot(before);
        if !now.has_changed_since(&self.typed.version) {
            return Ok(None);
        }
        let edited = [Action::ContactCreated, Action::ContactEdited];
        let last = audit::newest_about(conn, &edited, before.id.0, 1)?.pop();
        Ok(Some(StaleEdit::new(&self.typed.version, &now, last)))
    }

    fn write(&self, conn: &mut PgConnection, valid: &ValidContact) -> Result<ContactId> {
        let (id, entry) = match self.contact {
            None => (queries::create(conn, valid)?, audit::Entry::of(Action::ContactCreated)),
            Some(id) => {
                let fields = queries::update(conn, id, valid)?;
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

impl ValidContact {
    /// Whether the contact already has all these values.
    fn matches(&self, contact: &ContactDetail) -> bool {
        (&self.name, &self.phone, &self.email) == (&contact.name, &contact.phone, &contact.email)
            && (self.channel, self.person) == (contact.channel_id, contact.person_id)
            && (self.department, self.attendant) == (contact.department_id, contact.attendant_id)
    }
}

/// The fields of a contact as its form shows them, for finding stale edits.
pub fn snapshot(contact: &ContactDetail) -> Snapshot {
    let id = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let (person, department, attendant) =
        (name(&contact.person_name), name(&contact.department_name), name(&contact.attendant_name));
    Snapshot::default()
        .text("name", "Nome", &contact.name)
        .text("phone", "Telefone", &display::phone(&contact.phone))
        .text("email", "E-mail", &contact.email)
        .choice("channel_id", "Conexão", contact.channel_id, &contact.channel_name)
        .choice("person_id", "Pessoa", id(contact.person_id.map(|id| id.0)), &person)
        .group(
            [
                ("default_department_id", id(contact.department_id.map(|id| id.0))),
                ("default_attendant_id", id(contact.attendant_id.map(|id| id.0))),
            ],
            "Departamento e atendente padrão",
            &[department, attendant]
                .into_iter()
                .filter(|name| !name.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
        )
}
