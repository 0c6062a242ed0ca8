//! Signing in, sessions, and the walls around forms.

use actix_web::test::TestRequest;

use crate::harness::{PASSWORD, TestApp};

const ADMIN: &str = "admin@empresa.example";

#[actix_web::test]
async fn a_visitor_is_led_to_the_sign_in_and_back() {
    let app = TestApp::new().await;
    let visitor = app.visitor();
    let answer = visitor.get("/?x=1").await;
    assert_eq!(answer.location(), "/login?next=/%3Fx%3D1");
    visitor.get(answer.location()).await.assert_says("Use o e-mail cadastrado pelo administrador.");
    let fields = [("email", " Admin@Empresa.example "), ("password", PASSWORD), ("next", "/?x=1")];
    assert_eq!(visitor.post("/login", &fields).await.location(), "/?x=1");
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_address_read_the_same() {
    let app = TestApp::new().await;
    let visitor = app.visitor();
    visitor.get("/login").await;
    let mut pages = Vec::new();
    for email in [ADMIN, "ninguem@empresa.example"] {
        let page = visitor.post("/login", &[("email", email), ("password", "errada")]).await;
        page.assert_status(422).assert_says("E-mail ou senha incorretos.");
        assert_eq!(page.attribute("#email", "value").unwrap(), email);
        pages.push(page.text());
    }
    assert_eq!(pages[0], pages[1]);
}

#[actix_web::test]
async fn parallel_guesses_are_limited_over_two_processes() {
    let app = TestApp::new().await;
    let other = app.another().await;
    let (one, two) = (app.visitor(), other.visitor());
    one.get("/login").await;
    two.get("/login").await;
    let fields = [("email", ADMIN), ("password", "errada")];
    let tries =
        (0..10).map(|n| if n % 2 == 0 { one.post("/login", &fields) } else { two.post("/login", &fields) });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|page| page.status == 422).count(), 5);
    let refused = answers.iter().find(|page| page.status == 429).unwrap();
    refused.assert_says("Muitas tentativas.").assert_says("Aguarde 15 minutos.");
    let right = one.post("/login", &[("email", ADMIN), ("password", PASSWORD)]).await;
    right.assert_status(429);
}

#[actix_web::test]
async fn the_session_changes_at_sign_in_and_ends_at_sign_out() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let first = admin.cookie("pontual").unwrap();
    admin.get("/login").await;
    admin.post("/login", &[("email", ADMIN), ("password", PASSWORD)]).await;
    let second = admin.cookie("pontual").unwrap();
    assert_ne!(first, second);
    let thief = app.visitor();
    thief.set_cookie("pontual", &first);
    thief.get("/").await.assert_status(303);
    assert!(thief.get("/").await.location().starts_with("/login"));

    admin.get("/login").await;
    admin.post("/logout", &[]).await.assert_status(303);
    let after = app.visitor();
    after.set_cookie("pontual", &second);
    assert!(after.get("/").await.location().starts_with("/login"));
}

#[actix_web::test]
async fn a_deactivated_user_is_out_at_once() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    app.database.execute("UPDATE users SET deactivated_at = now() WHERE email = 'bruno@empresa.example'");
    assert!(bruno.get("/").await.location().starts_with("/login"));
}

#[actix_web::test]
async fn who_comes_back_must_sign_in_again() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    bruno.get("/notifications").await.assert_status(200);
    for state in ["now()", "NULL"] {
        app.database
            .execute(&format!("UPDATE users SET deactivated_at = {state} WHERE id = {}", app.company.bruno));
    }
    assert_eq!(bruno.get("/notifications").await.location(), "/login?next=/notifications");
}

#[actix_web::test]
async fn a_session_ends_after_idle_hours_and_after_days() {
    for age in ["seen_at = now() - interval '13 hours'", "created_at = now() - interval '8 days'"] {
        let app = TestApp::new().await;
        let admin = app.administrator().await;
        app.database.execute(&format!("UPDATE sessions SET {age}"));
        assert!(admin.get("/").await.location().starts_with("/login"), "{age}");
    }
}

