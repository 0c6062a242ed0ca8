//! Finished data for the templates of roles.

use askama::Template;

use super::form::{RoleInput, may_grant, may_revoke, snapshot};
use super::queries::{Member, Role, RoleUser};
use super::{GROUPS, PermissionSwitch, history};
use crate::audit::Change;
use crate::auth::{Account, Permission, Permissions};
use crate::refusal::FieldErrors;
use crate::web::{RefusedForm, StaleNotice, initials, tint};

#[derive(Template)]
#[template(path = "roles/index.html")]
pub struct Index {
    roles: Vec<Line>,
}

struct Line {
    id: String,
    name: String,
    description: String,
    members: i64,
    may_schedule: bool,
    is_locked: bool,
}

impl Index {
    pub fn new(viewer: &Account, roles: Vec<Role>) -> Self {
        let line = |role: Role| Line {
            id: role.id.to_string(),
            members: role.members,
            may_schedule: role.permissions().contains(Permission::Schedules),
            is_locked: !role.may_be_edited_by(viewer),
            name: role.name,
            description: role.description,
        };
        Self { roles: roles.into_iter().map(line).collect() }
    }
}

#[derive(Template)]
#[template(path = "roles/form.html")]
pub struct FormPage {
    /// `None` for a new role.
    id: Option<String>,
    name: String,
    description: String,
    before: Permissions,
    groups: Vec<Group>,
    members: Vec<MemberLine>,
    /// Number of members that are not listed.
    more_members: i64,
    changes: Vec<String>,
    errors: FieldErrors,
    version: String,
    stale: Option<StaleNotice>,
    /// The reason why the role cannot be changed, if so.
    locked: Option<&'static str>,
}

struct Group {
    icon: &'static str,
    title: &'static str,
    switches: Vec<Switch>,
}

struct Switch {
    value: &'static str,
    label: &'static str,
    text: &'static str,
    is_on: bool,
    is_locked: bool,
    /// Whether the editor may switch it off, but could not switch it on again.
    cannot_be_restored: bool,
    /// Whether the editor may not switch it on because they lack the permission.
    editor_lacks_permission: bool,
    is_scheduling: bool,
}

struct MemberLine {
    name: String,
    initials: String,
    tint: u32,
    departments: String,
}

impl FormPage {
    /// The form of a new role.
    pub fn blank(editor: &Account) -> Self {
        let nothing = Permissions::default();
        Self {
            id: None,
            name: String::new(),
            description: String::new(),
            before: nothing,
            groups: groups(editor, nothing, nothing, false),
            members: Vec::new(),
            more_members: 0,
            changes: Vec::new(),
            errors: FieldErrors::default(),
            version: String::new(),
            stale: None,
            locked: None,
        }
    }

    pub fn new(editor: &Account, role: Role, members: Vec<Member>, changes: &[Change]) -> Self {
        let locked = (!role.may_be_edited_by(editor)).then_some(match role.is_administrator {
            true => "O cargo Administrador tem acesso total e não pode ser alterado.",
            false => "Este é o seu cargo. Peça a outra pessoa para alterá-lo.",
        });
        Self {
            id: Some(role.id.to_string()),
            groups: groups(editor, role.permissions(), role.permissions(), locked.is_some()),
            before: role.permissions(),
            version: snapshot(&role).version(),
            stale: None,
            changes: history::sentences(changes, &role, editor.zone),
            name: role.name,
            description: role.description,
            more_members: role.members - members.len() as i64,
            members: members.into_iter().map(MemberLine::new).collect(),
            errors: FieldErrors::default(),
            locked,
        }
    }

    /// The same form with what was typed and the reason why it was not saved.
    pub fn refused(self, editor: &Account, refused: RefusedForm) -> Self {
        let typed = RoleInput::read(&refused.form);
        let groups = groups(editor, self.before, typed.resulting_permissions(editor, self.before), false);
        let (errors, stale) = refused.shown(|_, _| None);
        let RoleInput { name, description, version, .. } = typed;
        Self { groups, name, description, version, errors, stale, ..self }
    }
}

/// The confirmation question before a role is deleted, or the reason why it cannot be deleted.
#[derive(Template)]
#[template(path = "roles/deletion.html")]
pub struct Deletion {
    id: String,
    name: String,
    users: Vec<UserLine>,
    count: i64,
    more: i64,
    /// Whether the viewer may open the users' pages.
    may_open_users: bool,
}

struct UserLine {
    id: String,
    name: String,
    is_active: bool,
}

impl Deletion {
    pub fn new(viewer: &Account, role: Role, users: Vec<RoleUser>) -> Self {
        let count = users.first().map_or(0, |user| user.count);
        let line =
            |user: RoleUser| UserLine { id: user.id.to_string(), name: user.name, is_active: user.is_active };
        Self {
            id: role.id.to_string(),
            name: role.name,
            more: count - users.len() as i64,
            users: users.into_iter().map(line).collect(),
            count,
            may_open_users: viewer.may(Permission::Users),
        }
    }

    fn in_use(&self) -> String {
        match self.count {
            1 => "1 pessoa tem este cargo.".into(),
            n => format!("{n} pessoas têm este cargo."),
        }
    }
}

impl MemberLine {
    fn new(member: Member) -> Self {
        Self {
            initials: initials(&member.name),
            tint: tint(&member.id),
            name: member.name,
            departments: member.departments,
        }
    }
}

/// The switches of the form. `before` are the permissions that the role has, `granted` those that are shown as
/// on.
fn groups(editor: &Account, before: Permissions, granted: Permissions, is_locked: bool) -> Vec<Group> {
    let switch = |PermissionSwitch { permission, label, text }: &PermissionSwitch| {
        let (grants, takes) = (may_grant(editor, *permission), may_revoke(editor, *permission));
        let is_before = before.contains(*permission);
        Switch {
            value: permission.as_str(),
            label,
            text,
            is_on: granted.contains(*permission),
            is_locked: is_locked || if is_before { !takes } else { !grants },
            cannot_be_restored: !is_locked && is_before && takes && !grants,
            editor_lacks_permission: !is_locked && !is_before && takes && !grants,
            is_scheduling: *permission == Permission::Schedules,
        }
    };
    let group = |(icon, title, switches): &(&'static str, &'static str, &[PermissionSwitch])| Group {
        icon,
        title,
        switches: switches.iter().map(switch).collect(),
    };
    GROUPS.iter().map(group).collect()
}
