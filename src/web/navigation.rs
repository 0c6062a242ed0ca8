//! The navigation panel: all lists, and who may see them.

use crate::auth::{Permission, Person};

/// A link in the panel.
pub struct Entry {
    pub href: &'static str,
    pub label: &'static str,
    pub icon: &'static str,
    /// Whether the link is below "Mais opções".
    is_more: bool,
    is_seen_by: fn(&Person) -> bool,
}

/// The links, in the order of the panel.
#[rustfmt::skip] // one line for each entry
const ENTRIES: &[Entry] = &[
    Entry { href: "/tickets", label: "Conversas", icon: "message-circle", is_more: false, is_seen_by: Person::can_attend },
    Entry { href: "/contacts", label: "Contatos", icon: "address-book", is_more: false, is_seen_by: Person::reads_contacts },
    Entry { href: "/people", label: "Pessoas", icon: "users-group", is_more: false, is_seen_by: Person::manages_contacts },
    Entry { href: "/roles", label: "Cargos", icon: "shield-lock", is_more: false, is_seen_by: |who| who.may(Permission::Roles) },
    Entry { href: "/schedules", label: "Agendamentos", icon: "calendar-time", is_more: true, is_seen_by: Person::can_schedule },
    Entry { href: "/departments", label: "Departamentos", icon: "building-community", is_more: true, is_seen_by: |who| who.may(Permission::Departments) },
    Entry { href: "/users", label: "Atendentes", icon: "headset", is_more: true, is_seen_by: |who| who.may(Permission::Users) },
    Entry { href: "/channels", label: "Conexões", icon: "plug-connected", is_more: true, is_seen_by: |who| who.may(Permission::Channels) },
    Entry { href: "/settings", label: "Empresa", icon: "settings", is_more: true, is_seen_by: |who| who.may(Permission::Settings) },
    Entry { href: "/audit", label: "Auditoria", icon: "history", is_more: true, is_seen_by: |who| who.may(Permission::Audit) },
];

/// The links that `person` may see: the main ones, and those below "Mais opções".
pub fn entries(person: &Person) -> (Vec<&'static Entry>, Vec<&'static Entry>) {
    ENTRIES.iter().filter(|entry| (entry.is_seen_by)(person)).partition(|entry| !entry.is_more)
}

/// The list to which `path` belongs, if `person` may see it. A contact's conversation belongs to the list of
/// conversations.
pub fn list_of(path: &str, person: &Person) -> Option<&'static Entry> {
    let path =
        if path.starts_with("/contacts/") && path.ends_with("/conversation") { "/tickets" } else { path };
    let holds = |entry: &&Entry| {
        let rest = path.strip_prefix(entry.href);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && (entry.is_seen_by)(person)
    };
    ENTRIES.iter().filter(holds).max_by_key(|entry| entry.href.len())
}
