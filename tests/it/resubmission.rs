//! Every form that cannot be saved comes back with all that was typed (503).

use crate::contacts::import::fields_of;
use crate::contacts::upload;
use crate::harness::{Page, Plan, TestApp, Visitor};
use pontual::routes::routes;
use pontual::setup;

/// Forms in which nothing is typed or chosen.
const ONLY_BUTTONS: &[&str] = &[
    "/logout",
    "/schedules/{id}/dispatch",
    "/tickets/{id}/closure",
    "/messages/{id}/attempts",
    "/messages/{id}/discard",
    "/c/{contact:[0-9]+}/accesses/ending",
    "/c/{contact:[0-9]+}/departure",
    "/notifications/reading",
    "/notifications/{id}/reading",
    "/notifications/{id}/opening",
    "/notifications/{id}/removal",
    "/contacts/imports/{id}/cancellation",
    "/contacts/{id}/archival",
    "/contacts/{id}/restoration",
    "/contacts/{id}/link-revocation",
    "/contacts/{id}/merge",
    "/contacts/{id}/separation",
    "/contacts/{id}/accesses/ending",
    "/contacts/{id}/export",
    "/people/{id}/archival",
    "/people/{id}/restoration",
    "/uploads/{id}/removal",
    "/departments/{id}/position",
    "/departments/{id}/reactivation",
    "/users/{id}/access-link",
    "/users/{id}/reactivation",
    "/users/{id}/sessions/ending",
    "/users/{id}/sessions/{session}/ending",
    "/roles/{id}/deletion",
    "/channels/{id}/deactivation",
    "/channels/{id}/reactivation",
    "/channels/{id}/test",
    "/channels/{id}/pause",
    "/channels/{id}/resumption",
    "/channels/{id}/secret",
    "/channels/{id}/previous-secret/removal",
    "/channels/{id}/inbox/{message}/retry",
    "/settings/logo/removal",
    "/profile/theme",
];

/// Other forms that do not come back, and why.
const EXEMPT: &[(&str, &str)] = &[
    ("/access/{token}", "It asks only for passwords, which are in no answer."),
    ("/profile/password", "It asks only for passwords, which are in no answer."),
    ("/profile/sessions/ending", "It asks only for a password, which is in no answer."),
    ("/profile/sessions/{session}/ending", "It asks only for a password, which is in no answer."),
    ("/uploads", "It sends only files, which the user chooses again."),
    ("/schedules/new/preview", "A script sends it from an open form, which stays open. It saves nothing."),
    ("/contacts/import", "It sends a file, which the user chooses again; trouble.rs tests its other field."),
    ("/settings/logo", "It sends only a file, which the user chooses again."),
    ("/channels/{id}/inbox", "A program sends it, which sends it again."),
    ("/tickets/{id}/reading", "A script sends it, with a number that nobody typed."),
    ("/c/{contact:[0-9]+}/receipts", "A script sends it, with a number that nobody typed."),
];

/// Fields that are in no answer.
const SECRET: [&str; 1] = ["password"];

/// A route, the page with its form, and the address that the form is sent to.
type FormOn<'a> = (&'static str, &'a str, &'a str);

/// A filled form.
struct Filled {
    route: &'static str,
    path: String,
    fields: Vec<(String, String)>,
}

impl Filled {
    /// The form for `path` on the page `page`, with `typed` instead of the values that it shows.
    async fn on(visitor: &Visitor, (route, page, path): FormOn<'_>, typed: &[(&str, &str)]) -> Self {
        let shown = visitor.get(page).await.assert_status(200).form_fields(path);
        assert!(!shown.is_empty(), "{page} has no form for {path}");
        let is_kept =
            |(name, _): &(String, String)| name != "csrf" && typed.iter().all(|(changed, _)| changed != name);
        let own = shown.into_iter().filter(is_kept);
        let typed = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { route, path: path.to_owned(), fields: own.chain(typed).collect() }
    }

    /// Sends the form, and asserts that the answer is a 503 with each field.
    async fn comes_back(&self, visitor: &Visitor) {
        let fields: Vec<_> =
            self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let kept = visitor.post(&self.path, &fields).await;
        assert_eq!(kept.status, 503, "{}: {}", self.route, kept.text());
        self.assert_in(&kept);
    }

