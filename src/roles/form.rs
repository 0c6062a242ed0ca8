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

    /// What the role then holds: what the editor may neither grant nor take away stays as it is.
    pub fn granted_by(&self, editor: &Person, before: Permissions) -> Permissions {
        let is_granted = |permission: &Permission| match before.contains(*permission) {
            true => self.permissions.contains(*permission) || !may_take(editor, *permission),
            false => self.permissions.contains(*permission) && may_grant(editor, *permission),
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

/// Whether the editor may switch the permission on: nobody grants what they lack, and some only administrators
/// grant. "Habilitar agendamento" is what role managers are there for, while at first only administrators
/// schedule: they grant it without holding it, unless they manage users too, and so could come in as a member.
pub fn may_grant(editor: &Person, permission: Permission) -> bool {
    let is_theirs =
        editor.may(permission) || (permission == Permission::Schedules && !editor.may(Permission::Users));
    editor.is_administrator || (is_theirs && !RESERVED.contains(&permission))
}

/// Whether the editor may switch the permission off.
pub fn may_take(editor: &Person, permission: Permission) -> bool {
    editor.is_administrator || !RESERVED.contains(&permission)
}
