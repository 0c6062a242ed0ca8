//! "Quando" in words beside "Data e hora", the suggested times, and the day's load.

use super::editing::{open, send};
use super::{form, save};
use crate::harness::{Page, TestApp, Visitor};

const DUE: &str = "SELECT to_char(due_local, 'YYYY-MM-DD HH24:MI') AS value FROM schedules ORDER BY id";

/// Sends the form with only words for the time.
async fn say(visitor: &Visitor, words: &str, changes: &[(&'static str, &str)]) -> Page {
    let mut all = vec![("when", words), ("due_at", "")];
    all.extend_from_slice(changes);
    save(visitor, &all).await
}

fn value(page: &Page, field: &str) -> String {
    page.attribute(field, "value").unwrap()
}

#[actix_web::test]
async fn words_alone_say_the_time() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for (words, due) in [
        ("05/12/2030 10:00", "2030-12-05 10:00"),
        ("sex, 6 dez 2030, 10:00 (daqui a 4 anos)", "2030-12-06 10:00"),
        ("7 de dezembro de 2030, depois do almoço", "2030-12-07 14:00"),
    ] {
        say(&admin, words, &[]).await.assert_status(303);
        assert_eq!(app.database.texts(DUE).last().unwrap(), due, "{words}");
    }
}

#[actix_web::test]
async fn the_day_and_the_hour_are_counted_from_now_in_the_companys_zone() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE settings SET time_zone = 'Pacific/Auckland'");
    let admin = app.administrator().await;
    say(&admin, "amanhã 9h", &[]).await.assert_status(303);
    let expected =
        "SELECT to_char((now() AT TIME ZONE 'Pacific/Auckland')::date + 1, 'YYYY-MM-DD 09:00') AS value";
    assert_eq!(app.database.texts(DUE), app.database.texts(expected));
}

#[actix_web::test]
async fn words_with_several_meanings_are_asked_about_and_one_button_answers() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let asked = say(&admin, "5 de dezembro de 2030 às 3", &[]).await;
    asked.assert_status(422).assert_says("Qual destes horários?");
    assert_eq!(value(&asked, "#when"), "5 de dezembro de 2030 às 3");
    assert_eq!(asked.attributes("[data-error-summary] a", "href"), ["#when"]);
    assert_eq!(asked.attribute("#when", "aria-describedby").unwrap(), "when-hint slot");
    let choices = asked.attributes("#slot [data-slot]", "value");
    assert_eq!(choices, ["2030-12-05T15:00", "2030-12-05T03:00"]);
    let again = [("when", "5 de dezembro de 2030 às 3"), ("due_at", ""), ("use_slot", choices[0].as_str())];
    let chosen = save(&admin, &again).await;
    chosen.assert_status(200).assert_says("qui, 5 dez 2030, 15:00").assert_says("Horário livre.");
    assert_eq!((value(&chosen, "#when"), value(&chosen, "#due_at")), ("".into(), "05/12/2030 15:00".into()));
}

#[actix_web::test]
async fn words_without_an_hour_ask_for_it() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let asked = say(&admin, "05/12/2030", &[]).await;
    asked.assert_status(422).assert_says("A que horas?").assert_says("qui, 5 dez 2030, 14:00");
    assert_eq!(app.database.texts(DUE), Vec::<String>::new());
}

#[actix_web::test]
async fn words_that_are_not_understood_come_back_with_the_place_marked() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = say(&admin, "amanhã <b>lua</b> 9h", &[]).await;
    page.assert_status(422).assert_says("Não entendi “<”.");
    assert_eq!(value(&page, "#when"), "amanhã <b>lua</b> 9h");
    assert_eq!(page.texts("#slot mark"), ["<"]);
    assert_eq!(page.attribute("#when", "aria-describedby").unwrap(), "when-hint when-err");
    say(&admin, "ontem 9h", &[]).await.assert_status(422).assert_says("Isso já passou.");
    say(&admin, "toda segunda 9h", &[]).await.assert_status(422).assert_says("Um agendamento não se repete.");
    let page = say(&admin, "01/12/2020 9h", &[]).await;
    page.assert_status(422).assert_says("ter, 1 dez 2020, 09:00 já passou.");
}

