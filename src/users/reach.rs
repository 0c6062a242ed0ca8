//! Whose accounts, and which roles, somebody who manages users may touch.

use crate::auth::Person;
use crate::ids::UserId;

/// What counts of a role here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    pub is_administrator: bool,
    /// Holds a permission that only administrators grant.
    pub is_reserved: bool,
}

/// How far an editor's arm reaches. A link to a new password is as good as the account, so that whoever
/// may make one for an account, or give a role, could have all that it holds: without being an
/// administrator, nobody touches what only administrators grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    editor: UserId,
    is_administrator: bool,
}

impl Reach {
    pub fn of(editor: &Person) -> Self {
        Self { editor: editor.id, is_administrator: editor.is_administrator }
    }

    /// Whether the editor may give a role, or manage the accounts that have it.
    pub fn holds(self, rank: Rank) -> bool {
        self.is_administrator || !(rank.is_administrator || rank.is_reserved)
    }

    pub fn is_self(self, user: UserId) -> bool {
        self.editor == user
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_administrator_reaches_what_administrators_grant() {
        let rank = |is_administrator, is_reserved| Rank { is_administrator, is_reserved };
        let manager = Reach { editor: UserId(1), is_administrator: false };
        assert!(manager.holds(rank(false, false)));
        assert!(!manager.holds(rank(false, true)));
        assert!(!manager.holds(rank(true, false)));
        assert!(Reach { is_administrator: true, ..manager }.holds(rank(true, true)));
    }
}
