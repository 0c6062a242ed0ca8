//! Which accounts and roles a user who manages users may change.

use crate::auth::{Account, Permissions};
use crate::ids::UserId;
use crate::roles::RESERVED;

/// What a role allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    pub is_administrator: bool,
    pub permissions: Permissions,
}

/// The rights of an editor over other accounts. Nobody grants, or gets access to, what they do not have: a
/// link for a new password, or a changed e-mail address, gives full access to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    editor: UserId,
    is_administrator: bool,
    permissions: Permissions,
}

impl Reach {
    pub fn of(editor: &Account) -> Self {
        Self { editor: editor.id, is_administrator: editor.is_administrator, permissions: editor.permissions }
    }

    /// Whether the editor may change the name and the departments of accounts with this role, and deactivate
    /// them. Roles with permissions that only administrators grant are for administrators only.
    pub fn manages(self, rank: Rank) -> bool {
        let is_reserved = RESERVED.iter().any(|permission| rank.permissions.contains(*permission));
        self.is_administrator || !(rank.is_administrator || is_reserved)
    }

    /// Whether the editor may grant this role, or open an account that has it: they manage it and have all
    /// its permissions.
    pub fn gives(self, rank: Rank) -> bool {
        self.manages(rank) && rank.permissions.iter().all(|permission| self.permissions.contains(permission))
    }

    pub fn is_self(self, user: UserId) -> bool {
        self.editor == user
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Permission;

    fn rank(permissions: &[Permission]) -> Rank {
        Rank { is_administrator: false, permissions: permissions.iter().copied().collect() }
    }

    fn manager(permissions: &[Permission]) -> Reach {
        let permissions = permissions.iter().copied().collect();
        Reach { editor: UserId(1), is_administrator: false, permissions }
    }

    #[test]
    fn only_an_administrator_reaches_what_administrators_grant() {
        let manager = manager(&[Permission::Users, Permission::Settings]);
        assert!(manager.manages(rank(&[])));
        assert!(!manager.manages(rank(&[Permission::Settings])));
        assert!(!manager.manages(Rank { is_administrator: true, ..rank(&[]) }));
        let administrator = Reach { is_administrator: true, permissions: Permissions::all(), ..manager };
        let all = Rank { is_administrator: true, permissions: Permissions::all() };
        assert!(administrator.manages(all) && administrator.gives(all));
    }

    #[test]
    fn nobody_gives_a_permission_that_they_lack() {
        let manager = manager(&[Permission::Users, Permission::Tickets]);
        assert!(manager.gives(rank(&[])) && manager.gives(rank(&[Permission::Tickets])));
        let more = rank(&[Permission::Tickets, Permission::Contacts]);
        assert!(manager.manages(more) && !manager.gives(more));
        assert!(!manager.gives(rank(&[Permission::Users])), "only administrators grant it");
    }
}
