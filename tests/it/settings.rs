//! The company's settings, and their effect on pending schedules.

use std::collections::BTreeMap;

use crate::harness::{Page, TestApp, Visitor};
use crate::schedules::{form, save};

const PENDING: &str = "SELECT count(*) AS value FROM schedules WHERE status = 'scheduled'";
const EXEMPT: &str =
    "SELECT to_char(due_local, 'HH24:MI') AS value FROM schedules WHERE spacing_exempt ORDER BY due_at, id";

/// The fields of the page's form, with some changes.
fn fields(page: &Page, changes: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let value = |selector: &str, name| page.attribute(selector, name).unwrap_or_default();
    let mut fields = vec![
        ("version", value("input[name=version]", "value")),
        ("company_name", value("#company_name", "value")),
        ("time_zone", value("#time_zone option[selected]", "value")),
        ("spacing_minutes", value("#spacing_minutes", "value")),
        ("spacing_scope", value("[name=spacing_scope][checked]", "value")),
        ("late_tolerance_minutes", value("#late_tolerance_minutes", "value")),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, (*value).to_owned()));
    }
    fields
}

async fn send(visitor: &Visitor, fields: &[(&'static str, String)]) -> Page {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    visitor.post("/settings", &fields).await
}

/// Opens the page, and sends its form with some changes.
async fn saved(visitor: &Visitor, changes: &[(&'static str, &str)]) -> Page {
    let page = visitor.get("/settings").await;
    send(visitor, &fields(&page, changes)).await
}

#[actix_web::test]
async fn name_and_tolerance_are_saved_and_audited() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let answer = saved(&admin, &[("company_name", " Loja Bela "), ("late_tolerance_minutes", "30")]).await;
    admin.follow(&answer).await.assert_says("Configurações salvas.").assert_says("Loja Bela");
    let audited = "SELECT details::text AS value FROM audit WHERE action = 'settings.edited'";
    let expected = r#"{"company_name": {"after": "Loja Bela", "before": "Central de Atendimento"}, "late_tolerance_minutes": {"after": "30 min", "before": "60 min"}}"#;
    assert_eq!(app.database.texts(audited), [expected]);
    saved(&admin, &[]).await.assert_status(303);
    assert_eq!(app.database.texts(audited).len(), 1, "saving without a change is not audited");
}

#[actix_web::test]
async fn invalid_input_is_refused_and_shown_again() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page =
        saved(&admin, &[("company_name", " "), ("spacing_minutes", "1441"), ("time_zone", "Marte/Base")])
            .await;
    page.assert_status(422)
        .assert_says("Corrija 3 campos:")
        .assert_says("Informe o nome da empresa.")
        .assert_says("Informe de 0 a 1.440 minutos.")
        .assert_says("Selecione o fuso horário.");
    assert_eq!(page.attribute("#spacing_minutes", "value").unwrap(), "1441");
    let kept = app.database.texts("SELECT company_name AS value FROM settings");
    assert_eq!(kept, ["Central de Atendimento"]);
}

#[actix_web::test]
async fn the_sentence_follows_what_is_typed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let sentence = async |query: &str| admin.get_part(&format!("/settings/spacing-sentence?{query}")).await;
    sentence("spacing_minutes=6&spacing_scope=platform").await.assert_says("são 09:56 e 10:04.");
    let hour = sentence("spacing_minutes=60&spacing_scope=contact").await;
    hour.assert_says("são 09:29 e 10:31, entre agendamentos do mesmo contato.");
    sentence("spacing_minutes=0&spacing_scope=platform").await.assert_says("Sem intervalo");
    sentence("spacing_minutes=x&spacing_scope=platform").await.assert_says("Informe de 0 a 1.440 minutos");
}

#[actix_web::test]
async fn a_wider_spacing_asks_first_and_lists_those_that_no_longer_fit() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for due in ["2030-12-05T10:00", "2030-12-05T10:04", "2030-12-05T10:12"] {
        save(&admin, &[("due_at", due)]).await.assert_status(303);
    }
    let asked = saved(&admin, &[("spacing_minutes", "20")]).await;
    asked.assert_status(200).assert_says("1 agendamento pendente deixará de caber no novo intervalo.");
    asked
        .assert_says("Ficam fora do intervalo:")
        .assert_says("Marina Duarte (abre em nova guia) · 05/12/2030 às 10:04");
    assert_eq!(app.database.texts(EXEMPT), Vec::<String>::new());

    let confirmed = saved(&admin, &[("spacing_minutes", "20"), ("confirmed", "1")]).await;
    admin.follow(&confirmed).await.assert_says("Configurações salvas.").assert_says("permite: 1.");
    assert_eq!(app.database.texts(EXEMPT), ["10:04"]);
    assert_eq!(app.database.number(PENDING), 3);
    let list = admin.get("/settings/unspaced-schedules").await;
    list.assert_says("Marina Duarte").assert_says("05/12/2030 às 10:04").assert_says("05/12/2030 às 10:00");

    admin.get("/schedules").await.assert_says("Fora do intervalo");
    let exempt = app.database.number("SELECT id AS value FROM schedules WHERE spacing_exempt");
    admin
        .get(&format!("/schedules/{exempt}"))
        .await
        .assert_says("Fora do intervalo.")
        .assert_says("Ficou fora do intervalo e continua valendo no mesmo horário");

    // Exempt schedules still block others.
    save(&admin, &[("due_at", "2030-12-05T09:55")]).await.assert_status(422);
    saved(&admin, &[("spacing_minutes", "6")]).await.assert_status(303);
    assert_eq!(app.database.texts(EXEMPT), Vec::<String>::new());
    admin.get("/settings/unspaced-schedules").await.assert_says("Nenhum agendamento fora do intervalo");
}

