//! The form of a role.

use super::queries::Role;
use super::{GROUPS, RESERVED};
use crate::auth::{Permission, Permissions, Person};
use crate::web::{FieldErrors, Fields, Snapshot, has_control_characters};

/// What somebody typed and switched.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub name: String,
    pub description: String,
    pub permissions: Permissions,
    /// The version that was shown.
    pub version: String,
}

/// A role as it may be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub name: String,
    pub description: String,
    pub permissions: Permissions,
}

impl Typed {
    pub fn read(fields: &Fields) -> Self {
        Self {
            name: fields.get("name").to_owned(),
            description: fields.get("description").to_owned(),
            version: fields.get("version").to_owned(),
            permissions: fields.all("permissions").filter_map(|value| value.parse().ok()).collect(),
        }
    }

    /// # Errors
    /// Every field that is wrong.
    pub fn parse(&self, editor: &Person, before: Permissions) -> Result<Draft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let (name, description) = (self.name.trim(), self.description.trim());
        if name.is_empty() || has_control_characters(name) {
            errors.add("name", "Informe o nome do cargo.");
        } else if name.chars().count() > 60 {
            errors.add("name", "Use até 60 caracteres.");
        }
        if has_control_characters(description) {
            errors.add("description", "Escreva a descrição em uma linha, sem caracteres de controle.");
        } else if description.chars().count() > 200 {
            errors.add("description", "Use até 200 caracteres.");
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let permissions = self.granted_by(editor, before);
        Ok(Draft { name: name.into(), description: description.into(), permissions })
    }

    /// Switches that the editor may not use stay as they are.
    pub fn granted_by(&self, editor: &Person, before: Permissions) -> Permissions {
        let is_granted = |permission: &Permission| {
            let source = if may_switch(editor, *permission) { self.permissions } else { before };
            source.contains(*permission)
        };
        Permission::ALL.iter().copied().filter(is_granted).collect()
    }
}

/// A role as its form shows it.
pub fn snapshot(role: &Role) -> Snapshot {
    let texts = Snapshot::default().text("Nome do cargo", &role.name);
    let texts = texts.text("Descrição", &role.description);
    let granted = role.permissions();
    let switches = GROUPS.iter().flat_map(|(_, _, switches)| *switches);
    switches.fold(texts, |all, switch| {
        let is_on = granted.contains(switch.permission);
        all.choice(switch.label, is_on, if is_on { "habilitado" } else { "desabilitado" })
    })
}

/// Whether the editor sees a working switch for the permission.
pub fn may_switch(editor: &Person, permission: Permission) -> bool {
    editor.is_administrator || !RESERVED.contains(&permission)
}
