//! A property test: for every role with three permissions, random allowed requests never give access to a conversation
//! that the role alone does not give. Two ways are allowed and counted apart: a schedule that opens a ticket under the
//! walker's name, and a notification of somebody else's schedule.
//!
//! `PONTUAL_WALK_STEPS` sets the length of the walks, `PONTUAL_WALK_SEED` their course. A failure prints both and the
//! requests that led to it.

use std::collections::BTreeSet;
use std::fmt::Write;

use diesel::pg::PgConnection;
use pontual::conversations::readers::readers_of_each;
use pontual::ids::{ContactId, UserId};
use pontual::live::{queries, reach::Reach};

use super::world::{self, CONTACTS, WALKER, WALKER_EMAIL, secret};
use crate::dispatcher;
use crate::harness::{Page, TestApp, Visitor};

const PERMISSIONS: [&str; 10] = [
    "schedules",
    "tickets",
    "tickets_all",
    "contacts",
    "departments",
    "users",
    "roles",
    "channels",
    "settings",
    "audit",
];

/// Number of steps per walk.
const STEPS: u64 = 16;

const SEED: u64 = 2_026;

const PASSWORD: &str = "quatro palavras quaisquer";

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// All combinations of three permissions.
fn roles() -> Vec<[&'static str; 3]> {
    let mut roles = Vec::new();
    for (a, first) in PERMISSIONS.iter().enumerate() {
        for (b, second) in PERMISSIONS.iter().enumerate().skip(a + 1) {
            roles.extend(PERMISSIONS.iter().skip(b + 1).map(|third| [*first, *second, *third]));
        }
    }
    roles
}

/// Splitmix64: the same numbers for the same seed on every machine.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn of<T: Copy>(&mut self, these: &[T]) -> T {
        these[self.below(these.len())]
    }
}

/// Counts of all walks of a test.
#[derive(Debug, Default)]
struct Tally {
    requests: usize,
    allowed: usize,
    served_openly: usize,
    told: usize,
    let_in: usize,
}