#[actix_web::test]
async fn settings_ask_again_if_more_schedules_are_affected_than_confirmed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for due in ["2030-12-05T10:00", "2030-12-05T10:04", "2030-12-05T10:08"] {
        save(&admin, &[("due_at", due)]).await.assert_status(303);
    }
    let asked = saved(&admin, &[("spacing_minutes", "60"), ("confirmed", "1")]).await;
    asked.assert_status(200).assert_says("2 agendamentos pendentes deixarão de caber");
    assert_eq!(asked.attribute("input[name=confirmed]", "value").unwrap(), "2");
    let back = saved(&admin, &[("step", "back"), ("spacing_minutes", "60")]).await;
    assert_eq!(back.attribute("#spacing_minutes", "value").unwrap(), "60");
}

#[actix_web::test]
async fn a_new_time_zone_keeps_instants_and_lists_changed_clock_times() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    save(&admin, &[("due_at", "2030-12-05T10:00")]).await.assert_status(303);
    let due = "SELECT extract(epoch FROM due_at)::bigint AS value FROM schedules";
    let before = app.database.number(due);
    let asked = saved(&admin, &[("time_zone", "America/Manaus")]).await;
    asked.assert_status(200).assert_says("1 agendamento pendente mostrará outro horário com o novo fuso.");
    saved(&admin, &[("time_zone", "America/Manaus"), ("confirmed", "0")]).await.assert_status(303);
    assert_eq!(app.database.number(due), before);
    let list = admin.get("/settings/moved-clocks").await;
    list.assert_says("Marina Duarte").assert_says("05/12/2030 às 09:00").assert_says("05/12/2030 às 10:00");
    saved(&admin, &[("time_zone", "America/Bahia")]).await.assert_status(303);
    admin.get("/settings/moved-clocks").await.assert_says("Nenhum horário mudou");
}

#[derive(Clone, Debug)]
struct Pending {
    id: i64,
    department: i64,
    attendant: Option<i64>,
    contact: i64,
    due: i64,
}

/// Pseudorandom numbers, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// The exempt schedules according to the rule: in order of due time, each stays under the rule if it is far enough from
/// all that stay; the others are exempt.
fn expected_exempt(pending: &[Pending], minutes: i64, scope: &str) -> Vec<i64> {
    let gap = if minutes == 0 { 0 } else { minutes / 2 + 1 };
    let key = |one: &Pending| match scope {
        "platform" => (0, 0),
        "department" => (1, one.department),
        "attendant" => one.attendant.map_or((2, one.department), |attendant| (3, attendant)),
        _ => (4, one.contact),
    };
    let mut sorted = pending.to_vec();
    sorted.sort_by_key(|one| (one.due, one.id));
    let mut stay: Vec<Pending> = Vec::new();
    let mut exempt = Vec::new();
    for one in sorted {
        let fits = stay.iter().all(|other| key(other) != key(&one) || (other.due - one.due).abs() >= gap);
        if fits { stay.push(one) } else { exempt.push(one.id) }
    }
    exempt.sort_unstable();
    exempt
}

