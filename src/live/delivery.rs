//! Delivers one batch of events to the streams. Everything here may run twice: after a failure the batch is
//! retried, and clients recognise entries by their ids.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use chrono::Utc;

use super::hub::{CustomerKey, Inner};
use super::message::{CUSTOMER_CONVERSATION, CUSTOMER_SYNC, LiveItem, Message};
use super::pending::{PendingEvents, RightsToCheck};
use super::queries;
use super::streams::StreamId;
use crate::db::Db;
use crate::error::Result;
use crate::ids::{ContactId, CustomerAccessId, NotificationId, ScheduleId, UserId};
use crate::notifications::{BELL_LENGTH, Item, queries as notifications};
use crate::web::render_for_any_page;

/// Maximum users per statement that reads bells and rights.
const USERS_PER_STATEMENT: usize = 100;

/// Maximum contacts per statement that looks up their readers, and per event.
const CONTACTS_PER_STATEMENT: usize = 300;

/// Up to this number of connected users, the query names them, so that a process with few streams does not
/// read the notifications of all other users.
const MAX_NAMED_USERS: usize = 200;

/// If this fails, nothing or only a part was delivered.
pub(super) async fn deliver(hub: &Arc<Inner>, mut pending: PendingEvents, db: &Db) -> Result<()> {
    for user in &pending.rights {
        hub.close(*user);
    }
    if pending.recheck || pending.events_may_be_missing {
        pending.rights_to_check.users = hub.users.keys().into_iter().collect();
        pending.rights_to_check.customers = hub.customers.keys().into_iter().collect();
    }
    close_unauthorised(hub, pending.rights_to_check, db).await?;
    let mut all = BTreeSet::new();
    if pending.events_may_be_missing {
        all = hub.users.keys().into_iter().collect();
        hub.customers.send_to(&hub.customers.keys(), &CUSTOMER_SYNC);
    } else {
        start_customer_streams(hub, &pending.new_customers, db).await?;
    }
    send_state(hub, all, &pending.new_users, db).await?;
    if let Some(range) = pending.notified {
        send_notifications(hub, range, db).await?;
    }
    send_conversations(hub, &pending.conversations, db).await?;
    send_schedules(hub, pending.schedules, db).await?;
    update_bells(hub, &pending.bells, db).await
}

async fn close_unauthorised(hub: &Arc<Inner>, rights_to_check: RightsToCheck, db: &Db) -> Result<()> {
    let users: Vec<UserId> = rights_to_check.users.into_iter().collect();
    for users in users.chunks(USERS_PER_STATEMENT) {
        let asked = users.to_vec();
        let sessions = hub.users.sessions(users);
        let (rights, active_sessions) = db
            .run(move |conn| Ok((queries::rights(conn, &asked)?, queries::active_sessions(conn, &sessions)?)))
            .await?;
        hub.users.keep_sessions(users, &active_sessions);
        let authorised: HashSet<UserId> = rights.iter().map(|rights| rights.user).collect();
        hub.audience.learn(rights);
        users.iter().filter(|user| !authorised.contains(user)).for_each(|user| hub.close(*user));
    }
    hub.audience.keep(|user| hub.users.has(user));
    open_customers(hub, rights_to_check.customers.into_iter().collect(), db).await.map(drop)
}

/// Returns those of `customers` who still have access, and closes the streams of the others.
async fn open_customers(hub: &Arc<Inner>, customers: Vec<CustomerKey>, db: &Db) -> Result<Vec<CustomerKey>> {
    if customers.is_empty() {
        return Ok(customers);
    }
    let accesses: Vec<CustomerAccessId> = customers.iter().map(|(_, access)| *access).collect();
    let good = db.run(move |conn| queries::open_accesses(conn, &accesses)).await?;
    let (open, ended): (Vec<_>, Vec<_>) = customers.into_iter().partition(|key| good.contains(key));
    ended.into_iter().for_each(|key| hub.customers.close(key));
    Ok(open)
}

/// Sends the first event to new streams of customers.
async fn start_customer_streams(
    hub: &Arc<Inner>,
    streams: &BTreeSet<(CustomerKey, StreamId)>,
    db: &Db,
) -> Result<()> {
    let customers: BTreeSet<CustomerKey> = streams.iter().map(|(key, _)| *key).collect();
    let open = open_customers(hub, customers.into_iter().collect(), db).await?;
    let open: HashSet<CustomerKey> = open.into_iter().collect();
    for (key, id) in streams.iter().filter(|(key, _)| open.contains(key)) {
        hub.customers.send_one(*key, *id, &CUSTOMER_SYNC);
    }
    Ok(())
}

