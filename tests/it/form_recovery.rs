//! A form that is refused because of its sender keeps its typed text, and gives it back only to the person who
//! typed it.

use std::fs;
use std::path::Path;

use actix_web::test::TestRequest;
use scraper::{Html, Selector};

use crate::contacts::import::fields_of;
use crate::contacts::upload;
use crate::files::PDF;
use crate::harness::{FROM_OUR_PAGE, Filled, PASSWORD, Page, Plan, TestApp, Visitor, multipart};
use crate::schedules::form;

const NAME: &str = "Casa \"Ávila\" & <Filhos>";
const PEOPLE: &str = "SELECT name AS value FROM people WHERE name LIKE 'Casa%'";
const ENDED: &str = "Sua sessão terminou, e o formulário não foi enviado.";

/// Signs in on a sign-in page that holds a kept form.
async fn sign_in_at(visitor: &Visitor, page: &Page, email: &str, password: &str) -> Page {
    let kept = page.attribute("input[name=kept]", "value").unwrap();
    visitor.post("/login", &[("email", email), ("password", password), ("next", ""), ("kept", &kept)]).await
}

/// Presses "Enviar de novo".
async fn send_again(visitor: &Visitor, page: &Page) -> Page {
    page.assert_says("Enviar de novo");
    let fields = hidden(page);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    visitor.post_raw(&page.attribute("form", "action").unwrap(), &fields).await
}

fn hidden(page: &Page) -> Vec<(String, String)> {
    let document = Html::parse_document(&page.body);
    let fields = Selector::parse("form input[type=hidden]").unwrap();
    let pair = |field: scraper::ElementRef| {
        let attribute = |name| field.value().attr(name).unwrap_or_default().to_owned();
        (attribute("name"), attribute("value"))
    };
    document.select(&fields).map(pair).collect()
}

/// Ends all sessions, as "Sair" in another tab would.
fn end_sessions(app: &TestApp) {
    app.database.execute("DELETE FROM sessions");
}

#[actix_web::test]
async fn a_form_whose_session_ended_is_there_again_after_the_sign_in() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    end_sessions(&app);
    let refused = admin.post("/people", &[("name", NAME)]).await;
    refused.assert_status(401).assert_says(ENDED).assert_does_not_say("Ávila");
    assert!(!refused.body.contains("Ávila"), "the form is sealed until its owner signs in");
    let wrong = sign_in_at(&admin, &refused, "admin@empresa.example", "errada").await;
    wrong.assert_status(422).assert_says("E-mail ou senha incorretos.");
    let page = sign_in_at(&admin, &wrong, "admin@empresa.example", PASSWORD).await;
    page.assert_status(200)
        .assert_says("Confira e envie de novo")
        .assert_says("Destino Pessoas")
        .assert_says(NAME);
    assert_eq!(
        app.database.texts(PEOPLE),
        Vec::<String>::new(),
        "nothing is sent without the owner's confirmation"
    );
    let saved = send_again(&admin, &page).await;
    admin.follow(&saved).await.assert_says("Pessoa salva.").assert_says(NAME);
    assert_eq!(app.database.texts(PEOPLE), [NAME]);
}

