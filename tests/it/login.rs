//! Signing in, sessions, and the protection of forms.

use actix_web::test::TestRequest;

use crate::harness::{PASSWORD, TestApp, Visitor};

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
        (0..100).map(|n| if n % 2 == 0 { one.post("/login", &fields) } else { two.post("/login", &fields) });
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|page| page.status == 422).count(), 5);
    assert_eq!(answers.iter().filter(|page| page.status == 429).count(), 95);
    let refused = answers.iter().find(|page| page.status == 429).unwrap();
    refused.assert_says("Muitas tentativas.").assert_says("Aguarde 15 minutos.");
    let right = one.post("/login", &[("email", ADMIN), ("password", PASSWORD)]).await;
    right.assert_status(429);
}

/// Tries to sign in from a network address.
async fn guess(visitor: &Visitor, from: &str, email: &str, password: &str) -> u16 {
    let csrf = visitor.csrf();
    let fields = [("csrf", csrf.as_str()), ("email", email), ("password", password)];
    let request = TestRequest::post().uri("/login").insert_header(("x-forwarded-for", from));
    visitor.send(request.peer_addr("127.0.0.1:4000".parse().unwrap()).set_form(fields)).await.status
}

#[actix_web::test]
async fn all_addresses_of_one_network_share_its_attempts() {
    let app = TestApp::new().await;
    let stranger = app.visitor();
    stranger.get("/login").await;
    let mut statuses = Vec::new();
    for number in 0..8 {
        statuses.push(guess(&stranger, &format!("2001:db8:1:2::{number:x}"), ADMIN, "errada, sempre").await);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429, 429]);
    assert_eq!(guess(&stranger, "2001:db8:1:3::1", ADMIN, "errada, sempre").await, 422);
    let refused_ip = "SELECT ip AS value FROM audit WHERE action = 'session.refused' ORDER BY id LIMIT 1";
    assert_eq!(app.database.texts(refused_ip), ["2001:db8:1:2::"], "the audit keeps the full address");
}

#[actix_web::test]
async fn a_flood_from_one_place_leaves_few_rows() {
    let app = TestApp::new().await;
    let stranger = app.visitor();
    stranger.get("/login").await;
    // This password is so short that argon2 is not run: only the counts matter here.
    let mut statuses = Vec::new();
    for first in (0..400).step_by(8) {
        // Few enough at once that none waits for a connection until it is answered 503.
        let tries = (first..first + 8).map(|number| {
            let (visitor, email) = (&stranger, format!("pessoa{number}@empresa.example"));
            async move { guess(visitor, "203.0.113.9", &email, "curta").await }
        });
        statuses.extend(futures_util::future::join_all(tries).await);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 100);
    let rows = app.database.number("SELECT count(*) AS value FROM sign_in_attempts");
    assert_eq!(rows, 201, "one row for the network, and two for each of the 100 admitted e-mail addresses");
    let others = "SELECT count(*) AS value FROM audit WHERE action = 'session.refused'";
    assert_eq!(app.database.number(others), 100);
}

#[actix_web::test]
async fn strangers_lock_no_owner_out_of_a_browser_that_they_used_before() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let strangers = app.visitor();
    strangers.get("/login").await;
    // From many networks until the e-mail address is locked, and from the owner's own network.
    for number in 0..60 {
        guess(&strangers, &format!("198.51.100.{number}"), ADMIN, "curta").await;
    }
    app.database.execute("UPDATE sign_in_attempts SET failures = 1000");
    let elsewhere = app.visitor();
    elsewhere.get("/login").await;
    assert_eq!(guess(&elsewhere, "203.0.113.7", ADMIN, PASSWORD).await, 429);

    admin.get("/login").await;
    admin.post("/logout", &[]).await.assert_status(303);
    admin.get("/login").await;
    assert_eq!(guess(&admin, "198.51.100.1", ADMIN, PASSWORD).await, 303);
    let most_failures = "SELECT max(failures)::bigint AS value FROM sign_in_attempts";
    assert_eq!(
        app.database.number(most_failures),
        1001,
        "the owner's sign-in does not reset the strangers' tries"
    );
}