#[actix_web::test]
async fn the_table_of_sessions_holds_no_token() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let stored = app.database.texts("SELECT encode(token_hash, 'hex') AS value FROM sessions");
    assert_eq!(stored.len(), 1);
    assert!(!admin.cookie("pontual").unwrap().contains(&stored[0]));
}

#[actix_web::test]
async fn a_form_without_our_token_is_refused() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.post_raw("/logout", &[]).await.assert_status(403);
    admin.post_raw("/logout", &[("csrf", &"ab".repeat(32))]).await.assert_status(403);
    admin.get("/").await.assert_status(303);
    assert_eq!(admin.get("/").await.location(), "/schedules");
}

#[actix_web::test]
async fn a_form_of_another_site_is_refused_even_with_a_token() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/login").await;
    let request = TestRequest::post().uri("/logout").insert_header(("sec-fetch-site", "cross-site"));
    admin.send(request.set_form([("csrf", admin.csrf())])).await.assert_status(403);
}

#[actix_web::test]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::new().await;
    for path in ["/login", "/nowhere", "/"] {
        let page = app.visitor().get(path).await;
        assert!(page.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        assert!(!page.header("content-security-policy").contains("unsafe"), "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
    }
    let page = app.visitor().get("/login").await;
    assert_eq!(page.count("[style]") + page.count("style") + page.count("script:not([src])"), 0);
}

#[actix_web::test]
async fn a_way_back_that_no_header_can_hold_is_left_out() {
    let app = TestApp::new().await;
    let visitor = app.visitor();
    visitor.get("/login").await;
    let fields = [("email", ADMIN), ("password", PASSWORD), ("next", "/schedules?q=é")];
    assert_eq!(visitor.post("/login", &fields).await.assert_status(303).location(), "/");
}

#[actix_web::test]
async fn a_flash_is_a_secure_cookie_where_the_address_is_https() {
    for (address, is_secure) in [("http://127.0.0.1:8080", false), ("https://pontual.example", true)] {
        let app = TestApp::at(address).await;
        let admin = app.administrator().await;
        admin.get("/notifications").await;
        let answer = admin.post("/notifications/reading", &[]).await;
        let cookies = answer.headers.get_all("set-cookie").map(|value| value.to_str().unwrap());
        let flash = cookies.into_iter().find(|cookie| cookie.starts_with("pontual_flash=")).unwrap();
        assert_eq!(flash.contains("Secure"), is_secure, "{flash}");
    }
}

#[actix_web::test]
async fn only_a_named_balancer_is_believed_about_who_visits() {
    let app = TestApp::with_variable("PONTUAL_TRUSTED_PROXIES", "10.0.0.0/24").await;
    let visitor = app.visitor();
    visitor.get("/login").await;
    for peer in ["10.0.0.5:4000", "192.0.2.1:4000", "127.0.0.1:4000"] {
        let request = TestRequest::post().uri("/login").peer_addr(peer.parse().unwrap());
        let forwarded = request.insert_header(("x-forwarded-for", "6.6.6.6, 203.0.113.9"));
        let csrf = visitor.csrf();
        let fields =
            [("csrf", csrf.as_str()), ("email", "x@empresa.example"), ("password", "errada, sempre")];
        visitor.send(forwarded.set_form(fields)).await.assert_status(422);
    }
    let told = "SELECT ip AS value FROM audit WHERE action = 'session.refused' ORDER BY id";
    assert_eq!(app.database.texts(told), ["203.0.113.9", "192.0.2.1", "203.0.113.9"]);
}

#[actix_web::test]
async fn a_nul_anywhere_is_a_bad_request() {
    let app = TestApp::new().await;
    let visitor = app.visitor();
    visitor.get("/login?next=%00").await.assert_status(400);
    visitor.get("/login").await;
    visitor.post("/login", &[("email", "a\0b"), ("password", "x")]).await.assert_status(400);
}
