//! Variables in a message: refused, previewed, filled when due.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::{form, save};
use crate::dispatcher::run;
use crate::harness::{Plan, TestApp};

/// All variables, in another order than the list of them.
const ALL: &str =
    "{{protocolo}}|{{hora}}|{{data}}|{{atendente}}|{{empresa}}|{{primeiro_nome}}|{{nome}}|{{ Nome }}";

/// Fires all that is due and returns the text of the newest message to a customer.
fn sent(app: &TestApp) -> String {
    run(&app.database);
    let last = "SELECT body AS value FROM messages WHERE kind = 'attendant' ORDER BY id DESC LIMIT 1";
    app.database.texts(last).remove(0)
}

/// Date, hour and minute now, in a zone.
fn now_in(app: &TestApp, zone: &str) -> [String; 2] {
    ["DD/MM/YYYY", "HH24:MI"].map(|format| {
        let sql =
            format!("SELECT to_char(finished_at AT TIME ZONE '{zone}', '{format}') AS value FROM schedules");
        app.database.texts(&sql).remove(0)
    })
}

#[actix_web::test]
async fn an_unknown_variable_is_refused_with_what_was_probably_meant() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    for (message, sentence) in [
        ("Olá, {{nomee}}!", "“{{nomee}}” não existe. Você quis dizer {{nome}}?"),
        ("Olá!\nAté {{dia}}, {{ora}}", "“{{ora}}”, na linha 2, não existe. Você quis dizer {{hora}}?"),
        ("Olá, {{nome", "“{{nome” não foi fechado com “}}”. Você quis dizer {{nome}}?"),
    ] {
        let page = save(&admin, &[("message", message)]).await;
        page.assert_status(422).assert_says(sentence).assert_says("Variáveis: {{nome}}, {{primeiro_nome}},");
        assert_eq!(page.texts("[data-error-summary] li"), ["Corrija as variáveis da mensagem."]);
        assert_eq!(page.texts("#message"), [message.replace('\n', " ")]);
    }
    assert_eq!(app.database.number("SELECT count(*) AS value FROM schedules"), 0);
}

#[actix_web::test]
async fn a_message_that_may_grow_too_long_is_refused() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let message = format!("{{{{nome}}}}{}", "x".repeat(4096 - 8));
    save(&admin, &[("message", &message)]).await.assert_status(422).assert_says(
        "Com as variáveis preenchidas, a mensagem pode chegar a 4.208 caracteres. Use até 4.096.",
    );
    let message = format!("{{{{nome}}}}{}", "x".repeat(4096 - 120));
    save(&admin, &[("message", &message)]).await.assert_status(303);
}

#[actix_web::test]
async fn the_preview_shows_what_is_known_so_far() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/schedules/new").await;
    let preview = async |changes: &[(&'static str, &str)]| {
        admin.post_part("/schedules/new/preview", &form(changes)).await.assert_status(200).text()
    };
    assert_eq!(preview(&[]).await, "", "without variables there is nothing to show");
    let known = preview(&[("message", ALL)]).await;
    let text =
        "{{protocolo}}|10:00|05/12/2030|Bruno Lima|Central de Atendimento|Marina|Marina Duarte|Marina Duarte";
    assert!(known.contains("Como o contato vai ler") && known.contains(text), "{known}");
    let nobody =
        preview(&[("message", "{{nome}}, {{atendente}}"), ("contact_id", ""), ("attendant_id", "")]).await;
    assert!(nobody.contains("Escolha o contato") && nobody.contains("{{nome}}, Suporte"), "{nobody}");
    let wrong = preview(&[("message", "{{nomee}}")]).await;
    assert!(wrong.contains("Você quis dizer {{nome}}?"), "{wrong}");
    assert_eq!(preview(&[("message", ALL), ("action", "notify")]).await, "");
    let page = admin.post("/schedules", &form(&[("step", "preview"), ("message", ALL)])).await;
    assert_eq!(page.assert_status(200).texts("[data-preview]"), [text]);
}

#[actix_web::test]
async fn a_due_message_is_filled_with_the_values_of_that_moment() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let saved = save(&admin, &[("message", ALL)]).await;
    app.database.execute(
        "UPDATE contacts SET name = 'Marina Souza' WHERE id = 601;
         UPDATE settings SET company_name = 'Padaria Sol';
         UPDATE schedules SET due_at = now() - interval '1 second'",
    );
    let text = sent(&app);
    let protocol = app.database.number("SELECT protocol AS value FROM tickets");
    let [date, time] = now_in(&app, "America/Sao_Paulo");
    let expected =
        format!("{protocol}|{time}|{date}|Bruno Lima|Padaria Sol|Marina|Marina Souza|Marina Souza");
    assert_eq!(text, expected);
    let page = admin.follow(&saved).await;
    assert_eq!(page.texts(".quote"), [ALL, expected.as_str()]);
    page.assert_says("Mensagem enviada");
    app.check();
}

