//! One pile of news on its way to the streams. Everything here may be done twice: what fails midway
//! is done again, and clients know entries by their ids.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix_web::web::Bytes;
use askama::Template;
use chrono::Utc;

use super::hub::{CustomerKey, Inner};
use super::message::{CUSTOMER_CONVERSATION, CUSTOMER_SYNC, LiveItem, Message};
use super::news::News;
use super::queries::{self, Watcher};
use crate::conversations::queries as conversations;
use crate::db::Db;
use crate::error::Result;
use crate::ids::{ContactId, NotificationId, ScheduleId, UserId};
use crate::notifications::{Item, queries as notifications};

/// Users whose bells are read, and contacts whose readers are looked up, in one statement.
const AT_ONCE: usize = 100;

/// # Errors
/// The database is unreachable; then nothing or a part was passed on.
pub(super) async fn deliver(hub: &Arc<Inner>, mut news: News, db: &Db) -> Result<()> {
    for user in &news.rights {
        hub.users.close(*user);
    }
    if news.all_may_have_missed {
        news.greetings = hub.users.keys().into_iter().collect();
        news.customers = hub.customers.keys().into_iter().collect();
        news.recheck = true;
    }
    if news.recheck {
        close_the_unwelcome(hub, db).await?;
    }
    for key in open_customers(hub, news.customers.into_iter().collect(), db).await? {
        hub.customers.send(key, &CUSTOMER_SYNC);
    }
    greet(hub, news.greetings, db).await?;
    if let Some(range) = news.notified {
        notify(hub, range, db).await?;
    }
    tell_of_conversations(hub, &news.conversations, db).await?;
    tell_of_schedules(hub, news.schedules, db).await?;
    update_bells(hub, &news.bells, db).await
}

async fn close_the_unwelcome(hub: &Arc<Inner>, db: &Db) -> Result<()> {
    let users = hub.users.keys();
    if !users.is_empty() {
        let asked = users.clone();
        let welcome = db.run(move |conn| queries::signed_in(conn, &asked)).await?;
        users.into_iter().filter(|user| !welcome.contains(user)).for_each(|user| hub.users.close(user));
    }
    let customers = hub.customers.keys();
    open_customers(hub, customers, db).await.map(drop)
}

/// Those of `customers` whose link is still good; the others' streams are ended.
async fn open_customers(hub: &Arc<Inner>, customers: Vec<CustomerKey>, db: &Db) -> Result<Vec<CustomerKey>> {
    if customers.is_empty() {
        return Ok(customers);
    }
    let contacts: Vec<ContactId> = customers.iter().map(|(contact, _)| *contact).collect();
    let good = db.run(move |conn| queries::open_links(conn, &contacts)).await?;
    let (open, ended): (Vec<_>, Vec<_>) = customers.into_iter().partition(|key| good.contains(key));
    ended.into_iter().for_each(|key| hub.customers.close(key));
    Ok(open)
}

/// Begins streams, or begins them anew, with the state of their users' bells.
async fn greet(hub: &Arc<Inner>, users: BTreeSet<UserId>, db: &Db) -> Result<()> {
    let users: Vec<UserId> = users.into_iter().filter(|user| hub.users.has(*user)).collect();
    for users in users.chunks(AT_ONCE) {
        let asked = users.to_vec();
        let (welcome, bells, rows) = db
            .run(move |conn| {
                Ok((
                    queries::signed_in(conn, &asked)?,
                    notifications::bells(conn, &asked)?,
                    notifications::newest_unread(conn, &asked)?,
                ))
            })
            .await?;
        let mut items: BTreeMap<UserId, Vec<LiveItem>> = BTreeMap::new();
        for row in &rows {
            items.entry(row.user_id).or_default().push(live_item(row)?);
        }
        for bell in bells {
            if !welcome.contains(&bell.user_id) {
                hub.users.close(bell.user_id);
                continue;
            }
            let items = items.remove(&bell.user_id).unwrap_or_default();
            let sync = Message::Sync { unread: bell.unread, items: &items };
            hub.users.send(bell.user_id, &sync.encode()?);
        }
    }
    Ok(())
}

async fn notify(hub: &Arc<Inner>, range: (NotificationId, NotificationId), db: &Db) -> Result<()> {
    let users = hub.users.keys();
    if users.is_empty() {
        return Ok(());
    }
    let (rows, bells) = db
        .run(move |conn| {
            let rows = notifications::written(conn, range, &users)?;
            let notified: BTreeSet<UserId> = rows.iter().map(|row| row.user_id).collect();
            let notified: Vec<UserId> = notified.into_iter().collect();
            Ok((rows, notifications::bells(conn, &notified)?))
        })
        .await?;
    let unread: BTreeMap<UserId, i64> = bells.iter().map(|bell| (bell.user_id, bell.unread)).collect();
    for row in &rows {
        let unread = unread.get(&row.user_id).copied().unwrap_or_default();
        let message = Message::Notification { item: &live_item(row)?, unread };
        hub.users.send(row.user_id, &message.encode()?);
    }
    Ok(())
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

async fn tell_of_conversations(hub: &Arc<Inner>, contacts: &BTreeSet<ContactId>, db: &Db) -> Result<()> {
    let is_theirs = |(contact, _): &CustomerKey| contacts.contains(contact);
    let customers = hub.customers.keys().into_iter().filter(is_theirs).collect();
    for key in open_customers(hub, customers, db).await? {
        hub.customers.send(key, &CUSTOMER_CONVERSATION);
    }
    let users = hub.users.keys();
    if users.is_empty() {
        return Ok(());
    }
    let contacts: Vec<ContactId> = contacts.iter().copied().collect();
    for contacts in contacts.chunks(AT_ONCE) {
        let (asked, users) = (contacts.to_vec(), users.clone());
        let readers = db.run(move |conn| conversations::readers_of_each(conn, &asked, &users)).await?;
        let mut events: BTreeMap<ContactId, Bytes> = BTreeMap::new();
        for contact in contacts {
            events.insert(*contact, Message::Conversation { contact: *contact }.encode()?);
        }
        for (contact, user) in readers {
            if let Some(event) = events.get(&contact) {
                hub.users.send(user, event);
            }
        }
    }
    Ok(())
}

async fn tell_of_schedules(hub: &Arc<Inner>, schedules: BTreeSet<ScheduleId>, db: &Db) -> Result<()> {
    let users = hub.users.keys();
    if schedules.is_empty() || users.is_empty() {
        return Ok(());
    }
    let ids: Vec<ScheduleId> = schedules.into_iter().collect();
    let to_all = Message::Schedules { ids: &ids }.encode()?;
    let asked = ids.clone();
    for watcher in db.run(move |conn| queries::watchers(conn, &asked, &users)).await? {
        match watcher {
            Watcher::All(user) => hub.users.send(user, &to_all),
            Watcher::Own(user, ids) => hub.users.send(user, &Message::Schedules { ids: &ids }.encode()?),
        }
    }
    Ok(())
}

fn live_item(row: &notifications::Row) -> Result<LiveItem> {
    Ok(LiveItem { id: row.id, html: Item::of(row, "", Utc::now()).render()? })
}
