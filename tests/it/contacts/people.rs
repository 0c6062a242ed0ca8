//! People, and which contacts belong to them.

use crate::harness::{Plan, TestApp};

#[actix_web::test]
async fn a_new_person_takes_contacts_from_another() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/people/new").await.assert_says("Nova pessoa").assert_says("Marina Duarte");
    let made = admin.post("/people", &[("name", "Casa Nova"), ("added", "601"), ("added", "602")]).await;
    admin
        .follow(&made)
        .await
        .assert_says("Pessoa salva.")
        .assert_says("2 contatos")
        .assert_says("Rafael Nogueira");
    let list = admin.get("/people").await;
    list.assert_says("Marina Duarte, Rafael Nogueira").assert_says("Nenhum contato");
    assert_eq!(list.texts("#person-rows .name"), ["Casa Nova", "Família Duarte"]);
    admin.get("/contacts/601").await.assert_says("Casa Nova").assert_says("pessoa");

    let path = made.location();
    let form = admin.get(&format!("{path}/edit")).await;
    assert_eq!(form.count("input[name=removed]"), 2);
    assert_eq!(form.count("#added option[value='601']"), 0);
    let saved = admin.edit(&format!("{path}/edit"), &[("name", "Casa Velha"), ("removed", "602")]).await;
    admin
        .follow(&saved)
        .await
        .assert_says("Casa Velha")
        .assert_does_not_say("Rafael")
        .assert_says("nome, contatos");
    // A contact of another person cannot be removed through this form.
    admin.post("/people/501", &[("name", "Família Duarte"), ("removed", "601")]).await.assert_status(303);
    admin.get(path).await.assert_says("Marina Duarte");
}

#[actix_web::test]
async fn people_are_found_by_their_own_name_and_by_their_contacts() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for search in ["familia", "DUARTE", "marina", "11+90000"] {
        let page = admin.get(&format!("/people?q={search}")).await;
        assert_eq!(page.texts("#person-rows .name"), ["Família Duarte"], "{search}");
    }
    admin.get("/people?q=rafael").await.assert_says("Nenhuma pessoa encontrada");
    app.database.execute("INSERT INTO people (name) VALUES ('Casa d’Ávila – 45.678')");
    for search in ["D%27Avila", "45-678", "casa+-+davila"] {
        let page = admin.get(&format!("/people?q={search}")).await;
        assert_eq!(page.texts("#person-rows .name"), ["Casa d’Ávila – 45.678"], "{search}");
    }
}

#[actix_web::test]
async fn a_refused_form_keeps_what_was_chosen() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE contacts SET archived_at = now() WHERE id = 602");
    let admin = app.administrator().await;
    admin.get("/people/501/edit").await;
    let page = admin.post("/people/501", &[("name", ""), ("removed", "601"), ("added", "602")]).await;
    page.assert_status(422).assert_says("Informe o nome.").assert_says("Um dos contatos foi arquivado.");
    assert_eq!(page.count("input[name=removed][value='601'][checked]"), 1);
    admin.post("/people/999", &[("name", "x")]).await.assert_status(404);
}

#[actix_web::test]
async fn archiving_a_person_removes_the_contacts_and_keeps_their_schedules() {
    let app = TestApp::new().await;
    let schedule = Plan { due_in: "2 days", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    let admin = app.administrator().await;
    admin
        .get("/people/501/archival")
        .await
        .assert_says("sem pessoa")
        .assert_says("Marina Duarte")
        .assert_says("O agendamento pendente continua.");
    let archived = admin.post("/people/501/archival", &[]).await;
    admin.follow(&archived).await.assert_says("Pessoa arquivada.");
    admin.get("/people").await.assert_does_not_say("Família Duarte");
    admin.get("/people?state=archived").await.assert_says("Família Duarte");
    let form = admin.get("/schedules/new?contact_id=601").await;
    assert_eq!(form.count("#person_id option[selected]"), 0);
    admin.get(&format!("/schedules/{schedule}")).await.assert_says("Agendado");
    let restored = admin.post("/people/501/restoration", &[]).await;
    admin.follow(&restored).await.assert_says("Pessoa restaurada.").assert_says("Nenhum contato");
}

#[actix_web::test]
async fn a_name_of_another_person_is_saved_only_after_a_warning() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/people/new").await;
    let fields = [("name", "familia duarte"), ("added", "602")];
    let page = admin.post("/people", &fields).await;
    page.assert_status(422).assert_says("Já existe uma pessoa com este nome.").assert_says("Marina Duarte");
    assert_eq!(page.count("a[href='/people/501']"), 1);
    assert_eq!(page.count("#added option[value='602'][selected]"), 1);
    let accepts = page.attribute("button[name=accepts]", "value").unwrap();
    let again = [fields.as_slice(), &[("accepts", &accepts)]].concat();
    admin.post("/people", &again).await.assert_status(303);
    assert_eq!(
        app.database.number("SELECT count(*) AS value FROM people WHERE sort_name = plain('Família Duarte')"),
        2
    );
    // The person's own name needs no confirmation.
    admin.edit("/people/501/edit", &[("name", "Família Duarte")]).await.assert_status(303);
}

#[actix_web::test]
async fn a_stale_form_adds_no_contact_to_an_archived_person() {
    let app = TestApp::new().await;
    let (admin, other) = (app.administrator().await, app.administrator().await);
    let version = admin.get("/people/501/edit").await.attribute("input[name=version]", "value").unwrap();
    other.get("/people/501/archival").await;
    other.post("/people/501/archival", &[]).await.assert_status(303);
    let fields = [("name", "Família Duarte"), ("added", "602"), ("version", version.as_str())];
    let refused = admin.post("/people/501", &fields).await;
    refused.assert_status(422).assert_says("Esta pessoa foi arquivada.");
    assert_eq!(refused.count("#added option[value='602'][selected]"), 1);
    let hers = "SELECT count(*) AS value FROM contacts WHERE person_id = 501";
    assert_eq!(app.database.number(hers), 0);
    other.post("/people/501/restoration", &[]).await.assert_status(303);
    admin.post("/people/501", &fields).await.assert_status(303);
    assert_eq!(app.database.number(hers), 1);
}

#[actix_web::test]
async fn all_contacts_of_a_person_are_counted_beyond_those_shown() {
    let app = TestApp::new().await.with_made_up_rows("contacts that nobody wrote");
    app.database.execute(
        "INSERT INTO contacts (id, channel_id, name, person_id)
         SELECT 10000 + n, 401, 'Contato ' || n, 501 FROM generate_series(1, 1349) n",
    );
    let admin = app.administrator().await;
    let page = admin.get("/people/501").await;
    page.assert_says("1.350 contatos").assert_says("Mais 1.150 contatos não aparecem aqui.");
    for part in ["edit", "archival"] {
        admin.get(&format!("/people/501/{part}")).await.assert_says("Mais 1.150 contatos não aparecem aqui.");
    }
    app.database.execute("DELETE FROM contacts WHERE person_id = 501 AND id NOT IN (SELECT id FROM contacts WHERE person_id = 501 ORDER BY id LIMIT 200)");
    let page = admin.get("/people/501").await;
    page.assert_says("200 contatos").assert_does_not_say("não aparecem aqui");
}