#[actix_web::test]
async fn every_form_outlives_its_session() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let email = ("email", "novo@empresa.example");
    let planned = Plan { due_in: "3 days", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let typed: &[(&str, &str, Filled, &str)] = &[
        (
            "/contacts/new",
            "/contacts",
            &[("name", "Casa Um"), ("channel_id", "401"), ("phone", "(11) 90000-0001")],
            "(11) 90000-0001",
        ),
        ("/contacts/602/edit", "/contacts/602", &[("name", "Casa Dois"), ("channel_id", "401")], "Casa Dois"),
        ("/people/501/edit", "/people/501", &[("name", "Casa Três")], "Casa Três"),
        (
            "/roles/new",
            "/roles",
            &[("name", "Casa Quatro"), ("description", "Cuida"), ("permissions", "tickets")],
            "Cuida",
        ),
        (
            "/users/new",
            "/users",
            &[("name", "Casa Cinco"), email, ("role_id", "203")],
            "novo@empresa.example",
        ),
        ("/departments/new", "/departments", &[("name", "Casa Seis")], "Casa Seis"),
        (
            "/channels/new?kind=web_chat",
            "/channels",
            &[
                ("name", "Casa Sete"),
                ("department_id", "101"),
                ("palette", "#0b6e4f"),
                ("greeting", "Olá\nBoas-vindas"),
            ],
            "Boas-vindas",
        ),
        (
            "/settings",
            "/settings",
            &[
                ("company_name", "Casa Oito"),
                ("time_zone", "America/Sao_Paulo"),
                ("spacing_minutes", "6"),
                ("spacing_scope", "platform"),
                ("late_tolerance_minutes", "60"),
            ],
            "Casa Oito",
        ),
        (
            "/settings/retention",
            "/settings/retention",
            &[("notification_days", "200"), ("audit_months", "60"), ("history_months", "60")],
            "200",
        ),
        ("/profile", "/profile", &[("name", "Casa Dez"), ("theme", "dark")], "Casa Dez"),
        (
            "/schedules/new",
            "/schedules",
            &form(&[("comment", "Casa Onze"), ("message", "Olá\n\nTudo bem?")]),
            "05/12/2030 às 10:00",
        ),
        (
            &format!("/schedules/{planned}/cancellation"),
            &format!("/schedules/{planned}/cancellation"),
            &[("reason", "Casa Doze")],
            "Casa Doze",
        ),
    ];
    for (form, action, fields, shown) in typed {
        let opened = admin.get(form).await;
        let own = ["version", "form_key", "original"];
        let own = own.map(|name| (name, opened.attribute(&format!("form.card input[name={name}]"), "value")));
        let own = own.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain(own).collect();
        end_sessions(&app);
        let refused = admin.post(action, &fields).await;
        refused.assert_status(401).assert_says(ENDED);
        let page = sign_in_at(&admin, &refused, "admin@empresa.example", PASSWORD).await;
        page.assert_status(200).assert_says(shown);
        let has_choices = fields.iter().any(|(name, _)| name.ends_with("_id") || *name == "permissions");
        assert!(!has_choices || page.text().contains("nas listas e opções vai junto"), "{action}");
        for field in &fields {
            let kept = hidden(&page);
            assert!(
                kept.iter().any(|(name, value)| (name.as_str(), value.as_str()) == *field),
                "{action}: {field:?}"
            );
        }
        let saved = send_again(&admin, &page).await;
        // Creating a user is answered 201, with the invitation's link.
        assert!(matches!(saved.status, 303 | 201), "{action}: {} {}", saved.status, saved.text());
    }
}

#[actix_web::test]
async fn a_form_with_only_choices_survives_the_end_of_its_session() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/contacts/import").await;
    let file = ("lista.csv", b"nome;telefone;setor\nAna;11900000199;Vendas\n".as_slice());
    let sent = upload(&admin, "/contacts/import", &[("channel_id", "401")], Some(file)).await;
    let columns = sent.location().to_owned();
    let fields = fields_of(&admin.get(&columns).await);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    end_sessions(&app);
    let refused = admin.post(&columns, &fields).await;
    refused.assert_status(401).assert_says(ENDED);
    let page = sign_in_at(&admin, &refused, "admin@empresa.example", PASSWORD).await;
    page.assert_status(200).assert_says("nas listas e opções vai junto");
    let saved = send_again(&admin, &page).await;
    assert_eq!(format!("{}/columns", saved.location()), columns);
}

#[actix_web::test]
async fn nobody_else_who_signs_in_gets_the_form() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    end_sessions(&app);
    let refused = admin.post("/people", &[("name", NAME)]).await;
    let other = sign_in_at(&admin, &refused, "gestor@empresa.example", PASSWORD).await;
    other.assert_status(303);
    assert!(!other.body.contains("Ávila"));
    let home = admin.get("/roles").await;
    home.assert_says("O formulário era de outra conta").assert_does_not_say("Ávila");
}

#[actix_web::test]
async fn a_form_sent_while_somebody_else_is_signed_in_waits_for_its_owner() {
    let app = TestApp::new().await;
    let browser = app.administrator().await;
    browser.get("/people/new").await;
    let of_admin = browser.csrf();
    browser.get("/login").await;
    browser
        .post("/login", &[("email", "gestor@empresa.example"), ("password", PASSWORD)])
        .await
        .assert_status(303);
    // The other account may not use this page.
    let refused = browser.post_raw("/people", &[("name", NAME), ("csrf", &of_admin)]).await;
    refused.assert_status(403).assert_says("Este formulário foi preenchido com outra conta");
    assert!(!refused.body.contains("Ávila"));
    let page = sign_in_at(&browser, &refused, "admin@empresa.example", PASSWORD).await;
    page.assert_status(200).assert_says(NAME);
    send_again(&browser, &page).await.assert_status(303);
    assert_eq!(app.database.texts(PEOPLE), [NAME]);
}