/// Sends the state of the bell to all streams of `all`, and to the `new` streams. The state for a new stream
/// goes to no other stream of the user: an account that opens many streams would otherwise flood itself.
async fn send_state(
    hub: &Arc<Inner>,
    all: BTreeSet<UserId>,
    new: &BTreeSet<(UserId, StreamId)>,
    db: &Db,
) -> Result<()> {
    let users: BTreeSet<UserId> = all.iter().copied().chain(new.iter().map(|(user, _)| *user)).collect();
    let users: Vec<UserId> = users.into_iter().filter(|user| hub.users.has(*user)).collect();
    for users in users.chunks(USERS_PER_STATEMENT) {
        let asked = users.to_vec();
        let (rights, bells, rows) = db
            .run(move |conn| {
                Ok((
                    queries::rights(conn, &asked)?,
                    notifications::bells(conn, &asked)?,
                    notifications::newest_unread(conn, &asked)?,
                ))
            })
            .await?;
        let authorised: HashSet<UserId> = rights.iter().map(|rights| rights.user).collect();
        hub.audience.learn(rights);
        let mut items: BTreeMap<UserId, Vec<LiveItem>> = BTreeMap::new();
        for row in &rows {
            items.entry(row.user_id).or_default().push(live_item(row)?);
        }
        for bell in bells {
            if !authorised.contains(&bell.user_id) {
                hub.close(bell.user_id);
                continue;
            }
            let items = items.remove(&bell.user_id).unwrap_or_default();
            let sync = Message::Sync { unread: bell.unread, items: &items };
            let (user, sync) = (bell.user_id, sync.encode()?);
            if all.contains(&user) {
                hub.users.send(user, &sync);
                continue;
            }
            for (_, id) in new.range((user, StreamId::MIN)..=(user, StreamId::MAX)) {
                hub.users.send_one(user, *id, &sync);
            }
        }
    }
    Ok(())
}

async fn send_notifications(
    hub: &Arc<Inner>,
    range: (NotificationId, NotificationId),
    db: &Db,
) -> Result<()> {
    if hub.users.is_empty() {
        return Ok(());
    }
    let among = (hub.users.len() <= MAX_NAMED_USERS).then(|| hub.users.keys());
    let (mut first, last) = range;
    let mut flooded = BTreeSet::new();
    loop {
        let (asked, of) = (among.clone(), hub.clone());
        let (rows, bells) = db
            .run(move |conn| {
                let rows = notifications::unread_between(conn, (first, last), asked.as_deref())?;
                let notified: BTreeSet<UserId> = rows.iter().map(|row| row.user_id).collect();
                let notified: Vec<UserId> = notified.into_iter().filter(|user| of.users.has(*user)).collect();
                Ok((rows, notifications::bells(conn, &notified)?))
            })
            .await?;
        let unread: BTreeMap<UserId, i64> = bells.iter().map(|bell| (bell.user_id, bell.unread)).collect();
        flooded.extend(users_with_too_many(&rows));
        for row in rows.iter().filter(|row| !flooded.contains(&row.user_id)) {
            let Some(unread) = unread.get(&row.user_id).copied() else { continue };
            let message = Message::Notification { item: &live_item(row)?, unread };
            hub.users.send(row.user_id, &message.encode()?);
        }
        match rows.last() {
            Some(row) if rows.len() == notifications::UNREAD_BATCH => first = NotificationId(row.id.0 + 1),
            _ => return send_state(hub, flooded, &BTreeSet::new(), db).await,
        }
    }
}

/// Users with more new notifications than a bell shows or a stream can queue. They get the state of the bell
/// instead.
fn users_with_too_many(rows: &[notifications::Row]) -> Vec<UserId> {
    let mut counts: BTreeMap<UserId, i64> = BTreeMap::new();
    for row in rows {
        *counts.entry(row.user_id).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > BELL_LENGTH).map(|(user, _)| user).collect()
}

async fn update_bells(hub: &Arc<Inner>, users: &BTreeSet<UserId>, db: &Db) -> Result<()> {
    let users: Vec<UserId> = users.iter().copied().filter(|user| hub.users.has(*user)).collect();
    if users.is_empty() {
        return Ok(());
    }
    for bell in db.run(move |conn| notifications::bells(conn, &users)).await? {
        let message = Message::Bell { unread: bell.unread, ids: &bell.ids };
        hub.users.send(bell.user_id, &message.encode()?);
    }
    Ok(())
}

async fn send_conversations(hub: &Arc<Inner>, contacts: &BTreeSet<ContactId>, db: &Db) -> Result<()> {
    let is_theirs = |(contact, _): &CustomerKey| contacts.contains(contact);
    let customers = hub.customers.keys().into_iter().filter(is_theirs).collect();
    for key in open_customers(hub, customers, db).await? {
        hub.customers.send(key, &CUSTOMER_CONVERSATION);
    }
    if hub.users.is_empty() {
        return Ok(());
    }
    let contacts: Vec<ContactId> = contacts.iter().copied().collect();
    for contacts in contacts.chunks(CONTACTS_PER_STATEMENT) {
        let asked = contacts.to_vec();
        let conversation_readers = db.run(move |conn| queries::conversation_readers(conn, &asked)).await?;
        for (contacts, users) in hub.audience.of_conversations(&conversation_readers) {
            hub.users.send_to(&users, &Message::Conversation { contacts: &contacts }.encode()?);
        }
    }
    Ok(())
}

async fn send_schedules(hub: &Arc<Inner>, schedules: BTreeSet<ScheduleId>, db: &Db) -> Result<()> {
    if schedules.is_empty() || hub.users.is_empty() {
        return Ok(());
    }
    let ids: Vec<ScheduleId> = schedules.into_iter().collect();
    let asked = ids.clone();
    let own = db.run(move |conn| queries::owners(conn, &asked)).await?;
    for (ids, users) in hub.audience.of_schedules(ids, own) {
        hub.users.send_to(&users, &Message::Schedules { ids: &ids }.encode()?);
    }
    Ok(())
}

fn live_item(row: &notifications::Row) -> Result<LiveItem> {
    Ok(LiveItem { id: row.id, html: render_for_any_page(&Item::of(row, Utc::now()))? })
}