/// The walking user, with all users whom they let in and whose accounts they could therefore use.
struct Walker<'a> {
    app: &'a TestApp,
    conn: PgConnection,
    role: [&'static str; 3],
    rng: Rng,
    seed: u64,
    selves: Vec<(i64, Visitor)>,
    sight: BTreeSet<i64>,
    /// Parts of conversations that answers showed: contact, part, request.
    shown: Vec<(i64, &'static str, String)>,
    way: Vec<String>,
    tally: &'a mut Tally,
}

impl Walker<'_> {
    fn has(&self, permission: &str) -> bool {
        self.role.contains(&permission)
    }

    async fn get(&mut self, path: &str) -> Page {
        let page = self.selves[0].1.get(path).await;
        self.look(&page, &format!("GET {path}"));
        page
    }

    /// Opens the form's page if there is one, for token and version, and then sends the form.
    async fn submit(&mut self, form: &str, path: &str, fields: &[(&str, String)]) -> Page {
        let opened = self.selves[0].1.get(form).await;
        self.look(&opened, &format!("GET {form}"));
        let version = opened.attribute("input[name=version]", "value").unwrap_or_default();
        let mut sent: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        sent.push(("version", &version));
        let answer = self.selves[0].1.post(path, &sent).await;
        self.look(&answer, &format!("POST {path} {fields:?}"));
        answer
    }

    /// Records messages and customers' links that a page shows.
    fn look(&mut self, page: &Page, what: &str) {
        self.tally.requests += 1;
        self.tally.allowed += usize::from(page.status < 400);
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

    fn sees(&mut self) -> BTreeSet<i64> {
        let contacts: Vec<ContactId> = CONTACTS.map(ContactId).collect();
        let ids = self.ids();
        let pairs = readers_of_each(&mut self.conn, &contacts, &ids).unwrap();
        pairs.into_iter().map(|(contact, _)| contact.0).collect()
    }

    /// Fails if a step gave access that it should not give.
    fn judge(&mut self) {
        let now = self.sees();
        let gained: Vec<i64> = now.difference(&self.sight).copied().collect();
        for contact in gained {
            if self.is_served_openly(contact) {
                self.tally.served_openly += 1;
            } else if self.is_told(contact) {
                self.tally.told += 1;
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

    /// Whether the walker was notified of somebody else's schedule without having a hand in that.
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

    fn fail(&self, what: &str) -> ! {
        let mut text = format!("{:?} {what}\nseed {}, the way there:\n", self.role, self.seed);
        for step in &self.way {
            let _ = writeln!(text, "  {step}");
        }
        panic!("{text}");
    }

    fn contact(&mut self) -> i64 {
        601 + self.rng.below(6) as i64
    }

    fn department(&mut self) -> i64 {
        self.rng.of(&[101, 101, 102, 103])
    }

    fn user(&mut self) -> i64 {
        let own = self.selves[self.rng.below(self.selves.len())].0;
        self.rng.of(&[own, own, 303, 304, 305, 311, 312, 313])
    }

    fn role(&mut self) -> i64 {
        self.rng.of(&[203, 210, 210, 211, 212])
    }

    async fn step(&mut self) {
        let permission = self.rng.of(&self.role.clone());
        match permission {
            "schedules" => self.schedule().await,
            "tickets" | "tickets_all" => self.attend().await,
            "contacts" => self.keep_contacts().await,
            "departments" => self.keep_departments().await,
            "users" => self.keep_users().await,
            "roles" => self.keep_roles().await,
            "channels" => self.keep_channels().await,
            "settings" => drop(self.get("/settings").await),
            _ => drop(self.get("/audit").await),
        }
        self.judge();
        if self.rng.below(3) == 0 {
            self.read().await;
            self.judge();
        }
        if self.rng.below(2) == 0 {
            self.time_passes().await;
            self.judge();
        }
    }

    /// Reads a page that anybody may request.
    async fn read(&mut self) {
        let contact = self.contact();
        let path = match self.rng.below(5) {
            0 => format!("/contacts/{contact}/conversation"),
            1 => format!("/contacts/{contact}"),
            2 => format!("/tickets/{}", 100 + contact),
            3 => "/notifications".to_owned(),
            _ => format!("/schedules/{}", 801 + self.rng.below(3)),
        };
        self.get(&path).await;
    }

    async fn schedule(&mut self) {
        let (contact, department, attendant) = (self.contact(), self.department(), self.user());
        let action = self.rng.of(&["notify", "notify", "open_ticket", "open_ticket_and_notify"]);
        let fields = |due: &str| {
            vec![
                ("contact_id", contact.to_string()),
                ("department_id", department.to_string()),
                ("attendant_id", attendant.to_string()),
                ("action", action.to_owned()),
                ("due_at", due.to_owned()),
                ("comment", "Retornar".to_owned()),
            ]
        };
        let pending = self
            .app
            .database
            .texts("SELECT id::text AS value FROM schedules WHERE status = 'scheduled' ORDER BY id");
        let one =
            if pending.is_empty() { "801".into() } else { pending[self.rng.below(pending.len())].clone() };
        match self.rng.below(6) {
            0..=2 => drop(self.submit("/schedules/new", "/schedules", &fields("2031-03-05T10:00")).await),
            3 => {
                let form = format!("/schedules/{one}/edit");
                self.submit(&form, &format!("/schedules/{one}"), &fields("2031-03-06T10:00")).await;
            }
            4 => {
                let path = format!("/schedules/{one}/dispatch");
                self.submit(&path, &path, &[]).await;
            }
            _ => {
                let path = format!("/schedules/{one}/cancellation");
                self.submit(&path, &path, &[]).await;
            }
        }
    }

    async fn attend(&mut self) {
        let ticket = 100 + self.contact();
        match self.rng.below(4) {
            0 => drop(self.get("/tickets").await),
            1 => drop(self.get("/tickets?q=a").await),
            2 => {
                let fields = [("body", "Olá".to_owned()), ("kind", "message".to_owned())];
                self.submit("/tickets", &format!("/tickets/{ticket}/messages"), &fields).await;
            }
            _ => drop(self.submit("/tickets", &format!("/tickets/{ticket}/closure"), &[]).await),
        }
    }

    async fn keep_contacts(&mut self) {
        let contact = self.contact();
        let path = format!("/contacts/{contact}");
        let deed = self.rng.of(&["archival", "restoration", "restoration", "link-revocation", "export"]);
        match self.rng.below(5) {
            0 | 1 => drop(self.get(&path).await),
            2 => {
                let fields = [
                    ("name", format!("Contato {contact}")),
                    ("channel_id", self.rng.of(&[401, 402]).to_string()),
                    ("default_department_id", "101".to_owned()),
                    ("default_attendant_id", String::new()),
                ];
                self.submit(&format!("{path}/edit"), &path, &fields).await;
            }
            3 => drop(self.get("/contacts?state=all").await),
            _ => drop(self.submit(&path, &format!("{path}/{deed}"), &[]).await),
        }
    }

    async fn keep_departments(&mut self) {
        let (department, to, user) = (self.department(), self.department(), self.user());
        let path = format!("/departments/{department}");
        match self.rng.below(6) {
            0 | 1 => {
                let fields = [("user_id", user.to_string())];
                self.submit(&path, &format!("{path}/members"), &fields).await;
            }
            2 => {
                let fields = [("known", "1".to_owned())];
                self.submit(&path, &format!("{path}/members/{user}/removal"), &fields).await;
            }
            3 | 4 => {
                let heir = if self.rng.below(3) == 0 { String::new() } else { to.to_string() };
                let fields = [("channels_to", to.to_string()), ("work_to", heir)];
                self.submit(&path, &format!("{path}/deactivation"), &fields).await;
            }
            _ => drop(self.submit(&path, &format!("{path}/reactivation"), &[]).await),
        }
    }

    async fn keep_users(&mut self) {
        let (user, role) = (self.user(), self.role());
        let path = format!("/users/{user}");
        match self.rng.below(6) {
            0 => {
                let number = self.rng.next();
                let fields = [
                    ("name", "Convidada".to_owned()),
                    ("email", format!("c{number}@empresa.example")),
                    ("role_id", role.to_string()),
                    ("departments", self.department().to_string()),
                ];
                let answer = self.submit("/users/new", "/users", &fields).await;
                self.take_up(&answer).await;
            }
            1 => {
                let answer = self.submit(&path, &format!("{path}/access-link"), &[]).await;
                self.take_up(&answer).await;
            }
            2 | 3 => {
                let email =
                    self.app.database.texts(&format!("SELECT email AS value FROM users WHERE id = {user}"));
                let fields = [
                    ("name", "Alguém".to_owned()),
                    ("email", email.into_iter().next().unwrap_or_default()),
                    ("role_id", role.to_string()),
                    ("known", "1".to_owned()),
                    ("departments", self.department().to_string()),
                ];
                self.submit(&path, &path, &fields).await;
            }
            4 => {
                let fields = [("heir_101", self.user().to_string()), ("heir_102", self.user().to_string())];
                self.submit(&path, &format!("{path}/deactivation"), &fields).await;
            }
            _ => drop(self.submit(&path, &format!("{path}/reactivation"), &[]).await),
        }
    }

    /// Uses the access link that an answer shows. From then on the walker also acts as that user.
    async fn take_up(&mut self, answer: &Page) {
        let Some(link) = answer.attribute("#access-link", "value") else { return };
        if self.selves.len() > 3 {
            return;
        }
        let path = link[link.find("/access/").unwrap()..].to_owned();
        let visitor = self.app.visitor();
        let name = visitor.get(&path).await.attribute("#name", "value").unwrap_or("Convidada".into());
        let taken = visitor.post(&path, &[("name", &name), ("password", PASSWORD)]).await;
        assert_eq!(taken.status, 303, "{}", taken.text());
        let id = self.app.database.number(
            "SELECT subject_id AS value FROM audit WHERE action = 'user.link_used' ORDER BY id DESC LIMIT 1",
        );
        self.way.push(format!("is now user {id} too"));
        self.tally.let_in += 1;
        self.selves.push((id, visitor));
    }

    async fn keep_roles(&mut self) {
        let path = format!("/roles/{}", self.role());
        let mut fields = vec![("name", format!("Cargo {}", self.rng.next()))];
        for _ in 0..3 {
            fields.push(("permissions", self.rng.of(&PERMISSIONS).to_owned()));
        }
        match self.rng.below(3) {
            0 => drop(self.submit("/roles/new", "/roles", &fields).await),
            _ => drop(self.submit(&path, &path, &fields).await),
        }
    }

    async fn keep_channels(&mut self) {
        let path = format!("/channels/{}", self.rng.of(&[401, 402]));
        let fields = [
            ("name", format!("Conexão {}", self.rng.next())),
            ("palette", "#4453cf".to_owned()),
            ("department_id", self.department().to_string()),
        ];
        let deed = self.rng.of(&["deactivation", "reactivation", "reactivation"]);
        match self.rng.below(3) {
            0 | 1 => drop(self.submit(&path, &path, &fields).await),
            _ => drop(self.submit(&path, &format!("{path}/{deed}"), &[]).await),
        }
    }

    /// Acts of others: customers write, schedules fall due, colleagues close tickets.
    async fn time_passes(&mut self) {
        let contact = self.contact();
        match self.rng.below(4) {
            0 | 1 => {
                self.app.database.execute(
                    "UPDATE schedules SET due_at = now() - interval '1 second' WHERE id IN
                        (SELECT id FROM schedules WHERE status = 'scheduled' ORDER BY due_at DESC LIMIT 2)",
                );
                dispatcher::run(&self.app.database);
                self.way.push("two schedules fall due".into());
            }
            2 => {
                let version = self.app.database.number(&format!(
                    "SELECT link_version::bigint AS value FROM contacts WHERE id = {contact}"
                ));
                let links = pontual::contacts::Links::new(self.app.shared.keys.key("links"));
                let chat = links.path(ContactId(contact), version as i32);
                let customer = self.app.visitor();
                customer.enter(&chat).await;
                let text = secret(contact);
                let wrote = customer.post(&format!("/c/{contact}/messages"), &[("body", &text)]).await;
                self.way.push(format!("{contact} writes → {}", wrote.status));
            }
            _ => {
                self.app.database.execute(
                    "UPDATE tickets SET status = 'closed', closed_at = clock_timestamp(), closed_by = 301
                      WHERE status = 'open'",
                );
                self.way.push("the administrator closes all tickets".into());
            }
        }
    }

    /// Checks at the end that pages, SQL statement and live events agree.
    async fn compare(&mut self) {
        let contacts: Vec<ContactId> = CONTACTS.map(ContactId).collect();
        let ids = self.ids();
        let said = readers_of_each(&mut self.conn, &contacts, &ids).unwrap();
        let mut read = BTreeSet::new();
        for (id, visitor) in &self.selves {
            for contact in CONTACTS {
                let page = visitor.get(&format!("/contacts/{contact}/conversation")).await;
                if page.status == 200 {
                    read.insert((contact, *id));
                }
            }
        }
        let said: BTreeSet<(i64, i64)> =
            said.into_iter().map(|(contact, user)| (contact.0, user.0)).collect();
        assert_eq!(read, said, "pages and statement, {:?}, seed {}", self.role, self.seed);
        let reach = Reach::default();
        reach.learn(queries::rights(&mut self.conn, &ids).unwrap());
        let concerns = queries::concerns(&mut self.conn, &contacts).unwrap();
        let mut heard = BTreeSet::new();
        for (contacts, users) in reach.of_conversations(&concerns) {
            heard.extend(contacts.iter().flat_map(|contact| users.iter().map(|user| (contact.0, user.0))));
        }
        assert_eq!(heard, said, "live events and statement, {:?}, seed {}", self.role, self.seed);
    }
}

async fn walk(role: [&'static str; 3], seed: u64, steps: u64, tally: &mut Tally) {
    walk_in(role, seed, steps, tally, "SELECT 1").await;
}

/// As `walk`, after a change of the world by SQL.
async fn walk_in(role: [&'static str; 3], seed: u64, steps: u64, tally: &mut Tally, change: &str) {
    let app = TestApp::new().await.with_made_up_rows("a world without its beginnings");
    world::fill(&app.database, &role);
    app.database.execute(change);
    let visitor = app.signed_in(WALKER_EMAIL).await;
    let conn = app.database.connect();
    let mut walker = Walker {
        app: &app,
        conn,
        role,
        rng: Rng(seed),
        seed,
        selves: vec![(WALKER, visitor)],
        sight: BTreeSet::new(),
        shown: Vec::new(),
        way: Vec::new(),
        tally,
    };
    walker.sight = walker.sees();
    let expected: BTreeSet<i64> = match (walker.has("tickets_all"), walker.has("tickets")) {
        (true, _) => CONTACTS.collect(),
        (false, true) => [601].into(),
        (false, false) => BTreeSet::new(),
    };
    assert_eq!(walker.sight, expected, "{role:?}");
    for _ in 0..steps {
        walker.step().await;
    }
    walker.compare().await;
}

/// Walks a quarter of all roles, so that four tests run in parallel.
async fn walk_part(part: usize) {
    let (steps, seed) = (number("PONTUAL_WALK_STEPS", STEPS), number("PONTUAL_WALK_SEED", SEED));
    let all = roles();
    assert_eq!(all.len(), 120);
    let mut tally = Tally::default();
    for (place, role) in all.into_iter().enumerate().filter(|(place, _)| place % 4 == part) {
        walk(role, seed.wrapping_mul(1_000).wrapping_add(place as u64), steps, &mut tally).await;
    }
    println!("seed {seed}, {steps} steps for each of 30 roles: {tally:?}");
    assert!(tally.allowed * 3 > tally.requests, "most requests of the walk were refused: {tally:?}");
}

#[actix_web::test]
async fn no_three_permissions_give_sight_beyond_them_1() {
    walk_part(0).await;
}

#[actix_web::test]
async fn no_three_permissions_give_sight_beyond_them_2() {
    walk_part(1).await;
}

#[actix_web::test]
async fn no_three_permissions_give_sight_beyond_them_3() {
    walk_part(2).await;
}

#[actix_web::test]
async fn no_three_permissions_give_sight_beyond_them_4() {
    walk_part(3).await;
}

/// A broken rule: changing a contact's default department moves its tickets there.
#[actix_web::test]
#[should_panic(expected = "sees the conversation with")]
async fn the_walk_notices_a_rule_that_is_broken() {
    let change = "CREATE FUNCTION lead_astray() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE tickets SET department_id = NEW.default_department_id WHERE contact_id = NEW.id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER lead_astray AFTER UPDATE OF default_department_id ON contacts
            FOR EACH ROW WHEN (NEW.default_department_id IS NOT NULL) EXECUTE FUNCTION lead_astray()";
    walk_in(["tickets", "contacts", "audit"], SEED, 200, &mut Tally::default(), change).await;
}