#[actix_web::test]
async fn a_permission_that_is_taken_away_leaves_what_was_typed() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'contacts')");
    let bruno = app.attendant().await;
    bruno.get("/people/new").await;
    app.database.execute("DELETE FROM role_permissions WHERE (role_id, permission) = (203, 'contacts')");
    let refused = bruno.post("/people", &[("name", NAME)]).await;
    refused.assert_status(403).assert_says("Você não tem acesso a esta página").assert_says(NAME);
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'contacts')");
    send_again(&bruno, &refused).await.assert_status(303);
    assert_eq!(app.database.texts(PEOPLE), [NAME]);
}

#[actix_web::test]
async fn a_reply_to_a_ticket_that_went_elsewhere_is_not_lost() {
    let app = TestApp::new().await.with_made_up_rows("a ticket that nobody opened");
    app.database.execute("INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 101)");
    let bruno = app.attendant().await;
    bruno.get("/tickets/701").await;
    app.database.execute("UPDATE tickets SET department_id = 102 WHERE id = 701");
    let refused = bruno.post("/tickets/701/messages", &[("kind", "message"), ("body", "Já resolvo")]).await;
    refused.assert_status(404).assert_says("Já resolvo").assert_says("Destino Conversa");
}

#[actix_web::test]
async fn a_form_older_than_the_browsers_cookie_is_sent_again_by_one_press() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    admin.set_cookie("pontual_csrf", &"0".repeat(32));
    let refused = admin.post("/people", &[("name", NAME)]).await;
    refused.assert_status(403).assert_says("Confira e envie de novo").assert_says(NAME);
    assert_eq!(app.database.texts(PEOPLE), Vec::<String>::new());
    send_again(&admin, &refused).await.assert_status(303);
    assert_eq!(app.database.texts(PEOPLE), [NAME]);
}

#[actix_web::test]
async fn a_form_from_another_site_is_never_kept() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    let token = admin.csrf();
    let forged = |csrf: String, header: (&'static str, &'static str)| {
        let fields = [("name", NAME.to_owned()), ("csrf", csrf)];
        admin.send(TestRequest::post().uri("/people").insert_header(header).set_form(fields))
    };
    // Signed in: the right token but another site; this site but a wrong token.
    let site = "sec-fetch-site";
    for header in
        [(site, "cross-site"), (site, "same-site"), ("origin", "https://evil.example"), ("origin", "null")]
    {
        let refused = forged(token.clone(), header).await;
        assert!(refused.status == 403 && !refused.body.contains("Ávila"), "{header:?}");
    }
    let stolen = app.attendant().await;
    stolen.get("/profile").await;
    for csrf in [String::new(), "00".repeat(56), token[..64].to_owned(), format!("{token}00"), stolen.csrf()]
    {
        let refused = forged(csrf.clone(), FROM_OUR_PAGE).await;
        assert!(refused.status == 403 && !refused.body.contains("Ávila"), "{csrf}");
    }
    // Without a session, the form leads to the sign-in and is not kept.
    end_sessions(&app);
    for (csrf, header) in [(token, (site, "none")), ("00".repeat(56), FROM_OUR_PAGE)] {
        let refused = forged(csrf, header).await;
        assert_eq!((refused.status, refused.count("input[name=kept]")), (303, 0), "{header:?}");
    }
    assert_eq!(app.database.texts(PEOPLE), Vec::<String>::new());
}