#[actix_web::test]
async fn a_known_browser_guesses_ten_times_and_only_as_its_own_users() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let device = admin.cookie("pontual_device").unwrap();
    let thief = app.visitor();
    thief.set_cookie("pontual_device", &device);
    thief.get("/login").await;
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(guess(&thief, "203.0.113.7", ADMIN, "errada").await);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 10);
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(guess(&thief, "203.0.113.7", "bruno@empresa.example", "errada").await);
    }
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429]);
    // A new password makes the cookie of a known browser worthless.
    app.database.execute(
        "DELETE FROM sign_in_attempts;
         UPDATE users SET password_hash = 'x' || password_hash WHERE email = 'admin@empresa.example'",
    );
    for _ in 0..5 {
        assert_eq!(guess(&thief, "203.0.113.7", ADMIN, "errada").await, 422);
    }
    assert_eq!(guess(&thief, "203.0.113.7", ADMIN, "errada").await, 429);
}

#[actix_web::test]
async fn refusals_are_summed_up_in_the_audit() {
    let app = TestApp::new().await;
    let (bruno, stranger) = (app.attendant().await, app.visitor());
    for _ in 0..3 {
        bruno.get("/audit").await.assert_status(403);
    }
    bruno.get("/users/309").await.assert_status(403);
    bruno.post_raw("/logout", &[]).await.assert_status(403);
    let foreign = TestRequest::post().uri("/logout").insert_header(("origin", "https://evil.example"));
    stranger.send(foreign).await.assert_status(403);
    stranger.get("/login").await;
    for _ in 0..8 {
        guess(&stranger, "203.0.113.7", "bruno@empresa.example", "errada").await;
    }
    for _ in 0..7 {
        guess(&stranger, "203.0.113.7", "ninguem@empresa.example", "errada").await;
    }
    app.shared.refusals.write(&app.shared.db).await.unwrap();
    app.shared.refusals.write(&app.shared.db).await.unwrap();
    let actions =
        "SELECT concat_ws(' ', action, coalesce(actor_id, 0), coalesce(subject_id, 0), details->>'times',
                                 details->>'route') AS value
                  FROM audit WHERE action IN ('access.refused', 'session.throttled') ORDER BY 1";
    assert_eq!(
        app.database.texts(actions),
        [
            "access.refused 0 0 1 POST",
            "access.refused 303 0 1 GET /users/{id}",
            "access.refused 303 0 1 POST /logout",
            "access.refused 303 0 3 GET /audit",
            "session.throttled 0 0 2 POST /login",
            "session.throttled 0 303 3 POST /login",
        ]
    );
    let page = app.administrator().await.get("/audit").await;
    page.assert_says("Bruno Lima teve o acesso negado GET /audit; 3 vezes")
        .assert_says("Alguém passou do limite de tentativas de entrar como Bruno Lima");
}

#[actix_web::test]
async fn the_token_of_a_session_changes_with_its_users_rights() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    bruno.get("/tickets").await.assert_status(200);
    let before = bruno.cookie("pontual").unwrap();
    bruno.get("/tickets").await;
    assert_eq!(bruno.cookie("pontual").unwrap(), before, "the token stays while the rights are unchanged");
    for change in [
        "UPDATE users SET role_id = 202 WHERE id = 303",
        "INSERT INTO role_permissions VALUES (202, 'tickets')",
    ] {
        let before = bruno.cookie("pontual").unwrap();
        app.database.execute(change);
        // Two requests at once, as a page sends them: one changes the token, and both must succeed.
        let (one, two) = (app.visitor(), app.visitor());
        one.set_cookie("pontual", &before);
        two.set_cookie("pontual", &before);
        let pages = futures_util::future::join(one.get("/notifications"), two.get("/notifications")).await;
        assert_eq!((pages.0.status, pages.1.status), (200, 200));
        let changed = [one, two].into_iter().filter_map(|v| v.cookie("pontual").filter(|now| *now != before));
        let changed: Vec<_> = changed.collect();
        assert_eq!(changed.len(), 1);
        bruno.set_cookie("pontual", &changed[0]);
        let page = bruno.get("/profile").await;
        page.assert_status(200).assert_says("Esta sessão");
        assert_eq!(page.text().matches("Esta sessão").count(), 1);
        let thief = app.visitor();
        thief.set_cookie("pontual", &before);
        thief.get("/notifications").await.assert_status(200);
        app.database.execute("UPDATE sessions SET ends_at = now() WHERE ends_at IS NOT NULL");
        thief.get("/notifications").await.assert_status(303);
    }
}

