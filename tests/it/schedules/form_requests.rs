//! Requests of the form while it is filled in: searches, proposals, and the check of the time.

use serde_json::Value;

use super::{form, save};
use crate::harness::{TestApp, Visitor};

/// The texts of a searchable select's options.
async fn found(visitor: &Visitor, path: &str) -> Vec<String> {
    let answer = visitor.get(path).await;
    let list: Vec<Value> = serde_json::from_str(&answer.body).unwrap();
    list.iter().map(|option| option["text"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn contacts_are_found_without_accents_and_case_by_name_number_and_e_mail() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO contacts (channel_id, name, phone, email) VALUES
            (401, 'Sônia Araújo de Melo', '+5531988887777', 'SONIA@exemplo.example'),
            (401, 'Sonia Braga', '', ''), (401, '100% Pão', '', '')",
    );
    let admin = app.administrator().await;
    let both = vec!["Sônia Araújo de Melo".to_owned(), "Sonia Braga".to_owned()];
    for (query, expected) in [
        ("SONIA", &both[..]),
        ("s%C3%B4nia", &both),
        ("melo+araujo", &both[..1]),
        ("(31)+98888-7777", &both[..1]),
        ("sonia@exemplo", &both[..1]),
        ("ninguem", &[]),
        ("0%25", &["100% Pão".to_owned()]),
    ] {
        assert_eq!(found(&admin, &format!("/schedules/new/contacts?q={query}")).await, expected, "{query}");
    }
    assert_eq!(found(&admin, "/schedules/new/people?q=FAMILIA").await, ["Família Duarte"]);
}

#[actix_web::test]
async fn a_person_narrows_the_contacts_and_a_contact_fills_in_the_rest() {
    let app = TestApp::new().await;
    app.database.execute(
        "UPDATE contacts SET default_department_id = 102, default_attendant_id = 304 WHERE id = 601;
         INSERT INTO tickets (contact_id, department_id, attendant_id, status, closed_at)
            VALUES (602, 101, 303, 'closed', clock_timestamp())",
    );
    let app = app.with_made_up_rows("a ticket without events");
    let admin = app.administrator().await;
    assert_eq!(found(&admin, "/schedules/new/contacts?q=&person_id=501").await, ["Marina Duarte"]);
    assert!(found(&admin, "/schedules/new/contacts?q=rafael&person_id=501").await.is_empty());

    let proposal: Value =
        serde_json::from_str(&admin.get("/schedules/new/proposal?contact_id=601").await.body).unwrap();
    assert_eq!(proposal["person"]["text"], "Família Duarte");
    assert_eq!((&proposal["department_id"], &proposal["attendant_id"]), (&102.into(), &304.into()));
    let last: Value =
        serde_json::from_str(&admin.get("/schedules/new/proposal?contact_id=602").await.body).unwrap();
    assert_eq!(last["person"], Value::Null);
    assert_eq!((&last["department_id"], &last["attendant_id"]), (&101.into(), &303.into()));

    let page = admin.get("/schedules/new?contact_id=601").await;
    assert_eq!(page.attribute("#person_id option[selected]", "value").unwrap(), "501");
    assert_eq!(page.attribute("#attendant_id option[selected]", "value").unwrap(), "304");
    let changes = [("step", "contact"), ("department_id", ""), ("attendant_id", "")];
    let page = admin.post("/schedules", &form(&changes)).await;
    page.assert_status(200);
    assert_eq!(page.attribute("#department_id option[selected]", "value").unwrap(), "102");
    let page = admin.post("/schedules", &form(&[("step", "contact")])).await;
    let chosen = page.attribute("#department_id option[selected]", "value").unwrap();
    assert_eq!(chosen, "101", "a chosen department is not replaced");
}

#[actix_web::test]
async fn the_form_says_that_a_contact_without_an_active_channel_gets_no_message() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE channels SET deactivated_at = now()");
    let admin = app.administrator().await;
    let part = admin.get_part("/schedules/new/contact-warning?contact_id=601").await;
    part.assert_says("Este contato está sem conexão ativa.");
    save(&admin, &[]).await.assert_status(422).assert_says("não pode receber mensagens");
    save(&admin, &[("action", "notify"), ("message", "")]).await.assert_status(303);
}

#[actix_web::test]
async fn the_time_is_checked_while_it_is_typed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    let id = path.rsplit('/').next().unwrap();
    let judged = async |query: String| admin.get_part(&format!("/schedules/slot-check?{query}")).await;
    judged("due_at=2030-12-05T10:04".into()).await.assert_says("Horário livre.");
    let taken = judged("due_at=2030-12-05T10:02".into()).await;
    taken.assert_says("Já existe um agendamento em 05/12/2030 às 10:00.");
    assert_eq!(taken.texts("[data-slot]"), ["qui., 05/12/2030 às 09:56", "qui., 05/12/2030 às 10:04"]);
    judged(format!("due_at=2030-12-05T10:02&schedule_id={id}")).await.assert_says("Horário livre.");
    judged("due_at=2001-01-01T10:00".into()).await.assert_says("Escolha uma data e hora futuras.");
    judged("due_at=amanh%C3%A3".into()).await.assert_says("A data ou a hora não é válida.");
    assert_eq!(judged("due_at=".into()).await.count("p, .notice"), 0);

    app.database
        .execute("UPDATE settings SET spacing_scope = 'attendant'; UPDATE schedules SET spacing_key = spacing_key('attendant', 101, 303, contact_id)");
    let unjudged = judged("due_at=2030-12-05T10:02".into()).await;
    assert_eq!(unjudged.count(".notice, [data-slot-free]"), 0, "without an attendant it cannot be checked");
    let of = |attendant| format!("due_at=2030-12-05T10:02&department_id=101&attendant_id={attendant}");
    judged(of("303")).await.assert_says("Já existe um agendamento");
    judged(of("")).await.assert_says("Horário livre.");
}