#[actix_web::test]
async fn a_kept_form_has_everything_except_its_password() {
    let app = TestApp::new().await;
    let visitor = app.visitor();
    visitor.get("/login").await;
    visitor.set_cookie("pontual_csrf", &"0".repeat(32));
    let fields = [("email", "admin@empresa.example"), ("password", PASSWORD), ("next", "/people")];
    let refused = visitor.post("/login", &fields).await;
    refused.assert_status(403).assert_says("admin@empresa.example");
    assert!(!refused.body.contains(PASSWORD));
    assert_eq!(refused.attributes("form input[type=password]", "name"), ["password"]);
    let mut fields = hidden(&refused);
    fields.push(("password".into(), PASSWORD.into()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(visitor.post_raw("/login", &fields).await.location(), "/people");

    // A form with only passwords is not kept; the visitor returns to its page.
    end_sessions(&app);
    let request = TestRequest::post().uri("/profile/password").insert_header(FROM_OUR_PAGE);
    let request = request.insert_header(("referer", "http://localhost:8080/profile?a=b"));
    let refused =
        visitor.send(request.set_form([("current_password", PASSWORD), ("csrf", &visitor.csrf())])).await;
    assert_eq!((refused.status, refused.location()), (303, "/login?next=/profile%3Fa%3Db"));
    assert!(!refused.body.contains(PASSWORD));
}

#[actix_web::test]
async fn a_form_with_files_keeps_its_texts() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    end_sessions(&app);
    let refused = admin.post_files("/schedules", &form(&[]), &[("proposta.pdf", PDF)]).await;
    refused.assert_status(401).assert_says(ENDED);
    let page = sign_in_at(&admin, &refused, "admin@empresa.example", PASSWORD).await;
    page.assert_says("Confirmar a renovação").assert_says("Voltar ao formulário");
    let mut fields = hidden(&page);
    fields.push(("step".into(), "files".into()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let form = admin.post_raw("/schedules", &fields).await;
    assert_eq!(form.assert_status(200).texts("#comment"), ["Confirmar a renovação"]);
}

#[actix_web::test]
async fn a_form_with_files_and_an_old_token_keeps_its_texts_too() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    admin.set_cookie("pontual_csrf", &"0".repeat(32));
    // The comment comes after the file.
    let mut body =
        multipart::body(&[("csrf", &admin.csrf()), ("action", "open_ticket")], &[("proposta.pdf", PDF)]);
    body.truncate(body.len() - format!("--{}--\r\n", multipart::BOUNDARY).len());
    body.extend(multipart::body(&[("comment", "Depois do arquivo")], &[]));
    let refused = admin.post_body("/schedules", body).await;
    refused.assert_status(403).assert_says("Depois do arquivo").assert_says("Voltar ao formulário");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM blobs"), 0);
}

#[actix_web::test]
async fn a_page_that_asks_for_its_parts_gets_401_and_no_redirect() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    end_sessions(&app);
    let posted = admin.post_part("/people", &[("name", NAME)]).await;
    let asked = admin.get_part("/notifications").await;
    for answer in [posted, asked] {
        assert_eq!((answer.status, answer.header("hx-redirect"), answer.location()), (401, "", ""));
    }
}

#[actix_web::test]
async fn a_part_of_a_page_is_not_shown_to_another_account_that_signed_in_since() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    for (user, status) in [(app.company.bruno, 200), (app.company.helena, 401)] {
        let request = TestRequest::get().uri("/tickets").insert_header(("hx-request", "true"));
        assert_eq!(
            bruno.send(request.insert_header(("x-user", user.to_string()))).await.status,
            status,
            "{user}"
        );
    }
}

#[actix_web::test]
async fn an_error_of_ours_leaves_what_was_typed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    app.database.execute("ALTER TABLE people ADD CONSTRAINT none CHECK (name NOT LIKE 'Casa%')");
    let refused = admin.post("/people", &[("name", NAME)]).await;
    refused.assert_status(500).assert_says(NAME).assert_says("informe ao administrador o código");
    app.database.execute("ALTER TABLE people DROP CONSTRAINT none");
    send_again(&admin, &refused).await.assert_status(303);
    assert_eq!(app.database.texts(PEOPLE), [NAME]);
}

#[actix_web::test]
async fn a_customer_whose_link_was_revoked_keeps_the_words() {
    let app = TestApp::new().await.with_made_up_rows("a link that nobody revoked");
    let customer = app.customer(601).await;
    app.database.execute("UPDATE contacts SET link_version = link_version + 1 WHERE id = 601");
    let refused = customer.post("/c/601/messages", &[("body", "Preciso de ajuda")]).await;
    refused
        .assert_status(404)
        .assert_says("Esta conversa não está disponível")
        .assert_says("Preciso de ajuda");
}

/// A kept field without a label would not be shown, and a form with only such fields would not be kept.
#[test]
fn every_field_that_one_types_into_has_a_name_on_the_page_that_keeps_it() {
    let known = include_str!("../../src/web/resubmission_page.rs");
    let mut forms = 0;
    for (path, text) in templates(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/templates"))) {
        forms += text.matches("method=\"post\"").count();
        for tag in text.split('<').filter(|tag| tag.starts_with("input ") || tag.starts_with("textarea ")) {
            let attribute = |name: &str| {
                tag.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split('"').next())
            };
            let kind = attribute("type").unwrap_or("text");
            let Some(name) = attribute("name") else { continue };
            let is_choice =
                ["hidden", "checkbox", "radio", "file", "password", "search", "submit"].contains(&kind);
            // Filters are sent by GET, so their values are in the address. The other two belong to a picker.
            let is_filter = ["q", "from", "to", "until", "contact_search", "person_search"].contains(&name);
            if is_choice || is_filter || name.contains("{{") || name == "username" {
                continue;
            }
            assert!(known.contains(&format!("(\"{name}\", ")), "{}: {name}", path.display());
        }
    }
    assert!(forms > 40, "{forms} forms");
}

fn templates(folder: &Path) -> Vec<(std::path::PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(templates(&path)),
            false => found.push((path.clone(), fs::read_to_string(&path).unwrap())),
        }
    }
    found
}
