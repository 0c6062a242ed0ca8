//! Saves a person and moves their contacts, in one transaction.

use diesel::pg::PgConnection;
use serde_json::json;

use super::form::{PersonInput, ValidPerson, snapshot};
use super::queries::{self, Namesake, PersonDetail};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::ids::{ContactId, PersonId};
use crate::live::{self, Event};
use crate::refusal::{Refusal, StaleEdit};

/// A submitted form.
pub struct Submission {
    /// None for a new person.
    pub person: Option<PersonId>,
    pub typed: PersonInput,
    pub by: Account,
}

/// The result of submitting the form.
pub enum SaveOutcome {
    Saved(PersonId),
    Refused(Refusal),
    /// Other people have the same name. The user must accept them to save.
    HasNamesakes(Vec<Namesake>),
}

impl Submission {
    /// Saves in the caller's transaction.
    pub fn save(&self, conn: &mut PgConnection) -> Result<SaveOutcome> {
        let before = self.person.map(|person| queries::lock(conn, person)).transpose()?;
        let known = queries::existing_contacts(conn, &self.typed.added)?;
        let known: Vec<ContactId> = known.into_iter().map(|member| member.id).collect();
        let is_archived = before.as_ref().is_some_and(|before| before.archived_at.is_some());
        let valid = match self.typed.parse(&known, is_archived) {
            Ok(valid) => valid,
            Err(errors) => return Ok(SaveOutcome::Refused(errors.into())),
        };
        let renamed = before.as_ref().is_none_or(|before| before.name != valid.name);
        if let Some(before) = before.as_ref().filter(|_| renamed)
            && let Some(stale) = self.stale(conn, before)?
        {
            return Ok(SaveOutcome::Refused(stale.into()));
        }
        let namesakes = match renamed {
            true => queries::namesakes(conn, self.person, &valid.name)?,
            false => Vec::new(),
        };
        if !namesakes.iter().all(|one| self.typed.accepted_namesakes.contains(&one.id)) {
            return Ok(SaveOutcome::HasNamesakes(namesakes));
        }
        match before {
            None => {
                let id = queries::create(conn, &valid.name)?;
                self.move_contacts(conn, id, &valid, Action::PersonCreated, Vec::new())?;
                Ok(SaveOutcome::Saved(id))
            }
            Some(before) => {
                if renamed {
                    queries::rename(conn, before.id, &valid.name)?;
                }
                let fields = if renamed { vec!["name"] } else { Vec::new() };
                self.move_contacts(conn, before.id, &valid, Action::PersonEdited, fields)?;
                Ok(SaveOutcome::Saved(before.id))
            }
        }
    }

    fn stale(&self, conn: &mut PgConnection, before: &PersonDetail) -> Result<Option<StaleEdit>> {
        let now = snapshot(before);
        if !now.has_changed_since(&self.typed.version) {
            return Ok(None);
        }
        let named = [Action::PersonCreated, Action::PersonEdited];
        let last = audit::newest_about(conn, &named, before.id.0, 1)?.pop();
        Ok(Some(StaleEdit::new(&self.typed.version, &now, last)))
    }

    fn move_contacts(
        &self,
        conn: &mut PgConnection,
        person: PersonId,
        valid: &ValidPerson,
        action: Action,
        mut fields: Vec<&str>,
    ) -> Result<()> {
        let removed = queries::remove_contacts(conn, person, Some(&valid.removed))?;
        let added = queries::add_contacts(conn, person, &valid.added)?;
        let moved = [removed.clone(), added.clone()].concat();
        if !moved.is_empty() {
            fields.push("contacts");
        }
        if fields.is_empty() && action == Action::PersonEdited {
            return Ok(());
        }
        for contact in &moved {
            self.record(conn, Action::ContactEdited, contact.0, json!({ "fields": ["person"] }))?;
        }
        // Only numbers, not ids: the audit cannot be cleared, so it must not show which person an anonymised
        // contact had.
        let details = json!({ "fields": fields, "added": added.len(), "removed": removed.len() });
        self.record(conn, action, person.0, details)?;
        live::announce(conn, &Event::ConversationsChanged(moved))
    }

    fn record(
        &self,
        conn: &mut PgConnection,
        action: Action,
        subject: i64,
        details: serde_json::Value,
    ) -> Result<()> {
        let entry = audit::Entry::of(action).by(&self.by).about(Some(subject)).with(details);
        audit::record(conn, &entry)
    }
}