#[actix_web::test]
async fn without_an_active_attendant_the_department_is_named() {
    let app = TestApp::new().await.with_made_up_rows("tickets closed without an event");
    let plan = Plan { message: "{{atendente}}", ..Plan::new(&app.company, "open_ticket") };
    Plan { attendant: None, ..plan.clone() }.save(&app.database);
    assert_eq!(sent(&app), "Suporte");
    app.database.execute(
        "UPDATE tickets SET status = 'closed', closed_at = clock_timestamp();
         UPDATE users SET deactivated_at = now() WHERE id = 303",
    );
    plan.save(&app.database);
    assert_eq!(sent(&app), "Suporte");
}

#[actix_web::test]
async fn date_and_time_are_those_of_the_companys_zone() {
    for zone in ["America/Noronha", "America/Rio_Branco"] {
        let app = TestApp::new().await;
        app.database.execute(&format!("UPDATE settings SET time_zone = '{zone}'"));
        Plan { message: "{{data}} {{hora}}", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
        let text = sent(&app);
        assert_eq!(text, now_in(&app, zone).join(" "));
    }
}

#[actix_web::test]
async fn nothing_keeps_a_message_from_being_sent() {
    let app = TestApp::new().await.with_made_up_rows("tickets closed without an event");
    app.database.execute(
        "UPDATE settings SET time_zone = 'Marte/Base';
         UPDATE contacts SET name = 'A {{empresa}} \\1 ''x'' ' || repeat('n', 5000) WHERE id = 601",
    );
    let message = "{{cpf}} {{ nome {{nome}} {{data}}";
    Plan { message, ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    let text = sent(&app);
    assert!(text.starts_with("{{cpf}} {{ nome A {{empresa}} \\1 'x' nnn"), "{text}");
    assert_eq!(text.chars().count(), 4096);
    app.database.execute("UPDATE tickets SET status = 'closed', closed_at = clock_timestamp()");
    Plan { message: "{{data}}", ..Plan::new(&app.company, "open_ticket") }.save(&app.database);
    assert_eq!(sent(&app).len(), 10);
}

/// Fills by the simplest means.
fn filled(message: &str, values: &[(&str, String)]) -> String {
    let mut text = message.replace("{{ Nome }}", "{{nome}}");
    for (index, (name, _)) in values.iter().enumerate() {
        text = text.replace(&format!("{{{{{name}}}}}"), &format!("\u{1}{index}\u{2}"));
    }
    for (index, (_, value)) in values.iter().enumerate() {
        text = text.replace(&format!("\u{1}{index}\u{2}"), value);
    }
    text
}

#[actix_web::test]
async fn what_the_form_accepts_is_filled_and_fits() {
    let app = TestApp::new().await.with_made_up_rows("tickets closed without an event");
    let (name, company, attendant) = ("é".repeat(120), "{{nome}}".repeat(10), "b".repeat(100));
    app.database.execute(&format!(
        "UPDATE contacts SET name = '{name}' WHERE id = 601;
         UPDATE users SET name = '{attendant}' WHERE id = 303;
         UPDATE settings SET company_name = '{company}', spacing_minutes = 0"
    ));
    let admin = app.administrator().await;
    let mut random = StdRng::seed_from_u64(11);
    let pieces = [
        "{{nome}}",
        "{{ Nome }}",
        "{{primeiro_nome}}",
        "{{empresa}}",
        "{{atendente}}",
        "{{protocolo}}",
        "{",
        "}",
        "}}",
        " ",
        "\n",
        "ção",
        "\\1",
        "%",
        "😀",
        "{{",
        "{{x}}",
    ];
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..80 {
        // The last pieces are wrong: most messages do without them.
        let known = if round % 8 == 0 { pieces.len() } else { pieces.len() - 2 };
        let count = if round % 4 == 0 { 60 } else { 12 };
        let mut message: String =
            (0..random.random_range(1..count)).map(|_| pieces[random.random_range(0..known)]).collect();
        message = message.trim().to_owned();
        let page = save(&admin, &[("message", &message)]).await;
        if page.status != 303 {
            page.assert_status(422);
            refused += 1;
            continue;
        }
        accepted += 1;
        app.database
            .execute("UPDATE schedules SET due_at = now() - interval '1 second' WHERE status = 'scheduled'");
        run(&app.database);
        let id: i64 = page.location().rsplit('/').next().unwrap().parse().unwrap();
        let status = app.database.texts(&format!("SELECT status AS value FROM schedules WHERE id = {id}"));
        assert_eq!(status, ["completed"], "{message:?}");
        if !message.is_empty() {
            let text = app.database.texts(&format!(
                "SELECT body AS value FROM messages WHERE schedule_id = {id} AND kind = 'attendant'"
            ));
            let protocol = app
                .database
                .number(&format!("SELECT protocol AS value FROM tickets WHERE schedule_id = {id}"));
            let values = [
                ("nome", name.clone()),
                ("primeiro_nome", name.clone()),
                ("empresa", company.clone()),
                ("atendente", attendant.clone()),
                ("protocolo", protocol.to_string()),
            ];
            assert_eq!(text, [filled(&message, &values)], "{message:?}");
        }
        app.database.execute(
            "UPDATE tickets SET status = 'closed', closed_at = clock_timestamp() WHERE status = 'open'",
        );
    }
    assert!(accepted > 30 && refused > 5, "{accepted} {refused}");
}
