//! Changing a pending schedule, also when somebody else does at the same time.

use futures_util::future::join_all;

use super::{form, save};
use crate::harness::{Page, Plan, TestApp, Visitor};

/// Opens the form that changes a schedule, as a person does before typing.
async fn open(visitor: &Visitor, path: &str) -> Page {
    let page = visitor.get(&format!("{path}/edit")).await;
    page.assert_status(200).assert_says("Editar agendamento");
    page
}

/// The version that a form names.
fn version(page: &Page) -> String {
    page.attribute("input[name=version]", "value").unwrap()
}

fn key(page: &Page) -> String {
    page.attribute("input[name=form_key]", "value").unwrap()
}

/// Sends the form with these changes.
async fn send(visitor: &Visitor, path: &str, page: &Page, changes: &[(&'static str, &str)]) -> Page {
    let (version, key) = (version(page), key(page));
    let original = page.attribute("input[name=original]", "value").unwrap();
    let mut fields = form(changes);
    fields.extend([("version", version.as_str()), ("form_key", key.as_str()), ("original", &original)]);
    visitor.post(path, &fields).await
}

#[actix_web::test]
async fn an_edit_shows_what_is_stored_and_tells_what_it_changed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[("person_id", "501")]).await;
    let path = saved.location().to_owned();
    let page = open(&admin, &path).await;
    assert_eq!(page.attribute("#due_at", "value").unwrap(), "2030-12-05T10:00");
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
    let kept = "SELECT details::text AS value FROM schedule_history WHERE kind = 'edited'
                UNION ALL SELECT details::text FROM audit WHERE action = 'schedule.edited'";
    for details in app.database.texts(kept) {
        assert!(!details.contains("Marina"), "{details}");
    }
}

#[actix_web::test]
async fn a_form_that_changes_nothing_leaves_no_trace_and_sent_twice_it_is_one_edit() {
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
async fn a_stale_edit_shows_the_other_change_and_saves_knowingly() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
    let (admin, bruno) = (app.administrator().await, app.attendant().await);
    let saved = save(&admin, &[]).await;
    let path = saved.location().to_owned();
    let (mine, theirs) = (open(&admin, &path).await, open(&bruno, &path).await);
    let changes = [("due_at", "2030-12-05T12:00"), ("comment", "Confirmar por telefone")];
    send(&bruno, &path, &theirs, &changes).await.assert_status(303);

    let page = send(&admin, &path, &mine, &[("message", "O meu texto")]).await;
    page.assert_status(409)
        .assert_says("Este agendamento mudou enquanto você editava. Confira e salve de novo.")
        .assert_says("Alterado por Bruno Lima em")
        .assert_does_not_say("mudaram o mesmo");
    assert_eq!(page.texts("[data-taken] tbody th"), ["Data e hora", "Comentário"]);
    let cells = page.texts("[data-taken] tbody td");
    assert_eq!((cells[0].as_str(), cells[2].as_str()), ("05/12/2030 às 10:00", "Confirmar a renovação"));
    assert!(cells[1].starts_with("05/12/2030 às 12:00 Bruno Lima, "), "{}", cells[1]);
    assert!(cells[3].starts_with("Confirmar por telefone Bruno Lima, "), "{}", cells[3]);
    assert_eq!(page.texts("#message"), ["O meu texto"]);
    assert_eq!(page.texts("#comment"), ["Confirmar por telefone"]);
    assert_eq!(page.attribute("#due_at", "value").unwrap(), "2030-12-05T12:00");

    let answer = send(&admin, &path, &page, &[("message", "O meu texto"), changes[0], changes[1]]).await;
    let shown = admin.follow(&answer).await;
    shown.assert_says("O meu texto").assert_says("às 12:00").assert_says("por telefone");
}

