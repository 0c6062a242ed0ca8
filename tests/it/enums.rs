//! Each enum of a column names the same words as the column's CHECK constraint.

use std::collections::{BTreeMap, BTreeSet};

use pontual::auth::Permission;
use pontual::channels::{Capabilities, ChannelKind, IdentityKind};
use pontual::contacts::import::ImportStatus;
use pontual::conversations::thread::{self, TicketEvent};
use pontual::notifications;
use pontual::outbox::DeliveryState;
use pontual::outbox::outcome::{AttemptOutcome, Reason};
use pontual::schedules::{Action, FailureReason, Scope, Status};
use pontual::theme::Theme;
use pontual::tickets::TicketStatus;

use crate::harness::Database;

type Words = BTreeSet<String>;

/// Columns whose words no enum names, and why.
const WITHOUT_ENUM: &[(&str, &str)] = &[("schedule_history.kind", "only SQL writes and reads it")];

#[test]
fn each_enum_of_a_column_names_the_words_of_its_check_constraint() {
    let enums: BTreeMap<&str, Words> = [
        ("channels.kind", words(ChannelKind::ALL, ChannelKind::as_str)),
        ("contact_identities.kind", words(IdentityKind::ALL, IdentityKind::as_str)),
        ("outbox.state", words(DeliveryState::ALL, DeliveryState::as_str)),
        ("outbox.reason", words(Reason::ALL, Reason::as_str)),
        ("outbox_attempts.outcome", words(AttemptOutcome::ALL, AttemptOutcome::as_str)),
        ("imports.status", words(ImportStatus::ALL, ImportStatus::as_str)),
        ("messages.event", words(TicketEvent::ALL, TicketEvent::as_str)),
        ("messages.kind", words(thread::Kind::ALL, thread::Kind::as_str)),
        ("notifications.kind", words(notifications::Kind::ALL, notifications::Kind::as_str)),
        ("role_permissions.permission", words(Permission::ALL, Permission::as_str)),
        ("schedules.action", words(Action::ALL, Action::as_str)),
        ("schedules.failure_reason", words(FailureReason::ALL, FailureReason::as_str)),
        ("schedule_deliveries.state", words(DeliveryState::ALL, DeliveryState::as_str)),
        ("schedules.status", words(Status::ALL, Status::as_str)),
        ("settings.spacing_scope", words(Scope::ALL, Scope::as_str)),
        ("tickets.status", words(TicketStatus::ALL, TicketStatus::as_str)),
        ("users.theme", words(Theme::ALL, Theme::as_str)),
    ]
    .into();
    let lists = lists();
    for (column, words) in &enums {
        assert_eq!(lists.get(*column), Some(words), "{column}");
    }
    let has_enum =
        |column: &str| enums.contains_key(column) || WITHOUT_ENUM.iter().any(|(it, _)| *it == column);
    let unclaimed: Vec<_> = lists.keys().filter(|column| !has_enum(column)).collect();
    assert!(unclaimed.is_empty(), "no enum is compared with {unclaimed:?}");
    let stale: Vec<_> = WITHOUT_ENUM.iter().filter(|(column, _)| !lists.contains_key(*column)).collect();
    assert!(stale.is_empty(), "these columns have no list: {stale:?}");
}

#[test]
fn the_database_knows_which_kinds_of_channels_can_send() {
    let database = Database::new();
    for kind in ChannelKind::ALL {
        let says =
            database.number(&format!("SELECT sends_messages('{}')::int::bigint AS value", kind.as_str()));
        assert_eq!(says == 1, Capabilities::of(*kind).is_some(), "{}", kind.as_str());
    }
}

fn words<T: Copy>(all: &[T], as_str: fn(T) -> &'static str) -> Words {
    all.iter().map(|value| as_str(*value).to_owned()).collect()
}

/// The words that CHECK constraints allow, by `table.column`. Constraints over several columns list no words: they say
/// when which words are possible.
fn lists() -> BTreeMap<String, Words> {
    let rows = Database::new().texts(
        "SELECT c.relname || '.' || a.attname || ' ' || pg_get_constraintdef(k.oid) AS value
           FROM pg_constraint k
           JOIN pg_class c ON c.oid = k.conrelid
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
          WHERE k.contype = 'c' AND cardinality(k.conkey) = 1 AND pg_get_constraintdef(k.oid) LIKE '%ARRAY[%'",
    );
    let parse = |row: &String| {
        let (column, check) = row.split_once(' ').unwrap();
        (column.to_owned(), check.split('\'').skip(1).step_by(2).map(str::to_owned).collect())
    };
    rows.iter().map(parse).collect()
}
