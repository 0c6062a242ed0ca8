//! The history of a role: who changed what and when, in sentences.

use serde_json::{Value, json};

use super::form::ValidRole;
use super::label;
use super::queries::Role;
use crate::audit::{Action, Change};
use crate::auth::{Permission, Permissions};
use crate::clock::Zone;

/// Audit actions that the history of a role shows.
pub const AUDITED: &[Action] = &[Action::RoleCreated, Action::RoleEdited];

/// Maximum changes on a role's page.
pub const MAX_CHANGES_SHOWN: i64 = 20;

/// The audit details of a change: the permissions before and after, and the names of the changed fields. `None`
/// if nothing changed.
pub fn details(before: &Role, after: &ValidRole) -> Option<Value> {
    let pairs =
        [("name", before.name != after.name), ("description", before.description != after.description)];
    let fields: Vec<&str> = pairs.iter().filter(|(_, is_new)| *is_new).map(|(name, _)| *name).collect();
    if fields.is_empty() && before.permissions() == after.permissions {
        return None;
    }
    let mut details = json!({ "before": names(before.permissions()), "after": names(after.permissions) });
    if !fields.is_empty() {
        details["fields"] = json!(fields);
    }
    Some(details)
}

/// The audit details of a new role.
pub fn details_of_new(valid: &ValidRole) -> Value {
    json!({ "before": [], "after": names(valid.permissions) })
}

/// The changes as sentences, newest first. The last one is always the creation, even if the audit does not have
/// it: roles that come with the installation have no audit entry.
pub fn sentences(changes: &[Change], role: &Role, zone: Zone) -> Vec<String> {
    let mut all: Vec<String> = changes.iter().map(|change| sentence(change, zone)).collect();
    if !changes.iter().any(|change| change.action == Action::RoleCreated.as_str()) {
        all.push(format!("Cargo criado, {}", zone.date_time(role.created_at)));
    }
    all
}

/// "Ana Prado habilitou agendamento, 22/11/2026 às 10:00".
fn sentence(change: &Change, zone: Zone) -> String {
    let who = change.actor.as_deref().unwrap_or("A plataforma");
    format!("{who} {}, {}", actions_in_words(change), zone.date_time(change.at))
}

fn actions_in_words(change: &Change) -> String {
    let (before, after) =
        (parsed_permissions(&change.details["before"]), parsed_permissions(&change.details["after"]));
    let only = |these: Permissions, others: Permissions| {
        let only: Vec<String> = these.iter().filter(|one| !others.contains(*one)).map(name_of).collect();
        (!only.is_empty()).then(|| joined_with_e(&only))
    };
    let is_field = |name: &str| {
        change.details["fields"].as_array().is_some_and(|fields| fields.iter().any(|field| field == name))
    };
    let actions: Vec<String> = [
        (change.action == "role.created").then(|| "criou o cargo".to_owned()),
        only(after, before).map(|list| format!("habilitou {list}")),
        only(before, after).map(|list| format!("desabilitou {list}")),
        is_field("name").then(|| "mudou o nome".into()),
        is_field("description").then(|| "mudou a descrição".into()),
    ]
    .into_iter()
    .flatten()
    .collect();
    if actions.is_empty() { "salvou sem mudanças".into() } else { joined_with_e(&actions) }
}

fn names(permissions: Permissions) -> Vec<&'static str> {
    permissions.iter().map(Permission::as_str).collect()
}

fn parsed_permissions(names: &Value) -> Permissions {
    let names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
    names.filter_map(|name| name.parse::<Permission>().ok()).collect()
}

/// The name of a permission in a sentence. Scheduling has the word that the help page uses, the others have
/// their labels.
fn name_of(permission: Permission) -> String {
    match permission {
        Permission::Schedules => "agendamento".into(),
        _ => format!("“{}”", label(permission)),
    }
}

/// `a`, `a e b`, `a, b e c`.
fn joined_with_e(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} e {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(action: &str, details: Value) -> Change {
        let at = "2026-11-22T13:00:00Z".parse().unwrap();
        Change { at, actor: Some("Ana Prado".into()), action: action.into(), details, department: None }
    }

    #[test]
    fn a_change_reads_as_a_sentence() {
        let zone = Zone::named("America/Sao_Paulo");
        let enabled =
            change("role.edited", json!({ "before": ["tickets"], "after": ["schedules", "tickets"] }));
        assert_eq!(sentence(&enabled, zone), "Ana Prado habilitou agendamento, 22/11/2026 às 10:00");
        let mixed = json!({ "before": ["schedules"], "after": ["tickets", "roles"], "fields": ["name"] });
        assert_eq!(
            actions_in_words(&change("role.edited", mixed)),
            "habilitou “Atender chamados” e “Gerenciar cargos”, desabilitou agendamento e mudou o nome"
        );
        assert_eq!(actions_in_words(&change("role.created", json!({}))), "criou o cargo");
    }
}