#[actix_web::test]
async fn a_refused_form_shows_the_words_also_in_figures_and_the_later_change_counts() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = say(&admin, "05/12/2030 10h", &[("comment", "")]).await;
    page.assert_status(422);
    let shown = |name: &str| value(&page, &format!("[name={name}]"));
    assert_eq!((shown("when"), shown("due_at")), ("05/12/2030 10h".into(), "05/12/2030 10:00".into()));
    let (read, seen) = (shown("when_read"), shown("due_shown"));
    let hidden = [("when_read", read.as_str()), ("due_shown", seen.as_str())];
    for (when, due_at, saved) in [
        ("05/12/2030 10h", "05/12/2030 10:00", "2030-12-05 10:00"),
        ("06/12/2030 11h", "05/12/2030 10:00", "2030-12-06 11:00"),
        ("05/12/2030 10h", "07/12/2030 12:00", "2030-12-07 12:00"),
        ("", "08/12/2030 12:00", "2030-12-08 12:00"),
    ] {
        let fields = [&hidden[..], &[("when", when), ("due_at", due_at)]].concat();
        save(&admin, &fields).await.assert_status(303);
        assert_eq!(app.database.texts(DUE).last().unwrap(), saved, "{when}/{due_at}");
    }
}

#[actix_web::test]
async fn words_and_figures_that_were_both_changed_and_differ_are_asked_about() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let both = [("when", "05/12/2030 10h"), ("due_at", "06/12/2030 11:00")];
    let asked = save(&admin, &both).await;
    asked.assert_status(422).assert_says("“Quando” e “Data e hora” dizem horários diferentes. Qual vale?");
    assert_eq!(asked.attributes("#slot [data-slot]", "value"), ["2030-12-05T10:00", "2030-12-06T11:00"]);
    assert_eq!(value(&asked, "#when"), "05/12/2030 10h");
    assert_eq!(value(&asked, "#due_at"), "06/12/2030 11:00");
    let shown = value(&asked, "#due_shown");
    let still = [&both[..], &[("when_read", ""), ("due_shown", shown.as_str())]].concat();
    save(&admin, &still).await.assert_status(422).assert_says("Qual vale?");
    let unclear = [("when", "sexta"), ("due_at", "06/12/2030 11:00")];
    save(&admin, &unclear).await.assert_status(303);
    assert_eq!(app.database.texts(DUE), ["2030-12-06 11:00"], "figures answer what the words leave open");
}

#[actix_web::test]
async fn words_move_an_edited_schedule_although_the_figures_still_show_the_old_time() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    let page = open(&admin, &path).await;
    assert_eq!(value(&page, "#due_at"), "05/12/2030 10:00");
    let shown = value(&page, "#due_shown");
    let changes =
        [("when", "6 dez 2030 14h30"), ("due_at", "05/12/2030 10:00"), ("due_shown", shown.as_str())];
    send(&admin, &path, &page, &changes).await.assert_status(303);
    assert_eq!(app.database.texts(DUE), ["2030-12-06 14:30"]);
}

#[actix_web::test]
async fn the_same_words_sent_twice_make_one_schedule() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let key = [("form_key", "6a8f2a80-0f0d-4e52-9f3c-3a8a2f7d5b11")];
    let first = say(&admin, "em 40 dias às 10h", &key).await;
    let again = say(&admin, "em 40 dias às 10h", &key).await;
    assert_eq!(first.assert_status(303).location(), again.assert_status(303).location());
    // The page has shown the words in figures meanwhile.
    let due = app.database.texts("SELECT to_char(due_local, 'DD/MM/YYYY HH24:MI') AS value FROM schedules");
    let shown =
        [("when_read", "em 40 dias às 10h"), ("due_shown", due[0].as_str()), ("due_at", due[0].as_str())];
    let third = say(&admin, "em 40 dias às 10h", &[&key[..], &shown].concat()).await;
    assert_eq!(third.assert_status(303).location(), first.location());
    assert_eq!(app.database.texts(DUE).len(), 1);
}

#[actix_web::test]
async fn a_zone_change_keeps_the_words() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    app.database.execute("UPDATE settings SET time_zone = 'America/Manaus'");
    let asked = say(&admin, "05/12/2030 10h", &[("zone", "America/Sao_Paulo")]).await;
    asked.assert_status(409);
    assert_eq!(value(&asked, "#when"), "05/12/2030 10h");
}

