//! Merges two contacts.

use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use crate::audit::{self, Action, Entry};
use crate::auth::{Account, Permission};
use crate::contacts::queries as contacts;
use crate::error::Result;
use crate::ids::ContactId;
use crate::live::{self, Event};
use crate::tickets;

/// The result of merging by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merging {
    Done,
    /// Nothing changed; see [`obstacle`].
    Refused,
}

/// Why two contacts cannot be merged by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It is the same contact, or one of them is archived.
    NotTwo,
    /// Both have an open ticket: their protocols, the kept contact's first.
    BothOpen([i64; 2]),
    /// The user, or somebody whom they invited, would read a conversation that they cannot read today.
    WouldReveal,
}

/// Moves everything from `other` to `kept`, in the caller's transaction.
pub fn merge_by_hand(
    conn: &mut PgConnection,
    by: &Account,
    kept: ContactId,
    other: ContactId,
) -> Result<Merging> {
    queries::lock(conn, [kept, other])?;
    if obstacle(conn, by, kept, other)?.is_some() {
        return Ok(Merging::Refused);
    }
    merge(conn, Some(by), kept, other)?;
    Ok(Merging::Done)
}

pub fn obstacle(
    conn: &mut PgConnection,
    by: &Account,
    kept: ContactId,
    other: ContactId,
) -> Result<Option<Obstacle>> {
    if kept == other || queries::active(conn, [kept, other])? != 2 {
        return Ok(Some(Obstacle::NotTwo));
    }
    let open_of = |conn: &mut PgConnection, contact| tickets::open_ticket_of(conn, contact);
    if let (Some(first), Some(second)) = (open_of(conn, kept)?, open_of(conn, other)?) {
        return Ok(Some(Obstacle::BothOpen([first.protocol, second.protocol])));
    }
    // A user who attends all tickets reads every conversation already.
    match !by.may(Permission::TicketsAll) && queries::reveals(conn, by.id, kept, other)? {
        true => Ok(Some(Obstacle::WouldReveal)),
        false => Ok(None),
    }
}

/// Merges contacts that a service proved to be the same customer. The oldest is kept and returned. If both have an open
/// ticket, the newer one is closed.
pub fn merge_automatically(conn: &mut PgConnection, found: &[ContactId]) -> Result<Option<ContactId>> {
    let mut found = found.to_vec();
    found.sort_unstable();
    found.dedup();
    queries::lock(conn, found.clone())?;
    // Another process may have merged or archived one of them before the lock.
    let mut active = queries::active_among(conn, &found)?.into_iter();
    let Some(kept) = active.next() else { return Ok(None) };
    for other in active {
        let mut open = queries::open_tickets(conn, [kept, other])?.into_iter();
        let (_, newer) = (open.next(), open.next());
        if let Some((ticket, contact)) = newer {
            tickets::queries::close(conn, ticket, None)?;
            let details = json!({ "contact_id": contact.0 });
            audit::record(conn, &Entry::of(Action::TicketClosed).about(Some(ticket.0)).with(details))?;
        }
        merge(conn, None, kept, other)?;
    }
    Ok(Some(kept))
}

/// Moves everything. Both contacts are locked, active, and have at most one open ticket.
fn merge(conn: &mut PgConnection, by: Option<&Account>, kept: ContactId, other: ContactId) -> Result<()> {
    let exempt: Vec<_> = queries::too_near(conn, kept, other)?.into_iter().map(|near| near.id).collect();
    queries::allow_moving(conn)?;
    let moved = queries::Moved {
        schedules: queries::move_schedules(conn, by, [other, kept], &exempt)?,
        tickets: queries::move_tickets(conn, kept, other)?,
        identities: queries::move_identities(conn, kept, other)?,
        accesses: queries::move_accesses(conn, kept, other)?,
        filled: queries::fill(conn, kept, other)?,
    };
    queries::move_messages(conn, kept, other)?;
    queries::end(conn, kept, other)?;
    queries::check_moved(conn)?;
    queries::record(conn, by.map(|by| by.id), kept, other, &moved)?;
    announce(conn, by, Action::ContactMerged, [kept, other])?;
    live::announce(conn, &Event::SchedulesChanged(moved.schedules))
}

/// Writes both contacts' audit, and announces the change of their conversations.
pub(super) fn announce(
    conn: &mut PgConnection,
    by: Option<&Account>,
    action: Action,
    [kept, other]: [ContactId; 2],
) -> Result<()> {
    let entry = || match by {
        Some(by) => Entry::of(action).by(by),
        None => Entry::of(action),
    };
    audit::record(conn, &entry().about(Some(kept.0)).with(json!({ "merged_id": other.0 })))?;
    audit::record(conn, &entry().about(Some(other.0)).with(json!({ "kept_id": kept.0 })))?;
    live::announce(conn, &Event::ConversationsChanged(vec![kept, other]))
}

/// The name of the contact that is kept, and of the other.
pub fn names(conn: &mut PgConnection, kept: ContactId, other: ContactId) -> Result<[String; 2]> {
    Ok([contacts::detail(conn, kept)?.name, contacts::detail(conn, other)?.name])
}