    fn assert_in(&self, kept: &Page) {
        let shown = kept.form_fields(&self.path);
        // Browsers send line breaks as CR LF; they become LF.
        let typed = self.fields.iter().map(|(name, value)| (name.clone(), value.replace("\r\n", "\n")));
        for field in &typed.filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>() {
            match SECRET.contains(&field.0.as_str()) {
                true => assert!(!kept.body.contains(&field.1), "{}: a password in the answer", self.route),
                false => {
                    assert!(shown.contains(field), "{}: {field:?} is lost; back came {shown:?}", self.route)
                }
            }
        }
    }
}

/// Makes each write fail as if it had waited too long for a lock. Sessions stay readable and writable.
pub fn refuse_writes(app: &TestApp) {
    app.database.execute(
        "CREATE FUNCTION wait_too_long() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'canceling statement due to lock timeout' USING ERRCODE = '55P03'; END $$;
         DO $$ DECLARE one text; BEGIN
            FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'sessions' LOOP
                EXECUTE format('CREATE TRIGGER refuse_writes BEFORE INSERT OR UPDATE OR DELETE ON %I
                                FOR EACH STATEMENT EXECUTE FUNCTION wait_too_long()', one);
            END LOOP;
         END $$",
    );
}

/// An uploaded list of contacts; its page of columns.
async fn import(admin: &Visitor, name: &str) -> String {
    admin.get("/contacts/import").await;
    let file = (name, b"nome;telefone;setor\nAna;11900000199;Vendas\n".as_slice());
    let sent = upload(admin, "/contacts/import", &[("channel_id", "401")], Some(file)).await;
    sent.location().to_owned()
}

async fn filled_by(admin: &Visitor, app: &TestApp) -> Vec<Filled> {
    let planned = Plan { due_in: "3 days", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    let schedule = format!("/schedules/{planned}");
    let (time, cancellation) = (format!("{schedule}/time"), format!("{schedule}/cancellation"));
    let several = format!("/schedules/cancellations?id={planned}");
    let columns = import(admin, "lista.csv").await;
    let confirmed = import(admin, "outra.csv").await;
    let mapping = fields_of(&admin.get(&confirmed).await);
    let mapping: Vec<_> = mapping.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    admin.post(&confirmed, &mapping).await.assert_status(303);
    let judged = confirmed.trim_end_matches("/columns");
    while pontual::contacts::import::import_portion(&mut app.database.connect()).unwrap() {}
    let confirmation = format!("{judged}/confirmation");
    let forms: &[(FormOn<'_>, &[(&str, &str)])] = &[
        (
            ("/schedules", "/schedules/new", "/schedules"),
            &crate::schedules::form(&[
                ("comment", "Casa Um"),
                ("when", "5 dez 2030 10h"),
                ("due_at", "05/12/2030 10:00"),
            ]),
        ),
        (("/schedules/{id}", &format!("{schedule}/edit"), &schedule), &[("comment", "Casa Dois")]),
        (("/schedules/{id}/time", &time, &time), &[("due_at", "2031-03-07T10:00")]),
        (("/schedules/{id}/cancellation", &cancellation, &cancellation), &[("reason", "Casa Três")]),
        (("/schedules/cancellations", &several, "/schedules/cancellations"), &[("reason", "Casa Quatro")]),
        (
            ("/tickets/{id}/messages", "/tickets/701", "/tickets/701/messages"),
            &[("body", "Casa Cinco"), ("kind", "message")],
        ),
        (
            ("/notifications/preferences", "/notifications", "/notifications/preferences"),
            &[("plays_sound", "1")],
        ),
        (("/contacts", "/contacts/new", "/contacts"), &[("name", "Casa Seis"), ("channel_id", "401")]),
        (("/contacts/{id}", "/contacts/602/edit", "/contacts/602"), &[("name", "Casa Sete")]),
        (
            ("/contacts/{id}/anonymisation", "/contacts/602/anonymisation", "/contacts/602/anonymisation"),
            &[("understood", "1")],
        ),
        (("/contacts/imports/{id}/columns", &columns, &columns), &[]),
        (("/contacts/imports/{id}/confirmation", judged, &confirmation), &[("existing", "update")]),
        (("/people", "/people/new", "/people"), &[("name", "Casa Oito"), ("added", "601")]),
        (("/people/{id}", "/people/501/edit", "/people/501"), &[("name", "Casa Nove")]),
        (("/departments", "/departments/new", "/departments"), &[("name", "Casa Dez")]),
        (("/departments/{id}", "/departments/101", "/departments/101"), &[("name", "Casa Onze")]),
        (
            ("/departments/{id}/members", "/departments/102?q=bruno", "/departments/102/members"),
            &[("user_id", "303")],
        ),
        (
            (
                "/departments/{id}/members/{user}/removal",
                "/departments/101",
                "/departments/101/members/303/removal",
            ),
            &[("known", "1")],
        ),
        (
            (
                "/departments/{id}/deactivation",
                "/departments/101/deactivation",
                "/departments/101/deactivation",
            ),
            &[("channels_to", "102"), ("work_to", "102")],
        ),
        (
            ("/users", "/users/new", "/users"),
            &[("name", "Casa Doze"), ("email", "doze@empresa.example"), ("role_id", "203")],
        ),
        (("/users/{id}", "/users/303", "/users/303"), &[("name", "Casa Treze")]),
        (
            ("/users/{id}/deactivation", "/users/303/deactivation", "/users/303/deactivation"),
            &[("heir_101", "304")],
        ),
        (("/roles", "/roles/new", "/roles"), &[("name", "Casa Catorze"), ("permissions", "tickets")]),
        (("/roles/{id}", "/roles/203", "/roles/203"), &[("name", "Casa Quinze")]),
        (
            ("/channels", "/channels/new?kind=web_chat", "/channels"),
            &[("name", "Casa Dezesseis"), ("department_id", "101"), ("greeting", "Olá\nBoas-vindas")],
        ),
        (("/channels/{id}", "/channels/401", "/channels/401"), &[("name", "Casa Dezessete")]),
        (("/settings", "/settings", "/settings"), &[("company_name", "Casa Dezoito")]),
        (
            ("/settings/retention", "/settings/retention", "/settings/retention"),
            &[("notification_days", "200")],
        ),
        (("/profile", "/profile", "/profile"), &[("name", "Casa Dezenove")]),
    ];
    let mut filled = Vec::new();
    for (form, typed) in forms {
        filled.push(Filled::on(admin, *form, typed).await);
    }
    filled
}

#[test]
fn an_exempt_form_is_named_with_its_reason() {
    for (route, reason) in EXEMPT {
        assert!(reason.ends_with('.'), "{route} without a reason");
    }
}

#[actix_web::test]
async fn every_form_that_cannot_be_saved_comes_back_with_all_that_was_typed() {
    let app = TestApp::new().await.with_made_up_rows("a ticket that nobody opened");
    app.database.execute(
        "INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 101);
         INSERT INTO department_members VALUES (101, 304)",
    );
    let (admin, customer, stranger) = (app.administrator().await, app.customer(601).await, app.visitor());
    let filled = filled_by(&admin, &app).await;
    let message = ("/c/{contact:[0-9]+}/messages", "/c/601", "/c/601/messages");
    let message = Filled::on(&customer, message, &[("body", "Casa Vinte")]).await;
    let signing_in = [("email", "admin@empresa.example"), ("password", "quatro palavras quaisquer")];
    let signing_in = Filled::on(&stranger, ("/login", "/login", "/login"), &signing_in).await;
    let empty = TestApp::empty().await;
    let (link, founder) = (setup::open(&mut empty.database.connect()).unwrap().unwrap(), empty.visitor());
    let company = [("company_name", "Casa Bela"), ("name", "Ana"), ("email", "ana@loja.example")];
    let rest = [("password", "uma senha boa"), ("department", "Vendas"), ("time_zone", "America/Manaus")];
    let founding = ("/setup/{token}", link.as_str(), link.as_str());
    let founding = Filled::on(&founder, founding, &[&company[..], &rest[..]].concat()).await;
    refuse_writes(&app);
    refuse_writes(&empty);
    for form in &filled {
        form.comes_back(&admin).await;
    }
    message.comes_back(&customer).await;
    signing_in.comes_back(&stranger).await;
    founding.comes_back(&founder).await;
    let tried = filled.iter().chain([&message, &signing_in, &founding]).map(|form| form.route);
    let exempt = EXEMPT.iter().map(|(route, _)| *route).chain(ONLY_BUTTONS.iter().copied());
    let mut named: Vec<_> = tried.chain(exempt).collect();
    let mut posted: Vec<_> =
        routes().into_iter().filter(|route| route.method == "POST").map(|route| route.path).collect();
    named.sort();
    posted.sort();
    assert_eq!(named, posted, "each route that takes a form is tried once, or named with the reason why not");
}