#[actix_web::test]
async fn the_script_gets_the_echo_the_free_times_and_the_days_load() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    save(&admin, &[]).await.assert_status(303);
    save(&admin, &[("due_at", "2030-12-05T12:00"), ("action", "open_ticket"), ("attendant_id", "")])
        .await
        .assert_status(303);
    let check = |query: &str| format!("/schedules/slot-check?{query}");
    let part = admin.get_part(&check("when=05%2F12%2F2030+15h&department_id=101&contact_id=601")).await;
    part.assert_says("qui, 5 dez 2030, 15:00").assert_says("Horário livre.");
    assert_eq!(part.attribute("[data-echo]", "data-echo").unwrap(), "05/12/2030 15:00");
    assert_eq!(part.attribute("[data-echo]", "data-words").unwrap(), "05/12/2030 15h");
    part.assert_says("Em 05/12: 2 agendamentos (10h: 1, 12h: 1).");
    assert_eq!(part.attribute("#suggestions", "hx-swap-oob").unwrap(), "true");
    let part = admin.get_part(&check("due_at=05%2F12%2F2030+15:00&department_id=101&attendant_id=303")).await;
    part.assert_says("Em 05/12: 1 agendamento deste atendente (10h: 1).");
    let part = admin.get_part(&check("when=amanh%C3%A3")).await;
    part.assert_says("A que horas?");
    assert_eq!(part.count("[data-slot-asked] [data-slot]"), 3);
    admin.get_part(&check("when=xyz")).await.assert_says("Não entendi “xyz”.");
}

#[actix_web::test]
async fn suggested_times_keep_the_spacing_and_fill_in_the_form() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = admin.get("/schedules/new").await;
    let tomorrow = page.texts("[data-suggestion]").into_iter().find(|label| label.starts_with("amanhã"));
    assert_eq!(tomorrow.as_deref(), Some("amanhã 9h"));
    say(&admin, "amanhã 9h", &[]).await.assert_status(303);
    say(&admin, "amanhã 9h05", &[]).await.assert_status(303);
    let page = admin.get("/schedules/new").await;
    let labels = page.texts("[data-suggestion]");
    let place = labels.iter().position(|label| label == "amanhã 9h09").expect("the next free time");
    let free = page.attributes("[data-suggestion]", "value")[place].clone();
    let filled = say(&admin, "", &[("use_slot", &free)]).await;
    filled.assert_status(200).assert_says("Horário livre.");
    assert!(value(&filled, "#due_at").ends_with(" 09:09"));
}

#[actix_web::test]
async fn a_schedule_is_moved_in_words_and_asks_where_they_are_open() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let path = save(&admin, &[]).await.location().to_owned();
    let time = format!("{path}/time");
    let page = admin.get(&time).await;
    assert_eq!(value(&page, "#move-due"), "05/12/2030 10:00");
    let asked = admin.post(&time, &[("version", "1"), ("due_at", "06/12/2030")]).await;
    asked.assert_status(422).assert_says("A que horas?");
    assert_eq!(value(&asked, "#move-due"), "06/12/2030");
    let slots = asked.attributes("[name=use_slot]", "value");
    assert_eq!(slots, ["2030-12-06T09:00", "2030-12-06T14:00", "2030-12-06T17:00"]);
    let chosen = [("version", "1"), ("due_at", "06/12/2030"), ("use_slot", slots[1].as_str())];
    admin.post(&time, &chosen).await.assert_status(303);
    assert_eq!(app.database.texts(DUE), ["2030-12-06 14:00"]);
    admin.post(&time, &[("version", "2"), ("due_at", "7 dez 2030 9h")]).await.assert_status(303);
    assert_eq!(app.database.texts(DUE), ["2030-12-07 09:00"]);
    let empty = admin.post(&time, &[("version", "3"), ("due_at", "")]).await;
    empty.assert_status(422).assert_says("Informe a data e a hora.");
}

#[actix_web::test]
async fn a_doubled_hour_in_words_is_asked_about() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE settings SET time_zone = 'Europe/Lisbon'");
    let admin = app.administrator().await;
    let asked = say(&admin, "31/10/2027 01:30", &[]).await;
    asked.assert_status(422).assert_says("Esta hora acontece duas vezes nesse dia");
    let choices = asked.attributes("#slot [data-slot]", "value");
    assert_eq!(choices, ["2027-10-31T01:30 first", "2027-10-31T01:30 second"]);
    let fields = form(&[("use_slot", choices[1].as_str())]);
    let page = admin.post("/schedules", &fields).await;
    assert_eq!(value(&page, "input[name=due_fold][checked]"), "second");
    say(&admin, "31/10/2027 01:30 da segunda vez", &[]).await.assert_status(303);
    let due = "SELECT due_at AT TIME ZONE 'UTC' || '' AS value FROM schedules";
    assert_eq!(app.database.texts(due), ["2027-10-31 01:30:00"]);
}
