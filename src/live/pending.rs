//! Announcements that are not delivered yet. They are merged by kind, so that a thousand announcements during
//! a slow query cost only one more query.

use std::collections::BTreeSet;

use super::Event;
use super::hub::CustomerKey;
use super::streams::StreamId;
use crate::ids::{ContactId, NotificationId, ScheduleId, UserId};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingEvents {
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
    pub events_may_be_missing: bool,
    /// Check the rights of everybody who has a stream.
    pub recheck: bool,
    pub rights_to_check: RightsToCheck,
}

/// Users and customers whose rights to their streams are due for a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RightsToCheck {
    pub users: BTreeSet<UserId>,
    pub customers: BTreeSet<CustomerKey>,
}

impl PendingEvents {
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
            Event::MessagesQueued | Event::MessagesArrived | Event::ChoicesChanged => {}
        }
    }

    /// Merges events back that could not be delivered.
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
        self.events_may_be_missing |= earlier.events_may_be_missing;
        self.recheck |= earlier.recheck;
        self.rights_to_check.users.extend(earlier.rights_to_check.users);
        self.rights_to_check.customers.extend(earlier.rights_to_check.customers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn announcements_of_one_kind_become_one() {
        let mut pending = PendingEvents::default();
        assert!(pending.is_empty());
        pending.add(Event::Notified(NotificationId(5), NotificationId(6)));
        pending.add(Event::Notified(NotificationId(2), NotificationId(3)));
        pending.add(Event::ConversationsChanged(vec![ContactId(1), ContactId(2)]));
        pending.add(Event::ConversationsChanged(vec![ContactId(2)]));
        assert_eq!(pending.notified, Some((NotificationId(2), NotificationId(6))));
        assert_eq!(pending.conversations.len(), 2);
    }

    #[test]
    fn undelivered_events_are_kept_with_those_that_came_since() {
        let mut earlier = PendingEvents { recheck: true, ..PendingEvents::default() };
        earlier.add(Event::BellChanged(UserId(1)));
        let mut pending = PendingEvents::default();
        pending.add(Event::BellChanged(UserId(2)));
        pending.put_back(earlier);
        assert_eq!(pending.bells, BTreeSet::from([UserId(1), UserId(2)]));
        assert!(pending.recheck);
    }
}
