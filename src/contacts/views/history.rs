//! The history on the page of a contact or a person.

use chrono::{DateTime, Utc};

use crate::audit::Change;
use crate::auth::Account;

/// Maximum entries of the history on the page of a contact or a person.
pub const MAX_HISTORY_ENTRIES: i64 = 20;

/// One line of a history.
pub struct HistoryEntry {
    pub icon: &'static str,
    pub title: String,
    pub sub: String,
}

impl HistoryEntry {
    /// The history, newest first. The last entry is always the creation, even if `history` does not include it:
    /// some records were created without an audit entry, and only the newest changes are loaded.
    pub fn all(viewer: &Account, history: &[Change], created_at: DateTime<Utc>) -> Vec<Self> {
        let mut all: Vec<Self> = history.iter().map(|entry| Self::of(viewer, entry)).collect();
        if !history.iter().any(|entry| entry.action.ends_with(".created")) {
            let sub = viewer.zone.date_time(created_at);
            all.push(Self { icon: "plus", title: "Criação".into(), sub });
        }
        all
    }

    /// An audit entry about a contact or a person, in words.
    fn of(viewer: &Account, entry: &Change) -> Self {
        let is_import = entry.details.get("import_id").is_some();
        let (icon, title) = match entry.action.as_str() {
            "contact.created" if is_import => ("cloud-upload", "Criado por importação"),
            "contact.edited" if is_import => ("cloud-upload", "Atualizado por importação"),
            "contact.created" | "person.created" => ("plus", "Criação"),
            "contact.edited" | "person.edited" => ("pencil", "Edição"),
            "contact.archived" | "person.archived" => ("archive", "Arquivamento"),
            "contact.restored" | "person.restored" => ("refresh", "Restauração"),
            "contact.link_revoked" => ("ban", "Link revogado"),
            "contact.accesses_ended" => ("logout", "Acessos encerrados"),
            "contact.merged" => ("users-group", "Contatos juntados"),
            "contact.separated" => ("users-group", "Contatos separados"),
            "contact.exported" => ("download", "Dados exportados"),
            _ => ("eye-off", "Anonimização"),
        };
        let mut parts = vec![viewer.zone.date_time(entry.at)];
        parts.extend(entry.actor.clone());
        let fields = entry.details["fields"].as_array();
        let fields: Vec<_> =
            fields.into_iter().flatten().filter_map(|field| label(field.as_str()?)).collect();
        if !fields.is_empty() {
            parts.push(fields.join(", "));
        }
        Self { icon, title: title.into(), sub: parts.join(" · ") }
    }
}

/// The name of a contact's field, as the form shows it.
fn label(field: &str) -> Option<&'static str> {
    Some(match field {
        "name" => "nome",
        "phone" => "telefone",
        "email" => "e-mail",
        "channel" => "conexão",
        "person" => "pessoa",
        "department" => "departamento padrão",
        "attendant" => "atendente padrão",
        "contacts" => "contatos",
        _ => return None,
    })
}
