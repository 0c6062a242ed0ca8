//! The list of contacts, and who sees which parts of it.

use super::SCRIPT;
use crate::harness::{TestApp, Visitor};

async fn names(visitor: &Visitor, path: &str) -> Vec<String> {
    visitor.get(path).await.assert_status(200).texts("#contact-rows .name")
}

#[actix_web::test]
async fn the_list_is_searched_by_name_number_and_address_without_accents() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO contacts (id, channel_id, name, phone, email) VALUES
            (611, 401, 'Érica São João', '+5531900000168', 'erica@casa.example')",
    );
    let admin = app.administrator().await;
    assert_eq!(names(&admin, "/contacts").await, ["Érica São João", "Marina Duarte", "Rafael Nogueira"]);
    for search in ["erica", "SAO+eri", "(31)+90000-0168", "casa.example", "%C3%89RICA"] {
        assert_eq!(names(&admin, &format!("/contacts?q={search}")).await, ["Érica São João"], "{search}");
    }
    app.database.execute("UPDATE contacts SET email = 'erica@pão.example' WHERE id = 611");
    for search in
        ["erica@xn--po-sia.example", "Erica@XN--PO-SIA.EXAMPLE", "@xn--po-sia", "erica@p%C3%A3o.example"]
    {
        assert_eq!(names(&admin, &format!("/contacts?q={search}")).await, ["Érica São João"], "{search}");
    }
    for search in ["erica+duarte", "%25", "_", "%27+OR+1%3D1"] {
        let page = admin.get(&format!("/contacts?q={search}")).await;
        page.assert_says("Nenhum contato encontrado");
    }
}

#[actix_web::test]
async fn a_contact_is_found_by_every_spelling_of_its_number() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for typed in [
        "(11) 90000-0142",
        "11 90000 0142",
        "11900000142",
        "011 90000-0142",
        "0 15 11 90000-0142",
        "+55 11 90000-0142",
        "5511900000142",
        "0055 11 90000 0142",
        "90000-0142",
        " 11\u{a0}90000–0142 ",
        "(0xx11) 90000-0142",
        "+55 (011) 90000-0142",
        "tel:+55-11-90000-0142",
        "marina 11 90000-0142",
        "Duarte (90000.0142)",
    ] {
        let search: String = url::form_urlencoded::byte_serialize(typed.as_bytes()).collect();
        assert_eq!(names(&admin, &format!("/contacts?q={search}")).await, ["Marina Duarte"], "{typed}");
    }
}

#[actix_web::test]
async fn names_are_found_despite_quotes_dashes_and_invisible_marks() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO contacts (id, channel_id, name) VALUES
            (611, 401, 'João D’Ávila'), (612, 401, '“Nina” Ana–Luz – matriz'),
            (613, 401, 'Te\u{200b}resa')",
    );
    let admin = app.administrator().await;
    for (typed, found) in [
        ("D'Ávila", "João D’Ávila"),
        ("D’Avila", "João D’Ávila"),
        ("d´avila", "João D’Ávila"),
        ("davila", "João D’Ávila"),
        ("\"nina\"", "“Nina” Ana–Luz – matriz"),
        ("'Nina' matriz", "“Nina” Ana–Luz – matriz"),
        ("ana-luz", "“Nina” Ana–Luz – matriz"),
        ("ana luz - matriz", "“Nina” Ana–Luz – matriz"),
        ("teresa", "Te\u{200b}resa"),
    ] {
        let search: String = url::form_urlencoded::byte_serialize(typed.as_bytes()).collect();
        assert_eq!(names(&admin, &format!("/contacts?q={search}")).await, [found], "{typed}");
    }
}

#[actix_web::test]
async fn the_list_is_filtered_and_shows_open_tickets_and_schedules() {
    let app = TestApp::new().await;
    app.database.execute(
        "UPDATE contacts SET archived_at = now() WHERE id = 602;
         INSERT INTO contacts (id, channel_id, name) VALUES (611, 401, 'Sem Pessoa');
         INSERT INTO tickets (contact_id, department_id) VALUES (601, 101);
         INSERT INTO channels (id, kind, name, default_department_id) VALUES (402, 'email', 'Correio', 101);
         INSERT INTO contacts (id, channel_id, name) VALUES (612, 402, 'Por Correio');
         INSERT INTO contact_identities (contact_id, channel_id, kind, value) VALUES (612, 402, 'email', 'b@c.example')",
    );
    let admin = app.administrator().await;
    assert_eq!(names(&admin, "/contacts?person=with").await, ["Marina Duarte"]);
    assert_eq!(names(&admin, "/contacts?person=without").await, ["Por Correio", "Sem Pessoa"]);
    assert_eq!(names(&admin, "/contacts?channel_id=402").await, ["Por Correio"]);
    assert_eq!(names(&admin, "/contacts?state=archived").await, ["Rafael Nogueira"]);
    let marina = admin.get("/contacts?q=marina").await;
    marina.assert_says("(11) 90000-0142").assert_says("Família Duarte").assert_says("Aberto");
    assert_eq!(marina.count("a[href='/schedules/new?contact_id=601']"), 1);
    assert_eq!(marina.count("a[href='/contacts/601/conversation']"), 1);
}

