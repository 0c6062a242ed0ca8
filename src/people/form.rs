//! The form of a person.

use super::queries::PersonDetail;
use crate::contacts::form;
use crate::ids::{ContactId, PersonId};
use crate::refusal::{FieldErrors, Snapshot};
use crate::web::Fields;

/// Maximum contacts that one form adds.
const MAX_ADDED_CONTACTS: usize = 200;

/// The form as it was typed.
#[derive(Clone, Debug, Default)]
pub struct PersonInput {
    pub name: String,
    /// Contacts to add to the person.
    pub added: Vec<ContactId>,
    /// Contacts to remove from the person.
    pub removed: Vec<ContactId>,
    /// People with the same name whom the visitor has seen in the warning and accepts.
    pub accepted_namesakes: Vec<PersonId>,
    /// Version of the person that the form showed.
    pub version: String,
}

/// A person whose fields are all valid.
#[derive(Clone, Debug)]
pub struct ValidPerson {
    pub name: String,
    pub added: Vec<ContactId>,
    pub removed: Vec<ContactId>,
}

impl PersonInput {
    pub fn read(fields: &Fields) -> Self {
        let ids = |name: &str| fields.all(name).filter_map(|id| id.parse().ok()).collect();
        let text = |name: &str| fields.get(name).to_owned();
        let accepted_namesakes = fields.get("accepts").split(',').filter_map(|id| id.parse().ok()).collect();
        Self {
            name: text("name"),
            added: ids("added"),
            removed: ids("removed"),
            accepted_namesakes,
            version: text("version"),
        }
    }

    /// Contacts that the form adds or removes, at most as many as a form may.
    pub fn contacts(&self) -> Vec<ContactId> {
        self.added
            .iter()
            .take(MAX_ADDED_CONTACTS)
            .chain(self.removed.iter().take(MAX_ADDED_CONTACTS))
            .copied()
            .collect()
    }

    /// The form's fields filled with a saved person.
    pub fn of(person: &PersonDetail) -> Self {
        Self { name: person.name.clone(), version: snapshot(person).version(), ..Self::default() }
    }

    /// Collects every field error. `known` are the added contacts that exist and are not archived.
    pub fn parse(&self, known: &[ContactId], is_archived: bool) -> Result<ValidPerson, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = form::name(&self.name).map_err(|message| errors.add("name", message));
        if is_archived && !self.added.is_empty() {
            errors.add("added", "Esta pessoa foi arquivada. Restaure a pessoa para adicionar contatos.");
        } else if self.added.len() > MAX_ADDED_CONTACTS {
            errors.add("added", "Adicione até 200 contatos por vez.");
        } else if self.added.iter().any(|contact| !known.contains(contact)) {
            errors.add("added", "Um dos contatos foi arquivado. Escolha outro.");
        }
        match name {
            Ok(name) if errors.is_empty() => {
                Ok(ValidPerson { name, added: self.added.clone(), removed: self.removed.clone() })
            }
            _ => Err(errors),
        }
    }
}

/// The fields of a person as the form shows them, for finding stale edits. Contacts are not included: the form
/// sends only those to add or remove, so it cannot undo another user's change.
pub fn snapshot(person: &PersonDetail) -> Snapshot {
    Snapshot::default().text("name", "Nome", &person.name)
}