#[actix_web::test]
async fn what_two_people_changed_is_asked_about_with_both_texts_and_either_can_be_chosen() {
    let app = TestApp::new().await;
    app.database.execute("INSERT INTO role_permissions VALUES (203, 'schedules')");
    let (admin, bruno) = (app.administrator().await, app.attendant().await);
    let path = save(&admin, &[]).await.location().to_owned();
    let (mine, theirs) = (open(&admin, &path).await, open(&bruno, &path).await);
    let changes = [("message", "O texto de Bruno"), ("attendant_id", ""), ("action", "open_ticket")];
    send(&bruno, &path, &theirs, &changes).await.assert_status(303);

    let own = [("message", "O meu texto"), ("comment", "Meu lembrete"), ("due_at", "2030-12-05T11:00")];
    let page = send(&admin, &path, &mine, &own).await;
    page.assert_status(409).assert_says("Você e outra pessoa mudaram o mesmo.");
    assert_eq!(page.texts("[data-both] tbody th"), ["Mensagem"]);
    let cells = page.texts("[data-both] tbody td");
    assert_eq!(cells[0], "O meu texto");
    assert!(cells[1].starts_with("O texto de Bruno Bruno Lima, "), "{}", cells[1]);
    assert_eq!(page.texts("[data-taken] tbody th"), ["Departamento e atendente", "Ação"]);
    assert_eq!(page.attribute("input[name=action][checked]", "value").unwrap(), "open_ticket");
    assert_eq!(page.texts("#message"), ["O meu texto"]);

    let shown = [changes[1], changes[2], own[0], own[1], own[2]];
    let chosen = send(&admin, &path, &page, &[&shown[..], &[("take", "message")]].concat()).await;
    assert_eq!(chosen.texts("#message"), ["O texto de Bruno"]);
    assert_eq!(chosen.count("[data-both]"), 0);
    chosen.assert_says("Alterado por Bruno Lima em");
    assert_eq!(chosen.texts("#comment"), ["Meu lembrete"]);
    let answer = send(&admin, &path, &chosen, &[&shown[..2], &shown[3..], &changes[..1]].concat()).await;
    let saved = admin.follow(&answer).await;
    saved.assert_says("O texto de Bruno").assert_says("Meu lembrete").assert_says("às 11:00");
    saved.assert_says("Fila do departamento");
}

#[actix_web::test]
async fn what_was_typed_for_a_cancelled_schedule_makes_a_new_one() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let path = saved.location().to_owned();
    let mine = open(&admin, &path).await;
    admin.post(&format!("{path}/cancellation"), &[("reason", "Ligou antes")]).await.assert_status(303);

    let page = send(&admin, &path, &mine, &[("comment", "Não se perde")]).await;
    page.assert_status(409)
        .assert_says("Este agendamento foi cancelado enquanto você editava.")
        .assert_says("Cancelado por Ana Prado em")
        .assert_says("Motivo: Ligou antes");
    assert_eq!(page.texts("#comment"), ["Não se perde"]);
    assert_eq!(page.attribute("[data-schedule-form]", "action").unwrap(), "/schedules");
    let source = page.attribute("input[name=rescheduled_from]", "value").unwrap();
    let key = key(&page);
    let changes = [("comment", "Não se perde"), ("rescheduled_from", &source), ("form_key", &key)];
    let again = admin.post("/schedules", &form(&changes)).await;
    admin
        .follow(&again)
        .await
        .assert_says("Não se perde")
        .assert_says(&format!("Reagendamento do nº {source}"));
    admin.get(&path).await.assert_says("Reagendado como nº");
}

#[actix_web::test]
async fn a_schedule_that_was_fired_meanwhile_is_not_edited() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let id = Plan { due_in: "1 hour", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    let path = format!("/schedules/{id}");
    let mine = open(&admin, &path).await;
    app.database.execute("UPDATE schedules SET due_at = now()");
    pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    let page = send(&admin, &path, &mine, &[]).await;
    page.assert_status(409).assert_says("Este agendamento foi disparado enquanto você editava.");
    admin.get(&format!("{path}/edit")).await.assert_status(303);
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
async fn an_exempt_schedule_is_checked_by_its_next_edit_and_loses_the_mark() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[]).await;
    let path = saved.location().to_owned();
    app.database.execute("UPDATE schedules SET spacing_exempt = true");
    save(&admin, &[("due_at", "2030-12-05T10:10")]).await.assert_status(303);
    app.database.execute("UPDATE schedules SET due_at = due_at + interval '8 minutes' WHERE spacing_exempt");
    let page = open(&admin, &path).await;
    send(&admin, &path, &page, &[("due_at", "2030-12-05T10:08")]).await.assert_status(422);
    send(&admin, &path, &page, &[("due_at", "2030-12-05T10:06")]).await.assert_status(303);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules WHERE spacing_exempt"), 0);
}

#[actix_web::test]
async fn sixteen_editors_of_one_hot_minute_never_overlap() {
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
async fn two_that_change_places_between_attendants_both_arrive() {
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
async fn a_schedule_that_is_moved_back_and_forth_fires_at_its_new_time_alone() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let id = Plan { due_in: "1 hour", ..Plan::new(&app.company, "notify") }.save(&app.database);
    let path = format!("/schedules/{id}");
    let page = open(&admin, &path).await;
    let changes = [("action", "notify"), ("message", ""), ("due_at", "2030-12-05T10:00")];
    send(&admin, &path, &page, &changes).await.assert_status(303);
    let outcome = pontual::dispatcher::tick(&mut app.database.connect()).unwrap();
    assert_eq!((outcome.completed, outcome.failed), (0, 0));
    assert!(outcome.next_due.unwrap().as_secs() > 86_400, "later than it was");
}

#[actix_web::test]
async fn an_edit_while_the_dispatcher_decides_is_taken_whole_or_not_at_all() {
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
