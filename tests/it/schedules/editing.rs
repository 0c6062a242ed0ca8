//! Changing a pending schedule, also while other schedules are changed.

use futures_util::future::join_all;

use super::{form, save};
use crate::harness::{Page, Plan, TestApp, Visitor};

/// Opens the form that changes a schedule, as a person does before typing.
pub async fn open(visitor: &Visitor, path: &str) -> Page {
    let page = visitor.get(&format!("{path}/edit")).await;
    page.assert_status(200).assert_says("Editar agendamento");
    page
}

/// The version in a form.
fn version(page: &Page) -> String {
    page.attribute("input[name=version]", "value").unwrap()
}

pub fn key(page: &Page) -> String {
    page.attribute("input[name=form_key]", "value").unwrap()
}

/// Sends the form with these changes.
pub async fn send(visitor: &Visitor, path: &str, page: &Page, changes: &[(&'static str, &str)]) -> Page {
    let (version, key) = (version(page), key(page));
    let original = page.attribute("input[name=original]", "value").unwrap();
    let mut fields = form(changes);
    fields.extend([("version", version.as_str()), ("form_key", key.as_str()), ("original", &original)]);
    visitor.post(path, &fields).await
}

#[actix_web::test]
async fn an_edit_begins_with_the_stored_values_and_records_what_changed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[("person_id", "501")]).await;
    let path = saved.location().to_owned();
    let page = open(&admin, &path).await;
    assert_eq!(page.attribute("#due_at", "value").unwrap(), "05/12/2030 10:00");
    assert_eq!(page.attribute("#contact_id option[selected]", "value").unwrap(), "601");
    assert_eq!(page.attribute("#attendant_id option[selected]", "value").unwrap(), "303");
    assert_eq!(page.texts("#message"), ["Olá, Marina! Tudo bem?"]);

    let changes = [
        ("due_at", "2030-12-05T11:00"),
        ("department_id", "102"),
        ("attendant_id", "304"),
        ("message", "Oi, Marina!"),
        ("comment", "Confirmar a renovação"),
    ];
    let answer = send(&admin, &path, &page, &changes).await;
    let shown = admin.follow(&answer).await;
    shown
        .assert_says("Agendamento salvo.")
        .assert_says("Quinta-feira, 05/12/2030 às 11:00")
        .assert_says("Agendamento editado")
        .assert_says("Data e hora: de 05/12/2030 às 10:00 para 05/12/2030 às 11:00")
        .assert_says("Departamento: de Suporte para Financeiro")
        .assert_says("Atendente: de Bruno Lima para Helena Costa")
        .assert_says("Pessoa: de Família Duarte para Nenhuma")
        .assert_says("Mensagem alterada")
        .assert_does_not_say("Comentário alterado");
    let edits = "SELECT details::text AS value FROM schedule_history WHERE kind = 'edited'
                UNION ALL SELECT details::text FROM audit WHERE action = 'schedule.edited'";
    for details in app.database.texts(edits) {
        assert!(!details.contains("Marina"), "{details}");
    }
}

#[actix_web::test]
async fn an_unchanged_form_records_nothing_and_a_repeated_one_is_one_edit() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let path = saved.location().to_owned();
    let page = open(&admin, &path).await;
    send(&admin, &path, &page, &[]).await.assert_status(303);
    let edits = "SELECT count(*) AS value FROM schedule_history WHERE kind = 'edited'";
    assert_eq!(app.database.number(edits), 0);
    for _ in 0..2 {
        send(&admin, &path, &page, &[("comment", "Outro")]).await.assert_status(303);
    }
    assert_eq!(app.database.number(edits), 1);
}

#[actix_web::test]
async fn an_edit_keeps_the_distance_to_all_others_but_not_to_itself() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    save(&admin, &[("due_at", "2030-12-05T11:00")]).await.assert_status(303);
    let saved = save(&admin, &[]).await;
    let path = saved.location().to_owned();
    let page = open(&admin, &path).await;
    send(&admin, &path, &page, &[("due_at", "2030-12-05T10:02")]).await.assert_status(303);
    let page = open(&admin, &path).await;
    let refused = send(&admin, &path, &page, &[("due_at", "2030-12-05T11:01")]).await;
    refused.assert_status(422).assert_says("Já existe um agendamento em 05/12/2030 às 11:00.");
    assert_eq!(refused.texts("[data-slot]"), ["qui., 05/12/2030 às 10:56", "qui., 05/12/2030 às 11:04"]);
    assert_eq!(version(&refused), version(&page));
}

#[actix_web::test]
async fn an_exempt_schedule_loses_its_exemption_at_another_time() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let path = saved.location().to_owned();
    app.database.execute("UPDATE schedules SET spacing_exempt = true");
    save(&admin, &[("due_at", "2030-12-05T10:10")]).await.assert_status(303);
    app.database.execute(
        "UPDATE schedules SET due_at = due_at + interval '8 minutes', due_local = due_local + interval '8 minutes'
          WHERE spacing_exempt",
    );
    let exempt = "SELECT count(*) AS value FROM schedules WHERE spacing_exempt";
    let page = open(&admin, &path).await;
    let id = path.rsplit('/').next().unwrap();
    let check = format!("/schedules/slot-check?due_at=2030-12-05T10:08&schedule_id={id}");
    admin.get_part(&check).await.assert_says("Continua valendo enquanto a data e hora não mudarem.");
    let changes = [("due_at", "2030-12-05T10:08"), ("comment", "Outro lembrete")];
    send(&admin, &path, &page, &changes).await.assert_status(303);
    assert_eq!(app.database.number(exempt), 1);

    let page = open(&admin, &path).await;
    send(&admin, &path, &page, &[("due_at", "2030-12-05T10:09")]).await.assert_status(422);
    send(&admin, &path, &page, &[("due_at", "2030-12-05T10:06")]).await.assert_status(303);
    assert_eq!(app.database.number(exempt), 0);
}