/// Compares a series of random settings over random schedules with the rule itself.
#[actix_web::test]
async fn after_any_change_the_earliest_schedules_fit_and_the_rest_are_exempt() {
    let app = TestApp::new().await.with_made_up_rows("schedules without history");
    let admin = app.administrator().await;
    let mut dice = Dice(20261122);
    app.database.execute("UPDATE settings SET spacing_minutes = 0");
    let mut all = BTreeMap::new();
    for round in 0..16 {
        for _ in 0..12 {
            let one = insert(&app, &mut dice);
            all.insert(one.id, one);
        }
        for _ in 0..4 {
            let id = *all.keys().nth(dice.below(all.len() as u64) as usize).unwrap();
            app.database.execute(&format!(
                "UPDATE schedules SET status = 'cancelled', finished_at = now() WHERE id = {id}"
            ));
            all.remove(&id);
        }
        let minutes = [0, 1, 2, 5, 6, 7, 30, 60, 240, 1440][dice.below(10) as usize];
        let scope = ["platform", "department", "attendant", "contact"][dice.below(4) as usize];
        let typed = minutes.to_string();
        let changes =
            [("spacing_minutes", typed.as_str()), ("spacing_scope", scope), ("confirmed", "100000")];
        saved(&admin, &changes).await.assert_status(303);
        // Rows inserted since the last round get their spacing only when the setting changes, so change it and back.
        let other = if minutes == 6 { "7" } else { "6" };
        saved(&admin, &[("spacing_minutes", other), ("confirmed", "100000")]).await.assert_status(303);
        saved(&admin, &changes).await.assert_status(303);
        let pending: Vec<Pending> = all.values().cloned().collect();
        let exempt = "SELECT id::text AS value FROM schedules WHERE status = 'scheduled' AND spacing_exempt ORDER BY id";
        let exempt: Vec<i64> = app.database.texts(exempt).iter().map(|id| id.parse().unwrap()).collect();
        assert_eq!(exempt, expected_exempt(&pending, minutes, scope), "round {round}: {minutes} {scope}");
        let gap = if minutes == 0 { 0 } else { minutes / 2 + 1 };
        let wrong = format!("{PENDING} AND min_gap <> make_interval(mins => {gap})");
        assert_eq!(app.database.number(&wrong), 0);
    }
    let broken: Vec<_> = pontual::check::run(&mut app.database.connect()).unwrap();
    let spacing =
        broken.iter().find(|finding| finding.to_string().contains("nearer than the spacing")).unwrap();
    assert!(spacing.is_ok(), "{spacing}");
}

fn insert(app: &TestApp, dice: &mut Dice) -> Pending {
    let department = [101, 102][dice.below(2) as usize];
    let attendant = [None, Some(303), Some(304)][dice.below(3) as usize];
    let contact = [601, 602][dice.below(2) as usize];
    let due = dice.below(2000) as i64;
    let attendant_sql = attendant.map_or("NULL".to_owned(), |id: i64| id.to_string());
    let id = app.database.number(&format!(
        "INSERT INTO schedules (contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, comment)
         SELECT {contact}, {department}, {attendant_sql}, 'open_ticket', at, at AT TIME ZONE 'America/Sao_Paulo',
                'America/Sao_Paulo', 'x'
           FROM (SELECT timestamptz '2030-01-01 00:00Z' + make_interval(mins => {due}) AS at) t
         RETURNING id AS value"
    ));
    Pending { id, department, attendant, contact, due }
}

#[actix_web::test]
async fn an_open_form_can_be_saved_after_a_new_spacing_exempted_its_schedule() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for due in ["2030-12-05T10:00", "2030-12-05T10:04"] {
        save(&admin, &[("due_at", due)]).await.assert_status(303);
    }
    let opened = admin.get("/schedules/2/edit").await;
    saved(&admin, &[("spacing_minutes", "20"), ("confirmed", "1")]).await.assert_status(303);
    assert_eq!(app.database.texts(EXEMPT), ["10:04"]);
    let carried = ["version", "form_key", "original"]
        .map(|name| (name, opened.attribute(&format!("input[name={name}]"), "value").unwrap()));
    let mut fields = form(&[("due_at", "2030-12-05T12:00")]);
    fields.extend(carried.iter().map(|(name, value)| (*name, value.as_str())));
    admin.post("/schedules/2", &fields).await.assert_status(303);
    assert_eq!(app.database.texts(EXEMPT), Vec::<String>::new());
}
