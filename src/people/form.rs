//! The form of a person.

use super::queries::Detail;
use crate::contacts::form;
use crate::ids::{ContactId, PersonId};
use crate::web::{FieldErrors, Fields, Snapshot};

/// A form adds and removes so many contacts at most.
const MOST: usize = 200;

/// What somebody typed and chose.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub name: String,
    /// Contacts that become hers.
    pub added: Vec<ContactId>,
    /// Contacts that are hers no more.
    pub removed: Vec<ContactId>,
    /// Who has the same name, as the visitor has been shown and accepts.
    pub accepts: Vec<PersonId>,
    /// The version that was shown.
    pub version: String,
}

/// A person as she may be saved.
#[derive(Clone, Debug)]
pub struct Draft {
    pub name: String,
    pub added: Vec<ContactId>,
    pub removed: Vec<ContactId>,
}

impl Typed {
    pub fn read(fields: &Fields) -> Self {
        let ids = |name: &str| fields.all(name).filter_map(|id| id.parse().ok()).collect();
        let text = |name: &str| fields.get(name).to_owned();
        let accepts = fields.get("accepts").split(',').filter_map(|id| id.parse().ok()).collect();
        Self {
            name: text("name"),
            added: ids("added"),
            removed: ids("removed"),
            accepts,
            version: text("version"),
        }
    }

    /// The form of a person as she stands.
    pub fn of(person: &Detail) -> Self {
        Self { name: person.name.clone(), version: snapshot(person).version(), ..Self::default() }
    }

    /// # Errors
    /// Every field that is wrong; `known` are those of the added contacts that exist and are not archived.
    pub fn parse(&self, known: &[ContactId], is_archived: bool) -> Result<Draft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = form::name(&self.name).map_err(|message| errors.add("name", message));
        if is_archived && !self.added.is_empty() {
            errors.add("added", "Esta pessoa foi arquivada. Restaure a pessoa para adicionar contatos.");
        } else if self.added.len() > MOST {
            errors.add("added", "Adicione até 200 contatos por vez.");
        } else if self.added.iter().any(|contact| !known.contains(contact)) {
            errors.add("added", "Um dos contatos foi arquivado. Escolha outro.");
        }
        match name {
            Ok(name) if errors.is_empty() => {
                Ok(Draft { name, added: self.added.clone(), removed: self.removed.clone() })
            }
            _ => Err(errors),
        }
    }
}

/// A person as her form shows her. Of her contacts the form sends only who comes and who goes, which
/// undoes nobody's change.
pub fn snapshot(person: &Detail) -> Snapshot {
    Snapshot::default().text("Nome", &person.name)
}
