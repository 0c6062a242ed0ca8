//! A user's own profile: name, password, theme, notices, sessions.

use actix_web::test::TestRequest;

use crate::harness::{PASSWORD, TestApp};

const NEW_PASSWORD: &str = "quatro palavras quaisquer";

#[actix_web::test]
async fn users_save_their_own_name_and_choices() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    bruno.get("/profile").await.assert_says("bruno@empresa.example").assert_says("Atendente");
    let fields = [
        ("name", " Bruno de Lima "),
        ("plays_sound", "1"),
        ("shows_browser_notices", "1"),
        ("role_id", "1"),
        ("email", "x@empresa.example"),
    ];
    let saved = bruno.post("/profile", &fields).await;
    let page = bruno.follow(&saved).await;
    page.assert_says("Perfil salvo.").assert_says("Bruno de Lima");
    assert_eq!(page.count("body[data-plays-sound][data-browser-notices]"), 1);
    let email_and_role = "SELECT email || ' ' || role_id AS value FROM users WHERE id = 303";
    assert_eq!(app.database.texts(email_and_role), ["bruno@empresa.example 203"]);
    let refused = bruno.post("/profile", &[("name", " "), ("theme", "dark")]).await;
    refused.assert_status(422).assert_says("Informe o nome.");
    assert_eq!(refused.count("[name=theme][value=dark][checked]"), 1);
}

#[actix_web::test]
async fn the_theme_follows_its_user_to_every_browser() {
    let app = TestApp::new().await;
    let (here, there) = (app.attendant().await, app.attendant().await);
    here.get("/profile").await;
    here.post("/profile", &[("name", "Bruno Lima"), ("theme", "dark")]).await.assert_status(303);
    let page = there.get("/tickets").await;
    assert_eq!(page.attribute("html", "data-bs-theme").as_deref(), Some("dark"));
    assert_eq!(there.cookie("theme").as_deref(), Some("dark"));

    there.set_cookie("theme", "light");
    there.post_part("/profile/theme", &[("theme", "light")]).await.assert_status(204);
    let page = here.get("/tickets").await;
    assert_eq!(page.attribute("html", "data-bs-theme").as_deref(), Some("light"));
    here.post("/profile", &[("name", "Bruno Lima"), ("theme", "")]).await.assert_status(303);
    let page = here.get("/tickets").await;
    assert_eq!((page.attribute("html", "data-bs-theme"), here.cookie("theme")), (None, None));
    here.post_part("/profile/theme", &[("theme", "x")]).await.assert_status(400);

    // A browser that another user used before.
    let other = app.visitor();
    other.set_cookie("theme", "dark");
    other.get("/login").await;
    other
        .post("/login", &[("email", "bruno@empresa.example"), ("password", PASSWORD)])
        .await
        .assert_status(303);
    assert_eq!(other.get("/tickets").await.attribute("html", "data-bs-theme"), None);
}

#[actix_web::test]
async fn a_new_password_needs_the_current_one_and_ends_the_other_sessions() {
    let app = TestApp::new().await;
    let (here, there) = (app.attendant().await, app.attendant().await);
    here.get("/profile").await;
    let change = async |current, new| {
        here.post("/profile/password", &[("current_password", current), ("new_password", new)]).await
    };
    change("errada mesmo", "senha123")
        .await
        .assert_status(422)
        .assert_says("A senha atual não confere.")
        .assert_says("Esta senha é muito comum.");
    change(PASSWORD, "curta").await.assert_status(422).assert_says("Use de 8 a 128 caracteres.");
    for own in ["bruno@empresa.example", "Bruno.Lima-1", "pontual2027"] {
        change(PASSWORD, own).await.assert_status(422).assert_says("A senha lembra o seu nome");
    }
    change(PASSWORD, "25/10/1990").await.assert_status(422).assert_says("Datas e anos são fáceis");
    there.get("/tickets").await.assert_status(200);
    let before = here.cookie("pontual");
    let done = change(PASSWORD, NEW_PASSWORD).await;
    here.follow(&done).await.assert_says("Senha trocada.");
    assert_ne!(here.cookie("pontual"), before, "the token changes with the password");
    there.get("/tickets").await.assert_status(303);
    let hash = "SELECT count(*) AS value FROM sessions WHERE user_id = 303";
    assert_eq!(app.database.number(hash), 1);
}

#[actix_web::test]
async fn guesses_of_the_current_password_are_limited() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    bruno.get("/profile").await;
    // Wrong sign-ins by strangers with his address do not count against him.
    let stranger = app.visitor();
    stranger.get("/login").await;
    for _ in 0..6 {
        stranger.post("/login", &[("email", "bruno@empresa.example"), ("password", "errada")]).await;
    }
    let fields = [("current_password", "errada mesmo"), ("new_password", NEW_PASSWORD)];
    for _ in 0..5 {
        bruno.post("/profile/password", &fields).await.assert_status(422);
    }
    let page = bruno.post("/profile/password", &fields).await;
    page.assert_status(429).assert_says("Muitas tentativas. Aguarde 15 minutos.");
    let right = [("current_password", PASSWORD), ("new_password", NEW_PASSWORD)];
    bruno.post("/profile/password", &right).await.assert_status(429);
}

#[actix_web::test]
async fn own_sessions_are_listed_with_their_browser_and_can_be_ended() {
    let app = TestApp::new().await;
    let here = app.attendant().await;
    let there = app.visitor();
    there.get("/login").await;
    let csrf = there.csrf();
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36";
    let fields = [("email", "bruno@empresa.example"), ("password", PASSWORD), ("csrf", csrf.as_str())];
    let request = TestRequest::post().uri("/login").insert_header(("user-agent", agent)).set_form(fields);
    there.send(request).await.assert_status(303);
    let page = here.get("/profile").await;
    page.assert_says("Chrome no Windows").assert_says("Esta sessão");

    let one = page.attribute("button[formaction^='/profile/sessions/']", "aria-label").unwrap();
    assert!(one.starts_with("Encerrar sessão: Chrome no Windows"), "{one}");
    let path = page.attribute("button[formaction^='/profile/sessions/']", "formaction").unwrap();
    let helena = app.other_attendant().await;
    helena.get("/profile").await;
    let right = [("session_password", PASSWORD)];
    helena.post(&path, &right).await.assert_status(404);
    for (typed, said) in [("", "Digite a senha atual."), ("errada mesmo", "A senha atual não confere.")] {
        let page = here.post(&path, &[("session_password", typed)]).await;
        page.assert_status(422).assert_says(said);
        let all = here.post("/profile/sessions/ending", &[("session_password", typed)]).await;
        all.assert_status(422).assert_says(said);
        assert_eq!(all.count("#session_password[aria-invalid=true]"), 1);
    }
    there.get("/tickets").await.assert_status(200);
    here.post(&path, &right).await.assert_status(303);
    there.get("/tickets").await.assert_status(303);

    let third = app.attendant().await;
    here.post("/profile/sessions/ending", &right).await.assert_status(303);
    third.get("/tickets").await.assert_status(303);
    here.get("/tickets").await.assert_status(200);
    helena.get("/tickets").await.assert_status(200);
}
