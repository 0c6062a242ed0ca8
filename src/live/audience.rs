//! Decides who receives an event. The hub caches the rights of users with streams: it reads them with the
//! first event of a stream, drops them with the stream, and reads them again with every heartbeat. So an
//! event needs one query about the changed records, not one about every connected user.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::queries::{ConversationReaders, OwnSchedules, Rights};
use crate::ids::{ContactId, DepartmentId, ScheduleId, UserId};

/// Changed records, and the users who are notified of them.
pub type Recipients<T> = (Vec<T>, Vec<UserId>);

/// The cached rights of users with streams.
#[derive(Default)]
pub struct Audience(Mutex<HashMap<UserId, Rights>>);

impl Audience {
    pub fn learn(&self, rights: Vec<Rights>) {
        self.lock().extend(rights.into_iter().map(|rights| (rights.user, rights)));
    }

    pub fn forget(&self, user: UserId) {
        self.lock().remove(&user);
    }

    /// Forgets the users that `is_there` rejects.
    pub fn keep(&self, is_there: impl Fn(UserId) -> bool) {
        self.lock().retain(|user, _| is_there(*user));
    }

    /// Who is notified that these conversations changed.
    pub fn of_conversations(&self, changed: &[ConversationReaders]) -> Vec<Recipients<ContactId>> {
        let of_department = by(changed, |conversation| &conversation.departments);
        let of_attendant = by(changed, |conversation| &conversation.attendants);
        let of_notified = by(changed, |conversation| &conversation.notified);
        let (mut everything, mut alone) = (Vec::new(), Vec::new());
        let mut departments: HashMap<Vec<DepartmentId>, Vec<UserId>> = HashMap::new();
        for (user, rights) in self.lock().iter() {
            if rights.reads_all_conversations {
                everything.push(*user);
                continue;
            }
            let attended = of_attendant.get(user).filter(|_| rights.attends);
            let own: BTreeSet<ContactId> =
                attended.into_iter().chain(of_notified.get(user)).flatten().copied().collect();
            let touched = rights.departments.iter().filter(|_| rights.attends);
            let touched: Vec<_> = touched.copied().filter(|id| of_department.contains_key(id)).collect();
            match (own.is_empty(), touched.is_empty()) {
                (true, true) => {}
                (true, false) => departments.entry(touched).or_default().push(*user),
                (false, _) => alone.push((own, touched, *user)),
            }
        }
        let all = changed.iter().map(|conversation| conversation.contact).collect();
        let together = |own: BTreeSet<ContactId>, departments: &[DepartmentId]| {
            let theirs = departments.iter().filter_map(|id| of_department.get(id)).flatten().copied();
            own.into_iter().chain(theirs).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let mut recipients = vec![(all, everything)];
        recipients
            .extend(departments.into_iter().map(|(ids, users)| (together(BTreeSet::new(), &ids), users)));
        recipients.extend(alone.into_iter().map(|(own, ids, user)| (together(own, &ids), vec![user])));
        recipients
    }

    /// Who is notified that `schedules` changed. Users who may not read all schedules are notified only of their
    /// `own`.
    pub fn of_schedules(
        &self,
        schedules: Vec<ScheduleId>,
        own: Vec<OwnSchedules>,
    ) -> Vec<Recipients<ScheduleId>> {
        let known = self.lock();
        let reads_all = |user: &UserId| known.get(user).map(|rights| rights.reads_all_schedules);
        let everything = known.keys().copied().filter(|user| reads_all(user) == Some(true)).collect();
        let own = own.into_iter().filter(|own| reads_all(&own.user) == Some(false));
        let mut recipients = vec![(schedules, everything)];
        recipients.extend(own.map(|own| (own.schedules, vec![own.user])));
        recipients
    }

    /// Ignores poisoning: each change of the map is a single call, so a panic cannot leave it half done.
    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, Rights>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Groups the contacts of the changed conversations by the values that `of` returns.
fn by<K: Copy + Eq + Hash>(
    changed: &[ConversationReaders],
    of: impl Fn(&ConversationReaders) -> &Vec<K>,
) -> HashMap<K, Vec<ContactId>> {
    let mut found: HashMap<K, Vec<ContactId>> = HashMap::new();
    for conversation in changed {
        for key in of(conversation) {
            found.entry(*key).or_default().push(conversation.contact);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rights(user: i64, departments: &[i64]) -> Rights {
        Rights {
            user: UserId(user),
            reads_all_schedules: false,
            reads_all_conversations: false,
            attends: !departments.is_empty(),
            departments: departments.iter().copied().map(DepartmentId).collect(),
        }
    }

    fn concern(
        contact: i64,
        departments: &[i64],
        attendants: &[i64],
        notified: &[i64],
    ) -> ConversationReaders {
        ConversationReaders {
            contact: ContactId(contact),
            departments: departments.iter().copied().map(DepartmentId).collect(),
            attendants: attendants.iter().copied().map(UserId).collect(),
            notified: notified.iter().copied().map(UserId).collect(),
        }
    }

    /// The contacts that `user` is notified of.
    fn received(recipients: &[Recipients<ContactId>], user: i64) -> Vec<i64> {
        let theirs = recipients.iter().filter(|(_, users)| users.contains(&UserId(user)));
        theirs.flat_map(|(contacts, _)| contacts).map(|contact| contact.0).collect()
    }

    #[test]
    fn a_conversation_reaches_its_departments_its_attendants_and_notified_users() {
        let audience = Audience::default();
        let administrator = Rights { reads_all_conversations: true, ..rights(1, &[]) };
        audience.learn(vec![
            administrator,
            rights(2, &[10]),
            rights(3, &[11, 12]),
            rights(4, &[]),
            rights(5, &[12]),
        ]);
        let recipients = audience.of_conversations(&[
            concern(100, &[10], &[], &[]),
            concern(101, &[11], &[2], &[4]),
            concern(102, &[11, 12], &[4], &[]),
        ]);
        assert_eq!(received(&recipients, 1), [100, 101, 102]);
        assert_eq!(received(&recipients, 2), [100, 101]);
        assert_eq!(received(&recipients, 3), [101, 102]);
        assert_eq!(received(&recipients, 4), [101], "attends no more, but was notified");
        assert_eq!(received(&recipients, 5), [102]);
    }

    #[test]
    fn a_forgotten_user_receives_nothing() {
        let audience = Audience::default();
        audience.learn(vec![rights(2, &[10]), rights(3, &[10]), rights(4, &[10])]);
        audience.forget(UserId(2));
        audience.keep(|user| user == UserId(4));
        let recipients = audience.of_conversations(&[concern(100, &[10], &[2], &[2])]);
        assert_eq!(
            (received(&recipients, 2), received(&recipients, 3), received(&recipients, 4)),
            (vec![], vec![], vec![100])
        );
    }
}
