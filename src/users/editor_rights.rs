//! Which accounts and roles a user who manages users may change.

use diesel::pg::PgConnection;

use super::queries::{self, User};
use crate::auth::{Account, Permissions};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::roles::ADMIN_ONLY_PERMISSIONS;

/// What a role allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoleRights {
    pub is_administrator: bool,
    pub permissions: Permissions,
}

/// The rights of an editor over other accounts. Nobody grants, or gets access to, what they do not have: a
/// link for a new password, or a changed e-mail address, gives full access to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EditorRights {
    editor: UserId,
    is_administrator: bool,
    permissions: Permissions,
}

impl EditorRights {
    pub fn of(editor: &Account) -> Self {
        Self { editor: editor.id, is_administrator: editor.is_administrator, permissions: editor.permissions }
    }

    /// Whether the editor may change the name and the departments of accounts with this role, and deactivate
    /// them. Roles with permissions that only administrators grant are for administrators only.
    pub fn can_manage(self, role_rights: RoleRights) -> bool {
        let is_reserved =
            ADMIN_ONLY_PERMISSIONS.iter().any(|permission| role_rights.permissions.contains(*permission));
        self.is_administrator || !(role_rights.is_administrator || is_reserved)
    }

    /// Whether the editor may grant this role, or open an account that has it: they manage it and have all
    /// its permissions.
    pub fn can_grant(self, role_rights: RoleRights) -> bool {
        self.can_manage(role_rights)
            && role_rights.permissions.iter().all(|permission| self.permissions.contains(permission))
    }

    pub fn is_self(self, user: UserId) -> bool {
        self.editor == user
    }
}

/// Locks the user and returns them, if `editor` may manage the account. Otherwise `NotFound` or `Forbidden`.
pub fn lock_managed(conn: &mut PgConnection, id: UserId, editor: &Account) -> Result<User> {
    queries::lock(conn, id)?;
    let user = queries::find(conn, id)?;
    if EditorRights::of(editor).can_manage(user.role_rights()) { Ok(user) } else { Err(Error::Forbidden) }
}

/// As `lock_managed`, for changes that give the owner or the editor access to the account. `Forbidden` also
/// if the account has more rights than the editor.
pub fn lock_for_access(conn: &mut PgConnection, id: UserId, editor: &Account) -> Result<User> {
    let user = lock_managed(conn, id, editor)?;
    if queries::may_take_over(conn, editor, &user)? { Ok(user) } else { Err(Error::Forbidden) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Permission;

    fn role(permissions: &[Permission]) -> RoleRights {
        RoleRights { is_administrator: false, permissions: permissions.iter().copied().collect() }
    }

    fn manager(permissions: &[Permission]) -> EditorRights {
        let permissions = permissions.iter().copied().collect();
        EditorRights { editor: UserId(1), is_administrator: false, permissions }
    }

    #[test]
    fn only_administrators_manage_reserved_permissions() {
        let manager = manager(&[Permission::Users, Permission::Settings]);
        assert!(manager.can_manage(role(&[])));
        assert!(!manager.can_manage(role(&[Permission::Settings])));
        assert!(!manager.can_manage(RoleRights { is_administrator: true, ..role(&[]) }));
        let administrator =
            EditorRights { is_administrator: true, permissions: Permissions::all(), ..manager };
        let all = RoleRights { is_administrator: true, permissions: Permissions::all() };
        assert!(administrator.can_manage(all) && administrator.can_grant(all));
    }

    #[test]
    fn nobody_grants_a_permission_that_they_lack() {
        let manager = manager(&[Permission::Users, Permission::Tickets]);
        assert!(manager.can_grant(role(&[])) && manager.can_grant(role(&[Permission::Tickets])));
        let more = role(&[Permission::Tickets, Permission::Contacts]);
        assert!(manager.can_manage(more) && !manager.can_grant(more));
        assert!(!manager.can_grant(role(&[Permission::Users])), "only administrators grant it");
    }
}
