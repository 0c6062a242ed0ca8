//! The walking user, and the checks after each step.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use diesel::pg::PgConnection;
use pontual::conversations::readers::readers_of_each;
use pontual::ids::{ContactId, UserId};
use pontual::live::{audience::Audience, queries};

use super::Role;
use super::routes::route_of;
use crate::harness::{Page, TestApp, Visitor};
use crate::rights::world::{CONTACTS, secret};

/// Splitmix64: the same numbers for the same seed on every machine.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub fn of<T: Clone>(&mut self, these: &[T]) -> T {
        these[self.below(these.len())].clone()
    }
}

/// How often a route was asked, and how often it did what was asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uses {
    pub sent: usize,
    pub allowed: usize,
}

/// Counts of all walks of a test.
#[derive(Debug, Default)]
pub struct Tally {
    pub requests: usize,
    pub allowed: usize,
    /// Conversations to which a schedule of the walker gave access openly.
    pub served_openly: usize,
    /// Conversations that the walker may read because somebody else's schedule notified them.
    pub notified: usize,
    /// Accounts that the walker let in and can use.
    pub let_in: usize,
    pub uses: BTreeMap<&'static str, Uses>,
}

impl Tally {
    pub fn note(&mut self, path: &str, answer: &Page) {
        let uses = self.uses.entry(route_of(path)).or_default();
        uses.sent += 1;
        uses.allowed += usize::from(is_allowed(answer));
    }

    pub fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.allowed += other.allowed;
        self.served_openly += other.served_openly;
        self.notified += other.notified;
        self.let_in += other.let_in;
        for (route, more) in other.uses {
            let uses = self.uses.entry(route).or_default();
            uses.sent += more.sent;
            uses.allowed += more.allowed;
        }
    }
}

fn is_allowed(answer: &Page) -> bool {
    answer.status < 400 && !answer.location().starts_with("/login")
}

/// The walking user, with all users whom they let in and whose accounts they could therefore use.
pub struct Walker<'a> {
    pub app: &'a TestApp,
    pub conn: PgConnection,
    pub role: Role,
    pub rng: Rng,
    pub seed: u64,
    pub selves: Vec<(i64, Visitor)>,
    pub sight: BTreeSet<i64>,
    /// Parts of conversations that answers showed: contact, part, request.
    pub shown: Vec<(i64, &'static str, String)>,
    pub way: Vec<String>,
    pub tally: &'a mut Tally,
    /// The first access that no rule gives, and the requests that led to it.
    pub leak: Option<String>,
}