#[actix_web::test]
async fn sixteen_edits_to_one_minute_never_overlap() {
    let app = TestApp::new().await;
    let others = [app.another().await, app.another().await, app.another().await];
    let apps: Vec<&TestApp> = std::iter::once(&app).chain(&others).collect();
    let admin = app.administrator().await;
    let mut editors = Vec::new();
    for number in 0..16 {
        let due = format!("2030-12-05T{:02}:00", 6 + number);
        let path = save(&admin, &[("due_at", &due)]).await.location().to_owned();
        let visitor = match number {
            0..4 => apps[number].administrator().await,
            _ => apps[number % 4].visitor(),
        };
        editors.push((visitor, path));
    }
    for number in 4..16 {
        let cookie = editors[number % 4].0.cookie("pontual").unwrap();
        editors[number].0.set_cookie("pontual", &cookie);
    }
    let edits = editors.iter().enumerate().map(async |(number, (visitor, path))| {
        let page = open(visitor, path).await;
        let due = format!("2030-12-06T10:{:02}", number % 10);
        send(visitor, path, &page, &[("due_at", &due)]).await.status
    });
    let statuses = join_all(edits).await;
    assert!(statuses.iter().all(|status| matches!(status, 303 | 422)), "{statuses:?}");
    let moved = "SELECT count(*) AS value FROM schedules WHERE due_local >= '2030-12-06'";
    let moved = app.database.number(moved);
    assert!((2..=3).contains(&moved), "{moved} of 10 minutes with 4 between them");
    assert_eq!(statuses.iter().filter(|status| **status == 303).count() as i64, moved);
}

#[actix_web::test]
async fn two_schedules_can_swap_attendants() {
    let app = TestApp::new().await;
    app.database.execute(
        "UPDATE settings SET spacing_scope = 'attendant'; INSERT INTO department_members VALUES (101, 304)",
    );
    let other = app.another().await;
    let (one, two) = (app.administrator().await, other.administrator().await);
    let first = save(&one, &[]).await.location().to_owned();
    let second = save(&one, &[("attendant_id", "304"), ("due_at", "2030-12-05T12:00")]).await;
    let second = second.location().to_owned();
    for _ in 0..5 {
        let (mine, theirs) = (open(&one, &first).await, open(&two, &second).await);
        let now = mine.attribute("#attendant_id option[selected]", "value").unwrap();
        let (mine_to, theirs_to) = if now == "303" { ("304", "303") } else { ("303", "304") };
        let swap = [
            send(&one, &first, &mine, &[("attendant_id", mine_to)]).await.status,
            send(&two, &second, &theirs, &[("attendant_id", theirs_to), ("due_at", "2030-12-05T12:00")])
                .await
                .status,
        ];
        assert_eq!(swap, [303, 303]);
    }
}

#[actix_web::test]
async fn a_moved_schedule_runs_only_at_its_last_time() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let id = Plan { due_in: "1 hour", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let path = format!("/schedules/{id}");
    let page = open(&admin, &path).await;
    let changes = [("action", "notify"), ("message", ""), ("due_at", "2030-12-05T10:00")];
    send(&admin, &path, &page, &changes).await.assert_status(303);
    let outcome = pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    assert_eq!((outcome.completed, outcome.failed), (0, 0));
    assert!(
        outcome.next_due.unwrap().as_secs() > 86_400,
        "the dispatcher's next due time is later than before"
    );
}

#[actix_web::test]
async fn an_edit_during_a_decision_applies_wholly_or_not_at_all() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for round in 0..10 {
        let id = Plan { due_in: "-1 second", ..Plan::new(&app.company, "notify") }.save(&app.database);
        let path = format!("/schedules/{id}");
        let page = open(&admin, &path).await;
        let url = app.database.url.clone();
        let ticking = std::thread::spawn(move || {
            pontual::dispatcher::tick(&mut pontual::db::connect(&url).unwrap()).unwrap()
        });
        let due = format!("2030-12-05T{:02}:00", 8 + round);
        let changes = [("action", "notify"), ("message", ""), ("due_at", due.as_str())];
        let status = send(&admin, &path, &page, &changes).await.status;
        ticking.join().unwrap();
        let is_pending = admin.get(&path).await.text().contains("Aguardando o disparo");
        assert_eq!(is_pending, status == 303, "{status}");
        assert!(is_pending || status == 409, "{status}");
    }
}

#[actix_web::test]
async fn a_schedule_may_keep_an_attendant_who_was_deactivated_but_not_gain_one() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[("attendant_id", "303")]).await.location().to_owned();
    app.database.execute("UPDATE users SET deactivated_at = now() WHERE id = 303");

    let page = open(&admin, &path).await;
    page.assert_says("Bruno Lima (desativado)");
    let moved = send(&admin, &path, &page, &[("attendant_id", "303"), ("due_at", "2030-12-05T12:00")]).await;
    admin.follow(&moved).await.assert_says("Agendamento salvo.").assert_says("05/12/2030 às 12:00");
    save(&admin, &[("attendant_id", "303"), ("due_at", "2030-12-06T12:00")])
        .await
        .assert_status(422)
        .assert_says("Este atendente não é do departamento escolhido.");
}
