//! Announcements that are not delivered yet. They are merged by kind, so that a thousand announcements during
//! a slow query cost only one more query.

use std::collections::BTreeSet;

use super::Event;
use super::hub::CustomerKey;
use super::streams::StreamId;
use crate::ids::{ContactId, NotificationId, ScheduleId, UserId};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The first and last id of the new notifications.
    pub notified: Option<(NotificationId, NotificationId)>,
    pub bells: BTreeSet<UserId>,
    pub conversations: BTreeSet<ContactId>,
    pub schedules: BTreeSet<ScheduleId>,
    pub rights: BTreeSet<UserId>,
    /// New streams, which must receive the current state.
    pub new_users: BTreeSet<(UserId, StreamId)>,
    pub new_customers: BTreeSet<(CustomerKey, StreamId)>,
    /// Announcements may have been missed: every stream must receive the current state.
    pub all_may_have_missed: bool,
    /// Check the rights of everybody who has a stream.
    pub recheck: bool,
    pub doubts: Doubts,
}

/// Users and customers whose rights to their streams are due for a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    pub users: BTreeSet<UserId>,
    pub customers: BTreeSet<CustomerKey>,
}

impl News {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub fn add(&mut self, event: Event) {
        match event {
            Event::Notified(first, last) => {
                let (known_first, known_last) = self.notified.unwrap_or((first, last));
                self.notified = Some((known_first.min(first), known_last.max(last)));
            }
            Event::BellChanged(user) => self.bells.extend([user]),
            Event::ConversationsChanged(contacts) => self.conversations.extend(contacts),
            Event::SchedulesChanged(schedules) => self.schedules.extend(schedules),
            Event::RightsChanged(users) => self.rights.extend(users),
            Event::LinksChanged => self.recheck = true,
            // No page shows these live.
            Event::ChoicesChanged => {}
        }
    }

    /// Merges back news that could not be delivered.
    pub fn put_back(&mut self, earlier: Self) {
        if let Some((first, last)) = earlier.notified {
            self.add(Event::Notified(first, last));
        }
        self.bells.extend(earlier.bells);
        self.conversations.extend(earlier.conversations);
        self.schedules.extend(earlier.schedules);
        self.rights.extend(earlier.rights);
        self.new_users.extend(earlier.new_users);
        self.new_customers.extend(earlier.new_customers);
        self.all_may_have_missed |= earlier.all_may_have_missed;
        self.recheck |= earlier.recheck;
        self.doubts.users.extend(earlier.doubts.users);
        self.doubts.customers.extend(earlier.doubts.customers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announcements_of_one_kind_become_one() {
        let mut news = News::default();
        assert!(news.is_empty());
        news.add(Event::Notified(NotificationId(5), NotificationId(6)));
        news.add(Event::Notified(NotificationId(2), NotificationId(3)));
        news.add(Event::ConversationsChanged(vec![ContactId(1), ContactId(2)]));
        news.add(Event::ConversationsChanged(vec![ContactId(2)]));
        assert_eq!(news.notified, Some((NotificationId(2), NotificationId(6))));
        assert_eq!(news.conversations.len(), 2);
    }

    #[test]
    fn what_could_not_be_passed_on_is_kept_beside_what_came_since() {
        let mut earlier = News { recheck: true, ..News::default() };
        earlier.add(Event::BellChanged(UserId(1)));
        let mut news = News::default();
        news.add(Event::BellChanged(UserId(2)));
        news.put_back(earlier);
        assert_eq!(news.bells, BTreeSet::from([UserId(1), UserId(2)]));
        assert!(news.recheck);
    }
}
