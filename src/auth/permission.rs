//! The permissions of a role, and the types by which handlers require them.

use super::Account;
use crate::text_enum;

text_enum! {
    /// A permission that a role can have, in the order of the role's page.
    pub enum Permission {
        /// "Habilitar agendamento": create, edit and cancel schedules, and see them all.
        Schedules = "schedules",
        /// Attend the user's own tickets and those of their departments.
        Tickets = "tickets",
        /// Attend every ticket.
        TicketsAll = "tickets_all",
        Contacts = "contacts",
        Departments = "departments",
        Users = "users",
        Roles = "roles",
        Channels = "channels",
        Settings = "settings",
        Audit = "audit",
    }
}

/// The permissions of a role, as a bit set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u16);

impl Permissions {
    /// The permissions of the administrator role.
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    pub fn contains(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | bit(permission)))
    }
}

fn bit(permission: Permission) -> u16 {
    1 << permission as u16
}

/// A requirement of a page, as a type for `Can<P>`.
pub trait Requires: 'static {
    fn is_met_by(account: &Account) -> bool;
}

macro_rules! requirements {
    ($($name:ident => $permission:ident),* $(,)?) => {$(
        pub struct $name;
        impl Requires for $name {
            fn is_met_by(account: &Account) -> bool {
                account.may(Permission::$permission)
            }
        }
    )*};
}

requirements! {
    ManageSchedules => Schedules,
    ManageContacts => Contacts,
    ManageDepartments => Departments,
    ManageUsers => Users,
    ManageRoles => Roles,
    ManageChannels => Channels,
    ManageSettings => Settings,
    ReadAudit => Audit,
}

pub struct AttendTickets;

impl Requires for AttendTickets {
    fn is_met_by(account: &Account) -> bool {
        account.can_attend()
    }
}

/// Exporting a contact's data: the file holds whole conversations of every department, and schedules.
pub struct ExportContacts;

impl Requires for ExportContacts {
    fn is_met_by(account: &Account) -> bool {
        account.exports_contacts()
    }
}

/// The list of contacts and their pages: for users who manage contacts, attend customers or schedule.
pub struct ReadContacts;

impl Requires for ReadContacts {
    fn is_met_by(account: &Account) -> bool {
        account.reads_contacts()
    }
}
