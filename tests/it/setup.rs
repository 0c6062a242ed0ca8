//! The set-up of an empty installation, which works only once.

use futures_util::future::join;
use pontual::setup;

use crate::harness::{TestApp, Visitor};

const FIELDS: [(&str, &str); 7] = [
    ("company_name", "Loja Bela"),
    ("time_zone", "America/Manaus"),
    ("name", "Ana Prado"),
    ("email", "Ana@Loja.example"),
    ("password", "uma senha boa"),
    ("department", "Vendas"),
    ("attends", "yes"),
];

/// A set-up link, as each start prints it.
fn link(app: &TestApp) -> String {
    setup::open(&mut app.database.connect()).unwrap().unwrap()
}

async fn opened(app: &TestApp, link: &str) -> Visitor {
    let visitor = app.visitor();
    visitor.get(link).await.assert_status(200).assert_says("Configurar a plataforma");
    visitor
}

#[actix_web::test]
async fn the_link_creates_the_company_and_signs_in() {
    let app = TestApp::empty().await;
    let link = link(&app);
    let ana = opened(&app, &link).await;
    let answer = ana.post(&link, &FIELDS).await;
    assert_eq!(answer.location(), "/schedules");
    let page = ana.follow(&answer).await;
    page.assert_status(200).assert_says("Tudo pronto. Próximos passos:").assert_says("Loja Bela");
    assert_eq!(page.count("[data-flash] a[href='/contacts/new']"), 1);
    let made =
        "SELECT concat_ws(' ', s.time_zone, u.email, d.name, ch.name, ch.kind, m.user_id = u.id) AS value
        FROM settings s, users u, departments d, channels ch, department_members m
        WHERE ch.default_department_id = d.id AND m.department_id = d.id";
    assert_eq!(app.database.texts(made), ["America/Manaus ana@loja.example Vendas Chat do site web_chat t"]);
    ana.get("/settings").await.assert_status(200);
}

#[actix_web::test]
async fn after_the_set_up_the_link_no_longer_works() {
    let app = TestApp::empty().await;
    let link = link(&app);
    let ana = opened(&app, &link).await;
    ana.post(&link, &FIELDS).await.assert_status(303);
    let stranger = app.visitor();
    stranger.get(&link).await.assert_status(410).assert_says("A plataforma já está configurada");
    stranger.get("/login").await;
    stranger.post(&link, &FIELDS).await.assert_status(410);
    assert!(setup::open(&mut app.database.connect()).unwrap().is_none());
    assert_eq!(app.database.number("SELECT count(*) AS value FROM users"), 1);
}

#[actix_web::test]
async fn a_user_created_by_the_operator_closes_the_link() {
    let app = TestApp::empty().await;
    let link = link(&app);
    let late = opened(&app, &link).await;
    app.database.execute(
        "INSERT INTO users (name, email, password_hash, role_id)
            SELECT 'Eva', 'eva@loja.example', '-', id FROM roles WHERE is_administrator",
    );
    late.post(&link, &FIELDS).await.assert_status(410);
    late.get(&link).await.assert_status(410);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM departments"), 0);
}

#[actix_web::test]
async fn a_newer_link_voids_the_older_and_only_its_hash_is_kept() {
    let app = TestApp::empty().await;
    let (older, newer) = (link(&app), link(&app));
    app.visitor().get(&older).await.assert_status(404).assert_says("Este link não vale mais");
    app.visitor().get("/setup/00000000000000000000000000000000").await.assert_status(404);
    opened(&app, &newer).await;
    let token = newer.strip_prefix("/setup/").unwrap();
    assert_eq!(token.len(), 32, "128 bits");
    let kept = format!(
        "SELECT count(*) AS value FROM setup_links WHERE token_hash = sha256(convert_to('{token}', 'UTF8'))"
    );
    assert_eq!(app.database.number(&kept), 1);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM setup_links"), 1);
}

#[actix_web::test]
async fn when_two_people_finish_at_once_one_wins() {
    let app = TestApp::empty().await;
    let other = app.another().await;
    let link = link(&app);
    let (one, two) = (opened(&app, &link).await, opened(&other, &link).await);
    let mut fields = FIELDS;
    fields[3].1 = "bia@loja.example";
    let (one, two) = join(one.post(&link, &FIELDS), two.post(&link, &fields)).await;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM users"), 1);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM channels"), 1);
}

#[actix_web::test]
async fn invalid_input_is_refused_and_shown_again_without_the_password() {
    let app = TestApp::empty().await;
    let link = link(&app);
    let ana = opened(&app, &link).await;
    let mut fields = FIELDS;
    (fields[0].1, fields[3].1, fields[4].1) = ("", "ana", "curta");
    let page = ana.post(&link, &fields[..6]).await;
    page.assert_status(422)
        .assert_says("Corrija 3 campos:")
        .assert_says("Informe o nome da empresa.")
        .assert_says("Informe um e-mail completo")
        .assert_says("Use de 8 a 128 caracteres.");
    assert_eq!(page.attribute("#department", "value").unwrap(), "Vendas");
    assert_eq!(page.attribute("#time_zone option[selected]", "value").unwrap(), "America/Manaus");
    assert_eq!(page.attribute("#password", "value"), None);
    assert_eq!(page.count("#attends[checked]"), 0);
}

#[actix_web::test]
async fn the_first_password_is_neither_common_nor_the_company_name() {
    let app = TestApp::empty().await;
    let link = link(&app);
    let ana = opened(&app, &link).await;
    for (password, said) in [
        ("flamengo1", "Esta senha é muito comum."),
        (FIELDS[0].1, "A senha lembra o seu nome, o seu e-mail ou o nome da empresa."),
        (FIELDS[3].1, "A senha lembra o seu nome, o seu e-mail ou o nome da empresa."),
        ("P0ntual-2027", "A senha lembra o seu nome, o seu e-mail ou o nome da empresa."),
    ] {
        let mut fields = FIELDS;
        fields[4].1 = password;
        ana.post(&link, &fields).await.assert_status(422).assert_says(said);
    }
    assert_eq!(app.database.number("SELECT count(*) AS value FROM users"), 0);
}