impl Walker<'_> {
    pub fn has(&self, permission: &str) -> bool {
        self.role.contains(&permission)
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let page = self.selves[0].1.get(path).await;
        self.look(&page, &format!("GET {path}"));
        page
    }

    /// Opens the form's page and sends the form, with these fields instead of the values that it shows.
    pub async fn submit(&mut self, form: &str, path: &str, fields: &[(&str, String)]) -> Page {
        let opened = self.get(form).await;
        let mut shown = opened.form_fields(path);
        // A button may send a form to another address.
        if !shown.iter().any(|(name, _)| name == "version") {
            let version = opened.attribute("input[name=version]", "value").unwrap_or_default();
            shown.push(("version".into(), version));
        }
        shown.retain(|(name, _)| name != "csrf" && !fields.iter().any(|(field, _)| field == name));
        let shown = shown.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let sent: Vec<(&str, &str)> =
            shown.chain(fields.iter().map(|(name, value)| (*name, value.as_str()))).collect();
        let answer = self.selves[0].1.post(path, &sent).await;
        self.take(path, &answer, &format!("{fields:?}"));
        answer
    }

    /// Records the answer to a form.
    pub fn take(&mut self, path: &str, answer: &Page, fields: &str) {
        self.tally.note(path, answer);
        self.look(answer, &format!("POST {path} {fields}"));
    }

    /// Records messages and customers' links that a page shows.
    pub fn look(&mut self, page: &Page, what: &str) {
        self.tally.requests += 1;
        self.tally.allowed += usize::from(is_allowed(page));
        self.way.push(format!("{what} → {}", page.status));
        for contact in CONTACTS {
            if page.body.contains(&secret(contact)) {
                self.shown.push((contact, "its messages", what.to_owned()));
            }
            if page.body.contains(&format!("/c/{contact}-")) {
                self.shown.push((contact, "the customer's link", what.to_owned()));
            }
        }
    }

    fn ids(&self) -> Vec<UserId> {
        self.selves.iter().map(|(id, _)| UserId(*id)).collect()
    }

    fn list(&self) -> String {
        self.selves.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>().join(",")
    }

    pub fn sees(&mut self) -> BTreeSet<i64> {
        let contacts: Vec<ContactId> = CONTACTS.map(ContactId).collect();
        let ids = self.ids();
        let pairs = readers_of_each(&mut self.conn, &contacts, &ids).unwrap();
        pairs.into_iter().map(|(contact, _)| contact.0).collect()
    }

    /// Fails if a step gave access that it should not give.
    pub fn judge(&mut self) {
        let now = self.sees();
        let gained: Vec<i64> = now.difference(&self.sight).copied().collect();
        for contact in gained {
            if self.is_served_openly(contact) {
                self.tally.served_openly += 1;
            } else if self.is_told(contact) {
                self.tally.notified += 1;
            } else {
                self.fail(&format!("sees the conversation with {contact}"));
            }
        }
        for (contact, what, request) in std::mem::take(&mut self.shown) {
            if !self.sight.contains(&contact) && !now.contains(&contact) {
                self.fail(&format!("{request} showed {what} of {contact}"));
            }
        }
        self.sight = now;
    }

    /// Whether a schedule of the walker opened a ticket that they now serve, with their name in thread and audit.
    fn is_served_openly(&self, contact: i64) -> bool {
        let selves = self.list();
        0 < self.app.database.number(&format!(
            "SELECT count(*) AS value FROM tickets t
               JOIN schedule_history h ON h.schedule_id = t.schedule_id AND h.actor_id IN ({selves})
               JOIN messages m ON m.ticket_id = t.id AND m.event = 'ticket_opened' AND m.schedule_id = t.schedule_id
               JOIN audit a ON a.subject_id = t.schedule_id AND a.action LIKE 'schedule.%' AND a.actor_id = h.actor_id
              WHERE t.contact_id = {contact} AND (t.attendant_id IN ({selves}) OR t.department_id IN
                    (SELECT department_id FROM department_members WHERE user_id IN ({selves})))"
        ))
    }

    /// Whether the walker was notified of somebody else's schedule, and had not caused that.
    fn is_told(&self, contact: i64) -> bool {
        let selves = self.list();
        0 < self.app.database.number(&format!(
            "SELECT count(*) AS value FROM notifications n JOIN schedules s ON s.id = n.schedule_id
              WHERE n.contact_id = {contact} AND n.user_id IN ({selves}) AND n.removed_at IS NULL
                AND NOT EXISTS (SELECT FROM schedule_history h
                                 WHERE h.schedule_id = n.schedule_id AND h.actor_id IN ({selves}))
                AND NOT EXISTS (SELECT FROM audit a WHERE a.action = 'user.deactivated'
                                   AND a.subject_id = s.attendant_id AND a.actor_id IN ({selves}))
                AND (n.passed_on_by IS NULL OR NOT EXISTS (SELECT FROM audit a WHERE a.actor_id IN ({selves})
                        AND (a.subject_id = n.passed_on_by AND a.action LIKE 'user.%'
                             OR a.details ->> 'user_id' = n.passed_on_by::text)))"
        ))
    }

    fn fail(&mut self, what: &str) {
        if self.leak.is_some() {
            return;
        }
        let mut text = format!("{:?} {what}\nseed {}, the way there:\n", self.role, self.seed);
        for step in &self.way {
            let _ = writeln!(text, "  {step}");
        }
        self.leak = Some(text);
    }

    /// Checks at the end that pages, SQL statement and live events agree.
    pub async fn compare(&mut self) {
        let contacts: Vec<ContactId> = CONTACTS.map(ContactId).collect();
        let (mut ids, mut read) = (Vec::new(), BTreeSet::new());
        for (id, visitor) in &self.selves {
            // Pages prove nothing about a user whose session has ended.
            if visitor.get("/notifications").await.status != 200 {
                continue;
            }
            ids.push(UserId(*id));
            for contact in CONTACTS {
                let page = visitor.get(&format!("/contacts/{contact}/conversation")).await;
                if page.status == 200 {
                    read.insert((contact, *id));
                }
            }
        }
        let said = readers_of_each(&mut self.conn, &contacts, &ids).unwrap();
        let said: BTreeSet<(i64, i64)> =
            said.into_iter().map(|(contact, user)| (contact.0, user.0)).collect();
        assert_eq!(read, said, "pages and statement, {:?}, seed {}", self.role, self.seed);
        let audience = Audience::default();
        audience.learn(queries::rights(&mut self.conn, &ids).unwrap());
        let concerns = queries::conversation_readers(&mut self.conn, &contacts).unwrap();
        let mut heard = BTreeSet::new();
        for (contacts, users) in audience.of_conversations(&concerns) {
            heard.extend(contacts.iter().flat_map(|contact| users.iter().map(|user| (contact.0, user.0))));
        }
        assert_eq!(heard, said, "live events and statement, {:?}, seed {}", self.role, self.seed);
    }
}
