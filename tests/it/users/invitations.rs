//! One-time links for a first password and for a new one.

use super::{NEW_PASSWORD, invite, link_of};
use crate::harness::{PASSWORD, TestApp};

#[actix_web::test]
async fn an_invitation_leads_to_a_password_once() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let link = invite(&app, &admin).await;
    admin.get("/users?standing=invited").await.assert_says("Íris Sá").assert_says("Convidado");

    let iris = app.visitor();
    let page = iris.get(&link).await;
    page.assert_status(200).assert_says("Criar sua senha").assert_says("iris@empresa.example");
    let weak = iris.post(&link, &[("name", "Íris Sá"), ("password", "senha123")]).await;
    weak.assert_status(422).assert_says("Esta senha é muito comum.");
    let own = iris.post(&link, &[("name", "Íris Guimarães"), ("password", "guimaraes.2027")]).await;
    own.assert_status(422).assert_says("A senha lembra o seu nome");
    let short = iris.post(&link, &[("name", ""), ("password", "curta")]).await;
    short.assert_status(422).assert_says("Informe o nome.").assert_says("Use de 8 a 128 caracteres.");
    iris.post(&link, &[("name", "Íris de Sá"), ("password", NEW_PASSWORD)]).await.assert_status(303);
    iris.get("/tickets").await.assert_status(200).assert_says("Íris de Sá");

    let late = app.visitor();
    late.get(&link).await.assert_status(404).assert_says("Este link não vale mais");
    late.get("/login").await;
    late.post(&link, &[("name", "Outra"), ("password", NEW_PASSWORD)]).await.assert_status(404);
    let links = "SELECT count(*) AS value FROM access_links";
    assert_eq!(app.database.number(links), 0);
}

#[actix_web::test]
async fn an_invited_user_is_not_active_before_the_password() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    invite(&app, &admin).await;
    let visitor = app.visitor();
    visitor.get("/login").await;
    for password in ["", "-", PASSWORD] {
        let fields = [("email", "iris@empresa.example"), ("password", password)];
        visitor.post("/login", &fields).await.assert_status(422);
    }
    admin
        .get(&format!("/schedules/new/attendants?department_id={}", app.company.support))
        .await
        .assert_says("Bruno Lima")
        .assert_does_not_say("Íris");
}

#[actix_web::test]
async fn a_newer_link_voids_the_older_and_an_old_one_ends() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let first = invite(&app, &admin).await;
    let id = app.database.number("SELECT id AS value FROM users WHERE email = 'iris@empresa.example'");
    let second = link_of(&admin.post(&format!("/users/{id}/access-link"), &[]).await);
    let visitor = app.visitor();
    visitor.get(&first).await.assert_status(404);
    visitor.get(&second).await.assert_status(200);
    app.database.execute("UPDATE access_links SET expires_at = now() - interval '1 second'");
    visitor.get(&second).await.assert_status(404);
    visitor.post(&second, &[("name", "Íris"), ("password", NEW_PASSWORD)]).await.assert_status(404);
    admin.get("/users").await.assert_says("Convite vencido");
}

#[actix_web::test]
async fn empty_and_forged_links_are_refused() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let link = invite(&app, &admin).await;
    let stored = app.database.texts("SELECT encode(token_hash, 'hex') AS value FROM access_links");
    assert!(!link.contains(&stored[0]), "the table keeps only a hash");
    let visitor = app.visitor();
    visitor.get("/login").await;
    let bad = [format!("/access/{}", stored[0]), "/access/x".into(), link[..link.len() - 1].into()];
    for bad in bad {
        visitor.get(&bad).await.assert_status(404).assert_says("Este link não vale mais");
        visitor.post(&bad, &[("name", "X"), ("password", NEW_PASSWORD)]).await.assert_status(404);
    }
    visitor.get("/access/").await.assert_status(404);
    visitor.get(&link).await.assert_status(200);
}

#[actix_web::test]
async fn a_cancelled_invitation_leads_nowhere() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let link = invite(&app, &admin).await;
    let id = app.database.number("SELECT id AS value FROM users WHERE email = 'iris@empresa.example'");
    let path = format!("/users/{id}/deactivation");
    admin.get(&path).await.assert_says("Cancelar o convite de Íris Sá?");
    admin.post(&path, &[]).await.assert_status(303);
    app.visitor().get(&link).await.assert_status(404);
    admin.get(&format!("/users/{id}")).await.assert_says("O convite foi cancelado.");
    admin.post(&format!("/users/{id}/reactivation"), &[]).await.assert_status(409);
    let new_link = link_of(&admin.post(&format!("/users/{id}/access-link"), &[]).await);
    app.visitor().get(&new_link).await.assert_status(200);
}

#[actix_web::test]
async fn a_reset_ends_every_session_and_asks_for_nothing_else() {
    let app = TestApp::new().await;
    let (admin, bruno) = (app.administrator().await, app.attendant().await);
    admin.get("/users/303").await;
    let page = admin.post("/users/303/access-link", &[]).await;
    page.assert_status(200).assert_says("Link de senha para Bruno Lima");
    bruno.get("/tickets").await.assert_status(200);

    let elsewhere = app.visitor();
    elsewhere.get(&link_of(&page)).await.assert_says("Trocar sua senha");
    elsewhere.post(&link_of(&page), &[("password", NEW_PASSWORD)]).await.assert_status(303);
    elsewhere.get("/tickets").await.assert_status(200).assert_says("Bruno Lima");
    bruno.get("/tickets").await.assert_status(303);
    let again = app.visitor();
    again.get("/login").await;
    let fields = |password| [("email", "bruno@empresa.example"), ("password", password)];
    again.post("/login", &fields(PASSWORD)).await.assert_status(422);
    again.post("/login", &fields(NEW_PASSWORD)).await.assert_status(303);
}