#[actix_web::test]
async fn repeated_times_are_asked_about_and_missing_times_offer_neighbours() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE settings SET time_zone = 'Europe/Lisbon'");
    let admin = app.administrator().await;
    let page = save(&admin, &[("due_at", "2027-10-31T01:30")]).await;
    page.assert_status(422)
        .assert_says("Em 31/10/2027 o relógio é atrasado e 01:30 acontece duas vezes. Qual delas?")
        .assert_says("A primeira: 01:30 (UTC+01:00)")
        .assert_says("A segunda: 01:30 (UTC+00:00)");
    let saved = save(&admin, &[("due_at", "2027-10-31T01:30"), ("due_fold", "second")]).await;
    let path = saved.assert_status(303).location().to_owned();
    let due = "SELECT due_at AT TIME ZONE 'UTC' || '' AS value FROM schedules";
    assert_eq!(app.database.texts(due), ["2027-10-31 01:30:00"]);
    let edit = admin.get(&format!("{path}/edit")).await;
    assert_eq!(edit.attribute("input[name=due_fold][checked]", "value").unwrap(), "second");

    let page = save(&admin, &[("due_at", "2027-03-28T01:30")]).await;
    page.assert_status(422).assert_says("Esta hora não existe nesse dia").assert_says("Horários válidos");
    assert_eq!(page.texts("[data-slot]"), ["dom., 28/03/2027 às 00:59", "dom., 28/03/2027 às 02:00"]);
    let page = admin.post("/schedules", &form(&[("use_slot", "2027-03-28T02:00")])).await;
    assert_eq!(page.attribute("#due_at", "value").unwrap(), "28/03/2027 02:00");
}

#[actix_web::test]
async fn the_only_department_is_chosen_with_its_attendants() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    assert_eq!(admin.get("/schedules/new").await.count("#department_id option[selected]"), 0);
    app.database.execute("UPDATE departments SET deactivated_at = now() WHERE id = 102");
    let page = admin.get("/schedules/new").await;
    assert_eq!(page.attribute("#department_id option[selected]", "value").unwrap(), "101");
    assert_eq!(page.texts("#attendant_id option"), ["Fila do departamento", "Bruno Lima"]);
}

#[actix_web::test]
async fn a_free_time_in_a_repeated_hour_says_which_one_it_is() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE settings SET time_zone = 'Europe/Lisbon'");
    let admin = app.administrator().await;
    save(&admin, &[("due_at", "2027-10-31T01:30"), ("due_fold", "second")]).await.assert_status(303);
    let taken = [("due_at", "2027-10-31T01:31"), ("due_fold", "second")];
    let refused = save(&admin, &taken).await;
    refused.assert_status(422);
    assert_eq!(
        refused.texts("[data-slot]"),
        ["dom., 31/10/2027 às 01:26 (UTC+00:00)", "dom., 31/10/2027 às 01:34 (UTC+00:00)"]
    );
    let slots = refused.attributes("[data-slot]", "value");
    assert_eq!(slots, ["2027-10-31T01:26 second", "2027-10-31T01:34 second"]);
    let fields = form(&[&taken[..], &[("use_slot", slots[1].as_str())]].concat());
    let page = admin.post("/schedules", &fields).await;
    assert_eq!(page.attribute("#due_at", "value").unwrap(), "31/10/2027 01:34");
    assert_eq!(page.attribute("input[name=due_fold][checked]", "value").unwrap(), "second");
    page.assert_says("Horário livre.");
}

#[actix_web::test]
async fn without_scripts_a_search_narrows_the_contacts_and_the_people() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO contacts (channel_id, name) SELECT 401, 'Abel ' || n FROM generate_series(1, 60) n;
         INSERT INTO people (name) SELECT 'Abreu ' || n FROM generate_series(1, 60) n",
    );
    let admin = app.administrator().await;
    let page = admin.get("/schedules/new").await;
    assert_eq!(page.count("#contact_id option[value='602'], #person_id option[value='501']"), 0);
    let typed = [
        ("step", "search"),
        ("contact_id", ""),
        ("contact_search", "NOGUEIRA"),
        ("person_search", "familia"),
    ];
    let page = admin.post("/schedules", &form(&typed)).await;
    page.assert_status(200);
    assert_eq!(page.texts("#contact_id option"), ["Selecione o contato", "Rafael Nogueira"]);
    assert_eq!(page.texts("#person_id option"), ["Nenhuma", "Família Duarte"]);
    assert!(page.body.contains("1 contato encontrado.") && page.body.contains("1 pessoa encontrada."));
    assert_eq!(page.texts("#comment"), ["Confirmar a renovação"], "typed text is kept");
    let entered = [("contact_id", "602"), ("contact_search", "NOGUEIRA")];
    admin.post("/schedules", &form(&entered)).await.assert_status(200);
    assert_eq!(
        app.database.number("SELECT count(*) AS value FROM schedules"),
        0,
        "Enter in a search saves nothing"
    );
    let chosen = [("step", "search"), ("contact_id", "602"), ("contact_search", "zebra")];
    let page = admin.post("/schedules", &form(&chosen)).await;
    assert_eq!(page.attribute("#contact_id option[selected]", "value").unwrap(), "602");
    assert!(page.body.contains("Nenhum contato encontrado."));
    let sought = page.body.split("name=\"searched\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(sought, "/zebra");
    let found = [("contact_id", "602"), ("contact_search", "zebra"), ("searched", "/zebra")];
    admin.post("/schedules", &form(&found)).await.assert_status(303);
}
