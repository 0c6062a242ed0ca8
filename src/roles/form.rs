//! The form of a role.

use super::queries::Role;
use super::{ADMIN_ONLY_PERMISSIONS, GROUPS, PermissionSwitch};
use crate::auth::{Account, Permission, Permissions};
use crate::refusal::{FieldErrors, Snapshot};
use crate::text::has_control_characters;
use crate::web::Fields;

/// The form as it was typed.
#[derive(Clone, Debug, Default)]
pub struct RoleInput {
    pub name: String,
    pub description: String,
    pub permissions: Permissions,
    /// Version of the role that the form showed.
    pub version: String,
}

/// A role whose fields are all valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidRole {
    pub name: String,
    pub description: String,
    pub permissions: Permissions,
}

impl RoleInput {
    pub fn read(fields: &Fields) -> Self {
        Self {
            name: fields.get("name").to_owned(),
            description: fields.get("description").to_owned(),
            version: fields.get("version").to_owned(),
            permissions: fields.all("permissions").filter_map(|value| value.parse().ok()).collect(),
        }
    }

    /// Collects every field error. `before` are the permissions that the role has now.
    pub fn parse(&self, editor: &Account, before: Permissions) -> Result<ValidRole, FieldErrors> {
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
        let permissions = self.resulting_permissions(editor, before);
        Ok(ValidRole { name: name.into(), description: description.into(), permissions })
    }

    /// The permissions that the role will have. Those that the editor may not grant or revoke stay as they are.
    pub fn resulting_permissions(&self, editor: &Account, before: Permissions) -> Permissions {
        let is_granted = |permission: &Permission| match before.contains(*permission) {
            true => self.permissions.contains(*permission) || !may_revoke(editor, *permission),
            false => self.permissions.contains(*permission) && may_grant(editor, *permission),
        };
        Permission::ALL.iter().copied().filter(is_granted).collect()
    }
}

/// The fields of a role as its form shows them, for finding stale edits.
pub fn snapshot(role: &Role) -> Snapshot {
    let texts = Snapshot::default().text("name", "Nome do cargo", &role.name);
    let texts = texts.text("description", "Descrição", &role.description);
    let granted = role.permissions();
    let switches = GROUPS.iter().flat_map(|(_, _, switches)| *switches);
    switches.fold(texts, |all, switch| {
        let PermissionSwitch { permission, label, .. } = switch;
        all.checkbox("permissions", permission.as_str(), label, granted.contains(*permission))
    })
}

/// Whether the editor may grant the permission. Nobody grants a permission that they lack, and only
/// administrators grant the [`ADMIN_ONLY_PERMISSIONS`] ones.
///
/// One exception: role managers may grant "Habilitar agendamento" without having it. Enabling it is their task,
/// and at first only administrators can schedule. The exception does not hold for editors who also manage
/// users: they could get the permission themselves through a member whom they invite.
pub fn may_grant(editor: &Account, permission: Permission) -> bool {
    let is_theirs =
        editor.may(permission) || (permission == Permission::Schedules && !editor.may(Permission::Users));
    editor.is_administrator || (is_theirs && !ADMIN_ONLY_PERMISSIONS.contains(&permission))
}

/// Whether the editor may revoke the permission.
pub fn may_revoke(editor: &Account, permission: Permission) -> bool {
    editor.is_administrator || !ADMIN_ONLY_PERMISSIONS.contains(&permission)
}
