//! The web chat's own settings, and what customers see of them.

use crate::harness::{TestApp, Visitor};
use crate::schedules::save;

const CHAT: [(&str, &str); 6] = [
    ("name", "Chat do site"),
    ("public_name", "Loja Bela"),
    ("palette", "#0b6e4f"),
    ("colour", ""),
    ("greeting", "Olá! Como podemos ajudar?"),
    ("department_id", "101"),
];

fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let mut fields = CHAT.to_vec();
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

async fn opened(app: &TestApp) -> Visitor {
    let admin = app.administrator().await;
    admin.get("/channels/401").await.assert_status(200).assert_says("Editar conexão");
    admin
}

fn chat(app: &TestApp) -> String {
    app.link(app.company.marina)
}

#[actix_web::test]
async fn customers_see_the_public_name_colour_and_greeting() {
    let app = TestApp::new().await;
    let admin = opened(&app).await;
    let answer = admin.edit("/channels/401", &CHAT).await;
    admin.follow(&answer).await.assert_says("Conexão salva.").assert_says("Loja Bela");
    let marina = app.visitor();
    let page = marina.enter(&chat(&app)).await;
    assert_eq!(page.texts("h1"), ["Loja Bela"]);
    page.assert_says("Olá! Como podemos ajudar?").assert_does_not_say("Escreva para começar");
    let sheet = page.attribute("link[href^='/chat-colours']", "href").unwrap();
    let css = marina.get(&sheet).await;
    assert!(css.body.contains(".webchat>header{background:#0b6e4f}"), "{}", css.body);
    assert_eq!(css.header("content-type"), "text/css; charset=utf-8");
    assert!(css.header("cache-control").contains("immutable"));
    let audited = "SELECT details::text AS value FROM audit WHERE action = 'channel.edited'";
    assert_eq!(app.database.texts(audited), [r#"{"fields": ["public_name", "colour", "greeting"]}"#]);
}

#[actix_web::test]
async fn without_a_public_name_the_departments_name_is_shown() {
    let app = TestApp::new().await;
    let page = app.visitor().enter(&chat(&app)).await;
    assert_eq!(page.texts("h1"), ["Suporte"]);
    page.assert_says("Escreva para começar a conversa.");
}

#[actix_web::test]
async fn white_text_must_be_readable_on_a_colour() {
    let app = TestApp::new().await;
    let admin = opened(&app).await;
    let light = admin.edit("/channels/401", &with(&[("palette", "other"), ("colour", "#ffee00")])).await;
    light.assert_status(422).assert_says("Escolha uma mais escura.");
    assert_eq!(light.attribute("#colour", "value").unwrap(), "#ffee00");
    let none = admin.edit("/channels/401", &with(&[("palette", "other"), ("colour", "red;}")])).await;
    none.assert_status(422).assert_says("Informe a cor, como #4453cf.");
    admin.get("/chat-colours/ffee00.css").await.assert_status(404);
    admin.get("/chat-colours/red.css").await.assert_status(404);
    let own = admin.edit("/channels/401", &with(&[("palette", "other"), ("colour", "1E293B")])).await;
    own.assert_status(303);
    assert_eq!(app.database.texts("SELECT colour AS value FROM channels"), ["#1e293b"]);
}

#[actix_web::test]
async fn a_channel_can_be_created_and_its_name_is_unique() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/channels/new").await;
    let taken = admin.post("/channels", &with(&[("name", "CHAT do site")])).await;
    taken.assert_status(422).assert_says("Já existe uma conexão com este nome.");
    assert_eq!(taken.texts("#greeting"), ["Olá! Como podemos ajudar?"]);
    app.database.execute("UPDATE departments SET deactivated_at = now() WHERE id = 102");
    let closed = admin.post("/channels", &with(&[("name", "Outro"), ("department_id", "102")])).await;
    closed.assert_status(422).assert_says("Selecione o departamento.");
    admin.post("/channels", &with(&[("name", "Outro")])).await.assert_status(303);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM channels"), 2);
}

#[actix_web::test]
async fn deactivating_shows_what_uses_the_channel_and_disables_its_links() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    save(&admin, &[]).await.assert_status(303);
    let remind = [("action", "notify"), ("message", ""), ("due_at", "2030-12-05T11:00")];
    save(&admin, &remind).await.assert_status(303);
    let asked = admin.get("/channels/401/deactivation").await;
    asked
        .assert_says("2 contatos usam esta conexão.")
        .assert_says("1 agendamento pendente abre chamado por esta conexão.")
        .assert_says("1 agendamento pendente só notifica o atendente");
    let answer = admin.post("/channels/401/deactivation", &[]).await;
    admin.follow(&answer).await.assert_says("Conexão desativada.").assert_says("Desativada");
    app.visitor().enter(&chat(&app)).await.assert_status(404);
    admin.post("/channels/401/deactivation", &[]).await.assert_status(303);
    admin.post("/channels/401/reactivation", &[]).await.assert_status(303);
    app.visitor().enter(&chat(&app)).await.assert_status(200);
    let audited = "SELECT action AS value FROM audit WHERE action LIKE 'channel.%' ORDER BY id";
    assert_eq!(app.database.texts(audited), ["channel.deactivated", "channel.reactivated"]);
}