#[actix_web::test]
async fn a_new_token_gives_no_new_days() {
    let app = TestApp::new().await;
    let bruno = app.attendant().await;
    bruno.get("/tickets").await;
    app.database.execute("UPDATE sessions SET created_at = now() - interval '6 days 23 hours'");
    app.database.execute("UPDATE users SET role_id = 202 WHERE id = 303");
    bruno.get("/notifications").await.assert_status(200);
    app.database.execute("UPDATE sessions SET created_at = created_at - interval '2 hours'");
    bruno.get("/notifications").await.assert_status(303);
}

#[actix_web::test]
async fn signing_out_clears_the_browsers_cache() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/login").await;
    let answer = admin.post("/logout", &[]).await;
    assert_eq!(answer.header("clear-site-data"), "\"cache\"");
}

#[actix_web::test]
async fn security_txt_says_whom_to_tell() {
    for (variable, value, contact) in [
        ("PORT", "8080", "Contact: mailto:security@localhost\n"),
        ("PONTUAL_PUBLIC_URL", "https://pontual.example", "Contact: mailto:security@pontual.example\n"),
        (
            "PONTUAL_SECURITY_CONTACT",
            "seguranca@empresa.example",
            "Contact: mailto:seguranca@empresa.example\n",
        ),
        (
            "PONTUAL_SECURITY_CONTACT",
            "https://empresa.example/aviso",
            "Contact: https://empresa.example/aviso\n",
        ),
    ] {
        let app = TestApp::with_variable(variable, value).await;
        let page = app.visitor().get("/.well-known/security.txt").await;
        assert_eq!(page.assert_status(200).header("content-type"), "text/plain; charset=utf-8");
        assert!(page.body.starts_with(contact), "{}", page.body);
        let expires = page.body.lines().find_map(|line| line.strip_prefix("Expires: ")).unwrap();
        let expires = chrono::DateTime::parse_from_rfc3339(expires).unwrap().to_utc();
        let days = (expires - chrono::Utc::now()).num_days();
        assert!((30..365).contains(&days), "{days}");
    }
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
async fn a_reactivated_user_must_sign_in_again() {
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
    let refused_ips = "SELECT ip AS value FROM audit WHERE action = 'session.refused' ORDER BY id";
    assert_eq!(app.database.texts(refused_ips), ["203.0.113.9", "192.0.2.1", "203.0.113.9"]);
}

#[actix_web::test]
async fn a_nul_anywhere_is_a_bad_request() {
    let app = TestApp::new().await;
    let visitor = app.visitor();
    visitor.get("/login?next=%00").await.assert_status(400);
    visitor.get("/login").await;
    visitor.post("/login", &[("email", "a\0b"), ("password", "x")]).await.assert_status(400);
}

#[actix_web::test]
async fn an_address_in_letters_and_in_punycode_is_one_user() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE users SET email = 'raul@pão.example' WHERE email = 'admin@empresa.example'");
    for typed in ["raul@pão.example", "Raul@XN--PO-SIA.example", "raul@pa\u{303}o.example"] {
        let visitor = app.visitor();
        visitor.get("/login").await;
        visitor.post("/login", &[("email", typed), ("password", PASSWORD)]).await.assert_status(303);
    }
    let admin = app.signed_in("raul@pão.example").await;
    admin.get("/users/new").await;
    let fields = [("name", "Outro"), ("email", "raul@xn--po-sia.example"), ("role_id", "203")];
    admin
        .post("/users", &fields)
        .await
        .assert_status(422)
        .assert_says("Já existe um atendente com este e-mail.");
}
