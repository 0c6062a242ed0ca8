//! The requests of a walker with each permission.

use pontual::contacts::import::import_portion;
use pontual::ids::ContactId;

use super::super::world::{CONTACTS, secret};
use super::PERMISSIONS;
use super::walker::Walker;
use crate::contacts::upload;
use crate::dispatcher;
use crate::harness::Page;

/// How often a walker uses a permission, relative to the others of the role.
const WEIGHTS: [(&str, usize); 10] = [
    ("schedules", 6),
    ("tickets", 3),
    ("tickets_all", 3),
    ("contacts", 7),
    ("departments", 5),
    ("users", 5),
    ("roles", 4),
    ("channels", 3),
    ("settings", 1),
    ("audit", 1),
];

const PASSWORD: &str = "quatro palavras quaisquer";

impl Walker<'_> {
    /// Mostly a contact with a conversation that the walker cannot read.
    fn contact(&mut self) -> i64 {
        self.rng.of(&[601, 602, 602, 603, 603, 604, 605, 605, 606])
    }

    /// Mostly the walker's own department: they read the conversations that go there.
    fn department(&mut self) -> i64 {
        self.rng.of(&[101, 101, 101, 102, 103])
    }

    fn user(&mut self) -> i64 {
        let own = self.selves[self.rng.below(self.selves.len())].0;
        self.rng.of(&[own, own, 303, 304, 305, 311, 312, 313])
    }

    fn role(&mut self) -> i64 {
        self.rng.of(&[203, 210, 210, 211, 212])
    }

    /// A random row of a query; `none` if there is none.
    fn one_of(&mut self, query: &str, none: &str) -> String {
        let rows = self.app.database.texts(query);
        if rows.is_empty() { none.to_owned() } else { self.rng.of(&rows) }
    }

    fn permission(&mut self) -> &'static str {
        let held: Vec<_> = WEIGHTS.iter().filter(|(permission, _)| self.has(permission)).collect();
        let mut place = self.rng.below(held.iter().map(|(_, weight)| weight).sum());
        for (permission, weight) in held {
            match place.checked_sub(*weight) {
                Some(rest) => place = rest,
                None => return permission,
            }
        }
        unreachable!("the place is below the sum");
    }

    pub async fn step(&mut self) {
        match self.permission() {
            "schedules" => self.schedule().await,
            "tickets" | "tickets_all" => self.attend().await,
            "contacts" => self.keep_contacts().await,
            "departments" => self.keep_departments().await,
            "users" => self.keep_users().await,
            "roles" => self.keep_roles().await,
            "channels" => self.keep_channels().await,
            "settings" => self.keep_settings().await,
            _ => drop(self.get("/audit").await),
        }
        self.judge();
        match self.rng.below(6) {
            0 | 1 => self.read().await,
            2 => self.keep_own().await,
            _ => {}
        }
        self.judge();
        if self.rng.below(2) == 0 {
            self.time_passes().await;
            self.judge();
        }
    }

    /// Reads a page that anybody may request.
    async fn read(&mut self) {
        let contact = self.contact();
        let path = match self.rng.below(6) {
            0 => format!("/contacts/{contact}/conversation"),
            1 => format!("/contacts/{contact}"),
            2 => format!("/tickets/{}", 100 + contact),
            3 => "/notifications".to_owned(),
            4 => format!("/schedules/{}", 801 + self.rng.below(3)),
            _ => {
                let files = "SELECT id || '/' || file_name AS value FROM attachments ORDER BY id";
                format!("/files/{}", self.one_of(files, "1/x"))
            }
        };
        self.get(&path).await;
    }

    /// Changes the walker's own bell or profile.
    async fn keep_own(&mut self) {
        let id = self.one_of(
            "SELECT id::text AS value FROM notifications WHERE removed_at IS NULL ORDER BY user_id = 310 DESC, id LIMIT 3",
            "1",
        );
        let (form, path) = match self.rng.below(7) {
            0 => ("/notifications", "/notifications/preferences".to_owned()),
            1 => ("/notifications", "/notifications/reading".to_owned()),
            2 => ("/notifications", format!("/notifications/{id}/reading")),
            3 => ("/notifications", format!("/notifications/{id}/opening")),
            4 => ("/notifications", format!("/notifications/{id}/removal")),
            5 => ("/profile", "/profile".to_owned()),
            _ => ("/profile", "/profile/theme".to_owned()),
        };
        let answer = self.submit(form, &path, &[("theme", "dark".to_owned())]).await;
        if path.ends_with("/opening") && answer.status == 303 {
            self.get(answer.location()).await;
        }
    }

    async fn schedule(&mut self) {
        // Only this role serves tickets and yet cannot read all conversations.
        let may_gain = self.has("tickets") && !self.has("tickets_all");
        let unseen: Vec<i64> = CONTACTS.filter(|contact| !self.sight.contains(contact)).collect();
        let contact = if may_gain && !unseen.is_empty() { self.rng.of(&unseen) } else { self.contact() };
        let department = self.department();
        let action = self.rng.of(&["notify", "open_ticket", "open_ticket", "open_ticket_and_notify"]);
        // The named user must be an attendant of the department.
        let members = format!(
            "SELECT user_id::text AS value FROM department_members WHERE department_id = {department} ORDER BY user_id"
        );
        let attendant = match (self.rng.below(6), action) {
            (0, _) => self.user().to_string(),
            (_, "open_ticket") => String::new(),
            _ => self.one_of(&members, ""),
        };
        let pending = "SELECT id::text AS value FROM schedules WHERE status = 'scheduled' ORDER BY id";
        let (one, other) = (self.one_of(pending, "801"), self.one_of(pending, "802"));
        // Often somebody else's file.
        let file = self.one_of("SELECT id::text AS value FROM attachments ORDER BY id", "1");
        let takes_file = self.rng.below(5) == 0;
        let fields = |due: &str| {
            let mut fields = vec![
                ("contact_id", contact.to_string()),
                ("department_id", department.to_string()),
                ("attendant_id", attendant.clone()),
                ("action", action.to_owned()),
                ("due_at", due.to_owned()),
                ("comment", "Retornar".to_owned()),
            ];
            if takes_file {
                fields.push(("files", file.clone()));
            }
            fields
        };
        let path = format!("/schedules/{one}");
        match self.rng.below(if may_gain { 6 } else { 12 }) {
            0..=3 => {
                let saved = self.submit("/schedules/new", "/schedules", &fields("2031-03-05T10:00")).await;
                // Often it soon opens a ticket, which it cannot while the contact has an open one.
                if saved.status == 303 && self.rng.below(4) > 0 {
                    self.judge();
                    self.all_tickets_close();
                    self.judge();
                    self.schedules_fall_due();
                }
            }
            4 | 5 => drop(self.submit(&format!("{path}/edit"), &path, &fields("2031-03-06T10:00")).await),
            6 => {
                let due = [("due_at", "2031-03-07T10:00".to_owned())];
                self.submit(&format!("{path}/time"), &format!("{path}/time"), &due).await;
            }
            deed @ (7 | 8) => {
                let path = format!("{path}/{}", if deed == 7 { "dispatch" } else { "cancellation" });
                self.submit(&path, &path, &[]).await;
            }
            9 => {
                let form = format!("/schedules/cancellations?id={one}&id={other}");
                self.submit(&form, "/schedules/cancellations", &[]).await;
            }
            10 => self.upload_file().await,
            _ => {
                drop(self.submit("/schedules/new", &format!("/uploads/{file}/removal"), &[]).await);
            }
        }
    }

    async fn upload_file(&mut self) {
        self.get("/schedules/new").await;
        let content = format!("arquivo {}", self.rng.next());
        let answer = self.selves[0].1.post_files("/uploads", &[], &[("nota.txt", content.as_bytes())]).await;
        self.take("/uploads", &answer, "nota.txt");
    }

    async fn attend(&mut self) {
        let ticket = 100 + self.contact();
        let message = self.one_of("SELECT id::text AS value FROM messages ORDER BY id", "1");
        match self.rng.below(5) {
            0 => drop(self.get("/tickets").await),
            1 => drop(self.get("/tickets?q=a").await),
            2 => {
                let fields = [("body", "Olá".to_owned()), ("kind", "message".to_owned())];
                self.submit("/tickets", &format!("/tickets/{ticket}/messages"), &fields).await;
            }
            3 => {
                let fields = [("message_id", message)];
                self.submit("/tickets", &format!("/tickets/{ticket}/reading"), &fields).await;
            }
            _ => drop(self.submit("/tickets", &format!("/tickets/{ticket}/closure"), &[]).await),
        }
    }

    async fn keep_contacts(&mut self) {
        let contact = self.contact();
        let path = format!("/contacts/{contact}");
        // The export needs three permissions; a single role has them.
        let may_export = self.has("tickets_all") && self.has("schedules");
        let deed = match self.rng.below(if may_export { 10 } else { 6 }) {
            0 => "archival",
            1 | 2 => "restoration",
            3 => "link-revocation",
            4 => "accesses/ending",
            _ => "export",
        };
        let fields = [
            ("name", format!("Contato {contact}")),
            ("channel_id", self.rng.of(&[401, 402]).to_string()),
            ("person_id", self.one_of("SELECT id::text AS value FROM people ORDER BY id", "501")),
            ("default_department_id", self.department().to_string()),
            ("default_attendant_id", String::new()),
        ];
        match self.rng.below(14) {
            0 => drop(self.get(&path).await),
            1 => drop(self.get("/contacts?state=all").await),
            2..=5 => drop(self.submit(&format!("{path}/edit"), &path, &fields).await),
            6 => drop(self.submit("/contacts/new", "/contacts", &fields).await),
            7..=9 => drop(self.submit(&path, &format!("{path}/{deed}"), &[]).await),
            10 => {
                let path = format!("{path}/anonymisation");
                self.submit(&path, &path, &[("understood", "1".to_owned())]).await;
            }
            11 => self.import().await,
            _ => self.keep_people().await,
        }
    }

    /// Imports a file that gives existing contacts another default department.
    async fn import(&mut self) {
        self.get("/contacts/import").await;
        let department = self.rng.of(&["Suporte", "Financeiro", "Comercial"]);
        let text = format!(
            "nome;telefone;departamento padrão\nMarina;11 90000-0142;{department}\nRafael;21 90000-0117;{department}\n"
        );
        let channel = self.rng.of(&["401", "402"]);
        let file = Some(("lista.csv", text.as_bytes()));
        let sent = upload(&self.selves[0].1, "/contacts/import", &[("channel_id", channel)], file).await;
        self.take("/contacts/import", &sent, &format!("{text:?}"));
        let columns = sent.location().to_owned();
        let Some(path) = columns.strip_suffix("/columns") else { return };
        self.submit(&columns, &columns, &[]).await;
        let end = self.rng.of(&["confirmation", "confirmation", "cancellation"]);
        self.submit(path, &format!("{path}/{end}"), &[("existing", "update".to_owned())]).await;
        while import_portion(&mut self.conn).unwrap() {}
    }

    async fn keep_people(&mut self) {
        let person = self.one_of("SELECT id::text AS value FROM people ORDER BY id", "501");
        let path = format!("/people/{person}");
        let fields = [("name", format!("Pessoa {}", self.rng.next())), ("added", self.contact().to_string())];
        match self.rng.below(5) {
            0 => drop(self.get(&path).await),
            1 => drop(self.submit("/people/new", "/people", &fields).await),
            2 => drop(self.submit(&format!("{path}/edit"), &path, &fields).await),
            3 => {
                drop(self.submit(&format!("{path}/archival"), &format!("{path}/archival"), &[]).await);
            }
            _ => drop(self.submit(&path, &format!("{path}/restoration"), &[]).await),
        }
    }

    async fn keep_departments(&mut self) {
        let (department, to, user) = (self.department(), self.department(), self.user());
        let path = format!("/departments/{department}");
        match self.rng.below(11) {
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
            5 => drop(self.submit(&path, &format!("{path}/reactivation"), &[]).await),
            6 => {
                let fields = [("direction", self.rng.of(&["up", "down"]).to_owned())];
                self.submit("/departments", &format!("{path}/position"), &fields).await;
            }
            7 => {
                let fields = [("name", format!("Setor {}", self.rng.next()))];
                self.submit("/departments/new", "/departments", &fields).await;
            }
            _ => {
                let path = format!("/departments/{}", self.rng.of(&[101, 102, 103]));
                let fields = [("name", format!("Setor {}", self.rng.next()))];
                self.submit(&path, &path, &fields).await;
            }
        }
    }

    async fn keep_users(&mut self) {
        let (user, role) = (self.user(), self.role());
        let path = format!("/users/{user}");
        match self.rng.below(8) {
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
            5 => self.end_sessions().await,
            _ => drop(self.submit(&path, &format!("{path}/reactivation"), &[]).await),
        }
    }

    /// Ends sessions of a colleague. The walker needs their own.
    async fn end_sessions(&mut self) {
        let own: Vec<String> = self.selves.iter().map(|(id, _)| id.to_string()).collect();
        let sessions = self.one_of(
            &format!(
                "SELECT user_id || '/sessions/' || id AS value FROM sessions
                  WHERE user_id NOT IN ({}) ORDER BY user_id, token_hash",
                own.join(",")
            ),
            "303/sessions/00000000-0000-4000-8000-000000000000",
        );
        let (user, session) = sessions.split_once("/sessions/").unwrap();
        let path = match self.rng.below(2) {
            0 => format!("/users/{user}/sessions/ending"),
            _ => format!("/users/{user}/sessions/{session}/ending"),
        };
        self.submit(&format!("/users/{user}"), &path, &[]).await;
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
        self.tally.note(&path, &taken);
        let id = self.app.database.number(
            "SELECT subject_id AS value FROM audit WHERE action = 'user.link_used' ORDER BY id DESC LIMIT 1",
        );
        self.way.push(format!("is now user {id} too"));
        self.tally.let_in += 1;
        self.selves.push((id, visitor));
    }

    async fn keep_roles(&mut self) {
        let mut fields = vec![("name", format!("Cargo {}", self.rng.next()))];
        for _ in 0..3 {
            fields.push(("permissions", self.rng.of(&PERMISSIONS).to_owned()));
        }
        match self.rng.below(4) {
            0 => drop(self.submit("/roles/new", "/roles", &fields).await),
            1 => {
                let roles = "SELECT id::text AS value FROM roles WHERE NOT is_administrator ORDER BY id";
                let path = format!("/roles/{}/deletion", self.one_of(roles, "211"));
                self.submit(&path, &path, &[]).await;
            }
            _ => {
                let path = format!("/roles/{}", self.role());
                self.submit(&path, &path, &fields).await;
            }
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
        match self.rng.below(5) {
            0 => drop(self.submit("/channels/new?kind=web_chat", "/channels", &fields).await),
            1 | 2 => drop(self.submit(&path, &path, &fields).await),
            _ => drop(self.submit(&path, &format!("{path}/{deed}"), &[]).await),
        }
    }

    async fn keep_settings(&mut self) {
        let number = self.rng.below(10);
        if self.rng.below(2) == 0 {
            let fields = [("spacing_minutes", number.to_string())];
            self.submit("/settings", "/settings", &fields).await;
        } else {
            let fields = [("notification_days", (30 + number).to_string()), ("understood", "1".to_owned())];
            self.submit("/settings/retention", "/settings/retention", &fields).await;
        }
    }

    /// Acts of others: customers write, schedules fall due, colleagues close tickets.
    async fn time_passes(&mut self) {
        match self.rng.below(4) {
            0 | 1 => self.schedules_fall_due(),
            2 => self.customer_comes().await,
            _ => self.all_tickets_close(),
        }
    }

    fn schedules_fall_due(&mut self) {
        self.app.database.execute(
            "UPDATE schedules SET due_at = now() - interval '1 second' WHERE id IN
                (SELECT id FROM schedules WHERE status = 'scheduled' ORDER BY due_at DESC LIMIT 2)",
        );
        dispatcher::run(&self.app.database);
        self.way.push("two schedules fall due".into());
    }

    fn all_tickets_close(&mut self) {
        self.app.database.execute(
            "UPDATE tickets SET status = 'closed', closed_at = clock_timestamp(), closed_by = 301
              WHERE status = 'open'",
        );
        self.way.push("the administrator closes all tickets".into());
    }

    /// A customer writes and uses another button of their page.
    async fn customer_comes(&mut self) {
        let contact = self.contact();
        let version = self
            .app
            .database
            .number(&format!("SELECT link_version::bigint AS value FROM contacts WHERE id = {contact}"));
        let links = pontual::contacts::Links::new(self.app.shared.keys.key("links"));
        let customer = self.app.visitor();
        customer.enter(&links.path(ContactId(contact), version as i32)).await;
        let message = self.one_of("SELECT id::text AS value FROM messages ORDER BY id DESC", "1");
        let deed = self.rng.of(&["receipts", "accesses/ending", "departure"]);
        let fields = [("body", secret(contact)), ("read", message)];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        for deed in ["messages", deed] {
            let path = format!("/c/{contact}/{deed}");
            let answer = customer.post(&path, &fields).await;
            self.tally.note(&path, &answer);
            self.way.push(format!("customer {contact}: {deed} → {}", answer.status));
        }
    }
}
