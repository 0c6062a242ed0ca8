//! The navigation panel: all lists, and who may see them.

use crate::auth::{Account, Permission};

/// A link in the panel.
pub struct Entry {
    pub href: &'static str,
    pub label: &'static str,
    pub icon: &'static str,
    /// Whether the link is below "Mais opções".
    is_more: bool,
    is_seen_by: fn(&Account) -> bool,
}

/// The links, in the order of the panel.
#[rustfmt::skip] // one line for each entry
const ENTRIES: &[Entry] = &[
    Entry { href: "/tickets", label: "Conversas", icon: "message-circle", is_more: false, is_seen_by: Account::can_attend },
    Entry { href: "/contacts", label: "Contatos", icon: "address-book", is_more: false, is_seen_by: Account::reads_contacts },
    Entry { href: "/people", label: "Pessoas", icon: "users-group", is_more: false, is_seen_by: Account::manages_contacts },
    Entry { href: "/roles", label: "Cargos", icon: "shield-lock", is_more: false, is_seen_by: |who| who.may(Permission::Roles) },
    Entry { href: "/schedules", label: "Agendamentos", icon: "calendar-time", is_more: true, is_seen_by: Account::can_schedule },
    Entry { href: "/departments", label: "Departamentos", icon: "building-community", is_more: true, is_seen_by: |who| who.may(Permission::Departments) },
    Entry { href: "/users", label: "Atendentes", icon: "headset", is_more: true, is_seen_by: |who| who.may(Permission::Users) },
    Entry { href: "/channels", label: "Conexões", icon: "plug-connected", is_more: true, is_seen_by: |who| who.may(Permission::Channels) },
    Entry { href: "/settings", label: "Empresa", icon: "settings", is_more: true, is_seen_by: |who| who.may(Permission::Settings) },
    Entry { href: "/audit", label: "Auditoria", icon: "history", is_more: true, is_seen_by: |who| who.may(Permission::Audit) },
];

/// The links that `account` may see: the main ones, and those below "Mais opções".
pub fn entries(account: &Account) -> (Vec<&'static Entry>, Vec<&'static Entry>) {
    ENTRIES.iter().filter(|entry| (entry.is_seen_by)(account)).partition(|entry| !entry.is_more)
}

/// The list to which `path` belongs, if `account` may see it. A contact's conversation belongs to the list of
/// conversations.
pub fn list_of(path: &str, account: &Account) -> Option<&'static Entry> {
    let path =
        if path.starts_with("/contacts/") && path.ends_with("/conversation") { "/tickets" } else { path };
    let holds = |entry: &&Entry| {
        let rest = path.strip_prefix(entry.href);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && (entry.is_seen_by)(account)
    };
    ENTRIES.iter().filter(holds).max_by_key(|entry| entry.href.len())
}

/// The page that `account` begins at after signing in.
pub fn home(account: &Account) -> &'static str {
    if account.can_schedule() {
        return "/schedules";
    }
    let (main, more) = entries(account);
    main.first().or(more.first()).map_or("/notifications", |entry| entry.href)
}