#[actix_web::test]
async fn pages_are_ordered_by_name_and_keep_the_filters() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO contacts (channel_id, name)
            SELECT 401, 'Contato ' || lpad(n::text, 3, '0') FROM generate_series(1, 60) n;
         UPDATE contacts SET name = 'Contato 010 & filhos - \"x\"' WHERE name = 'Contato 025'",
    );
    let admin = app.administrator().await;
    admin
        .get("/contacts")
        .await
        .assert_says("Com mais de 100.000 contatos, divida o arquivo para importar de volta.");
    admin
        .get("/contacts?q=010")
        .await
        .assert_says("Exportar a lista")
        .assert_does_not_say("divida o arquivo");
    let (mut path, mut seen) = (Some("/contacts?q=contato".to_owned()), Vec::new());
    let mut last = None;
    while let Some(address) = path {
        let page = admin.get(&address).await;
        seen.extend(page.texts("#contact-rows .name"));
        path = page.attribute(".pager a[href*='after=']", "href");
        last = page.attribute(".pager a[href*='before=']", "href").or(last);
    }
    let all = app
        .database
        .texts("SELECT name AS value FROM contacts WHERE name LIKE 'Contato%' ORDER BY sort_name, id");
    assert_eq!(seen, all);
    assert_eq!(names(&admin, &last.unwrap()).await, all[25..50]);
    for odd in
        ["/contacts?after=x", "/contacts?after=99-", "/contacts?before=1-%C3%A9%26", "/contacts?channel_id=z"]
    {
        admin.get(odd).await.assert_status(200);
    }
}

#[actix_web::test]
async fn attendants_read_contacts_but_see_no_button_to_change_them() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 102)");
    let bruno = app.attendant().await;
    let list = bruno.get("/contacts").await;
    list.assert_says("Contatos").assert_says("Marina Duarte").assert_does_not_say("Novo contato");
    assert_eq!(
        list.count(
            "a[href$='/edit'], a[href*='/import'], a[href^='/schedules/new'], a[href$='/conversation']"
        ),
        0
    );
    let page = bruno.get("/contacts/601").await;
    page.assert_status(200)
        .assert_says("(11) 90000-0142")
        .assert_does_not_say("Anonimizar")
        .assert_does_not_say("Link do cliente");
    assert_eq!(page.count("a[href='/tickets/701'], form[action^='/contacts']"), 0);
    bruno.get("/people").await.assert_status(403);
    let helena = app.other_attendant().await;
    assert_eq!(helena.get("/contacts/601").await.count("a[href='/tickets/701']"), 1);
    bruno.get("/contacts/999999").await.assert_status(404);
}

#[actix_web::test]
async fn a_name_with_markup_is_shown_as_text_on_every_page() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/contacts/new").await;
    let made = admin.post("/contacts", &[("name", SCRIPT), ("channel_id", "401")]).await;
    let page = admin.follow(&made).await;
    let path = made.location().to_owned();
    assert!(page.texts("h1")[0].contains("<script>alert(1)</script>"));
    admin.get("/people/new").await;
    let id = path.rsplit('/').next().unwrap().to_owned();
    let person = admin.post("/people", &[("name", SCRIPT), ("added", &id)]).await;
    assert_eq!(person.status, 303, "{}", person.text());
    let pages = [
        "/contacts".to_owned(),
        format!("{path}/edit"),
        format!("{path}/archival"),
        format!("{path}/anonymisation"),
        format!("{path}/link-revocation"),
        "/people".into(),
        person.location().into(),
        format!("{}/edit", person.location()),
        format!("{}/archival", person.location()),
        path,
        "/contacts?q=%3Cscript%3Ealert(1)%3C/script%3E%22%3E".into(),
    ];
    for path in pages {
        let page = admin.get(&path).await;
        page.assert_status(200);
        assert_eq!(page.count("img[src=x]") + page.count("main script"), 0, "{path}");
    }
    let options = admin.get("/contacts/options?q=alert").await;
    assert_eq!(options.header("content-type"), "application/json");
}

#[actix_web::test]
async fn search_ignores_accents_and_finds_closed_conversations() {
    let app = TestApp::new().await.with_made_up_rows("tickets without their events");
    app.database.execute(
        "INSERT INTO contacts (id, channel_id, name, phone) VALUES
            (611, 401, 'Érica São João', '+5531900000168'), (612, 401, 'Erica Alheia', '');
         INSERT INTO tickets (id, contact_id, department_id, status, closed_at) VALUES
            (701, 611, 101, 'closed', clock_timestamp() + interval '1 s'),
            (702, 612, 102, 'closed', clock_timestamp() + interval '1 s');
         INSERT INTO tickets (id, contact_id, department_id) VALUES (703, 601, 101)",
    );
    let bruno = app.attendant().await;
    bruno.get("/tickets").await.assert_does_not_say("Érica").assert_says("Marina Duarte");
    for search in ["erica", "31+90000", "JOAO"] {
        let page = bruno.get(&format!("/tickets?q={search}")).await;
        assert_eq!(page.texts(".talk b"), ["Érica São João"], "{search}");
        page.assert_says("Chamados fechados").assert_does_not_say("Alheia");
    }
    assert_eq!(bruno.get("/tickets?q=duarte").await.texts(".talk b"), ["Marina Duarte"]);
}
