//! The table of every route × role → status. A route without a line fails the test, and so does a line without a
//! route.

use std::collections::BTreeSet;

use pontual::routes;

use crate::harness::{TestApp, Visitor};

/// Statuses for: a visitor who is not signed in, an attendant of "Suporte", a role manager, an administrator, and a
/// user who may only schedule and attend every ticket.
type Statuses = [u16; 5];

/// 303 leads a stranger to the sign-in. Forms are sent empty but with their token, so that users who may send them get
/// 422 (fields are missing) or 303. Record ids: an open ticket of "Suporte" (701), a schedule (801) and a notification
/// (901) of another user, a user (309) and a department (109) that nothing depends on.
const TABLE: &[(&str, &str, Statuses)] = &[
    ("GET", "/", [303, 303, 303, 303, 303]),
    ("GET", "/login", [200, 200, 200, 200, 200]),
    ("POST", "/login", [422, 422, 422, 422, 422]),
    ("POST", "/logout", [303, 303, 303, 303, 303]),
    ("GET", "/schedules", [303, 403, 403, 200, 200]),
    ("POST", "/schedules", [303, 403, 403, 422, 422]),
    ("GET", "/schedules/export.csv", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/attendants", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/users", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/cancellations", [303, 403, 403, 303, 303]),
    ("POST", "/schedules/cancellations", [303, 403, 403, 303, 303]),
    ("GET", "/schedules/calendar", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/{id}/time", [303, 403, 403, 200, 200]),
    ("POST", "/schedules/{id}/time", [303, 403, 403, 409, 409]),
    ("GET", "/schedules/new", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/new/attendants", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/new/contact-warning", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/new/proposal", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/slot-check", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/new/contacts", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/new/people", [303, 403, 403, 200, 200]),
    ("POST", "/schedules/new/preview", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/{id}", [303, 404, 404, 200, 200]),
    ("POST", "/schedules/{id}", [303, 403, 403, 409, 409]),
    ("GET", "/schedules/{id}/edit", [303, 403, 403, 200, 200]),
    ("GET", "/schedules/{id}/cancellation", [303, 403, 403, 200, 200]),
    ("POST", "/schedules/{id}/cancellation", [303, 403, 403, 303, 303]),
    ("GET", "/schedules/{id}/dispatch", [303, 403, 403, 303, 303]),
    ("POST", "/schedules/{id}/dispatch", [303, 403, 403, 303, 303]),
    ("GET", "/tickets", [303, 200, 403, 200, 200]),
    ("GET", "/tickets/unseen", [303, 200, 403, 200, 200]),
    ("GET", "/tickets/{id}", [303, 200, 404, 200, 200]),
    ("POST", "/tickets/{id}/messages", [303, 422, 403, 422, 422]),
    ("POST", "/messages/{id}/attempts", [303, 404, 403, 404, 404]),
    ("POST", "/messages/{id}/discard", [303, 404, 403, 404, 404]),
    ("POST", "/tickets/{id}/reading", [303, 400, 403, 400, 400]),
    ("POST", "/tickets/{id}/closure", [303, 303, 403, 303, 303]),
    ("GET", "/contacts/{id}/conversation", [303, 200, 404, 200, 200]),
    ("GET", "/contacts/{id}/conversation/messages", [303, 200, 404, 200, 200]),
    // For a browser that has opened the link.
    ("GET", "/c/{token}", [303, 303, 303, 303, 303]),
    ("GET", "/c/{contact:[0-9]+}", [200, 200, 200, 200, 200]),
    ("GET", "/c/{contact:[0-9]+}/messages", [200, 200, 200, 200, 200]),
    ("POST", "/c/{contact:[0-9]+}/messages", [422, 422, 422, 422, 422]),
    ("POST", "/c/{contact:[0-9]+}/receipts", [204, 204, 204, 204, 204]),
    ("GET", "/c/{contact:[0-9]+}/accesses", [200, 200, 200, 200, 200]),
    ("POST", "/c/{contact:[0-9]+}/accesses/ending", [303, 303, 303, 303, 303]),
    ("POST", "/c/{contact:[0-9]+}/departure", [303, 303, 303, 303, 303]),
    ("GET", "/notifications", [303, 200, 200, 200, 200]),
    ("GET", "/notifications/panel", [303, 200, 200, 200, 200]),
    ("POST", "/notifications/preferences", [303, 303, 303, 303, 303]),
    ("POST", "/notifications/reading", [303, 303, 303, 303, 303]),
    ("POST", "/notifications/{id}/reading", [303, 404, 404, 404, 404]),
    ("POST", "/notifications/{id}/opening", [303, 404, 404, 404, 404]),
    ("POST", "/notifications/{id}/removal", [303, 404, 404, 404, 404]),
    ("GET", "/files/{id}/{name}", [303, 404, 404, 200, 200]),
    ("GET", "/c/{contact:[0-9]+}/files/{id}/{name}", [404, 404, 404, 404, 404]),
    ("POST", "/uploads", [303, 403, 403, 422, 422]),
    ("POST", "/uploads/{id}/removal", [303, 403, 403, 404, 404]),
    ("GET", "/roles", [303, 403, 200, 200, 403]),
    ("GET", "/roles/new", [303, 403, 200, 200, 403]),
    ("POST", "/roles", [303, 403, 422, 422, 403]),
    ("GET", "/roles/{id}", [303, 403, 200, 200, 403]),
    ("POST", "/roles/{id}", [303, 403, 422, 422, 403]),
    ("GET", "/settings", [303, 403, 403, 200, 403]),
    ("POST", "/settings", [303, 403, 403, 422, 403]),
    ("GET", "/settings/spacing-sentence", [303, 403, 403, 200, 403]),
    ("GET", "/settings/unspaced-schedules", [303, 403, 403, 200, 403]),
    ("GET", "/settings/moved-clocks", [303, 403, 403, 200, 403]),
    ("GET", "/settings/retention", [303, 403, 403, 200, 403]),
    ("POST", "/settings/retention", [303, 403, 403, 422, 403]),
    ("POST", "/settings/logo", [303, 403, 403, 422, 403]),
    ("POST", "/settings/logo/removal", [303, 403, 403, 303, 403]),
    ("GET", "/logo/{hash}", [404, 404, 404, 404, 404]),
    ("GET", "/setup/{token}", [410, 410, 410, 410, 410]),
    ("POST", "/setup/{token}", [410, 410, 410, 410, 410]),
    ("GET", "/audit", [303, 403, 403, 200, 403]),
    ("GET", "/audit/users", [303, 403, 403, 200, 403]),
    ("GET", "/audit/export", [303, 403, 403, 200, 403]),
    ("GET", "/help", [303, 200, 200, 200, 200]),
    // Signed by a program, and not sent by a browser: tested in webhook/incoming.rs.
    ("POST", "/channels/{id}/inbox", [404, 404, 404, 404, 404]),
    ("GET", "/webhook-files/{hash}/{name}", [404, 404, 404, 404, 404]),
    ("GET", "/channels", [303, 403, 403, 200, 403]),
    ("POST", "/channels", [303, 403, 403, 422, 403]),
    ("GET", "/channels/new", [303, 403, 403, 200, 403]),
    ("GET", "/channels/{id}", [303, 403, 403, 200, 403]),
    ("POST", "/channels/{id}", [303, 403, 403, 422, 403]),
    ("GET", "/channels/{id}/deactivation", [303, 403, 403, 200, 403]),
    ("POST", "/channels/{id}/deactivation", [303, 403, 403, 303, 403]),
    ("POST", "/channels/{id}/reactivation", [303, 403, 403, 303, 403]),
    // A webhook.
    ("POST", "/channels/{id}/test", [303, 403, 403, 200, 403]),
    ("POST", "/channels/{id}/pause", [303, 403, 403, 303, 403]),
    ("POST", "/channels/{id}/resumption", [303, 403, 403, 303, 403]),
    ("POST", "/channels/{id}/secret", [303, 403, 403, 200, 403]),
    ("POST", "/channels/{id}/previous-secret/removal", [303, 403, 403, 303, 403]),
    ("POST", "/channels/{id}/inbox/{message}/retry", [303, 403, 403, 303, 403]),
    ("GET", "/chat-colours/{colour}.css", [200, 200, 200, 200, 200]),
    ("GET", "/contacts", [303, 200, 403, 200, 200]),
    ("POST", "/contacts", [303, 403, 403, 422, 403]),
    ("GET", "/contacts/new", [303, 403, 403, 200, 403]),
    ("GET", "/contacts/new/attendants", [303, 403, 403, 200, 403]),
    ("GET", "/contacts/export.csv", [303, 403, 403, 200, 403]),
    ("GET", "/contacts/options", [303, 403, 403, 200, 403]),
    ("GET", "/contacts/import", [303, 403, 403, 200, 403]),
    // This form lacks the file. contacts/import.rs tests it with one.
    ("POST", "/contacts/import", [303, 403, 403, 422, 403]),
    ("GET", "/contacts/import/template", [303, 403, 403, 200, 403]),
    ("GET", "/contacts/imports/{id}", [303, 403, 403, 200, 403]),
    ("POST", "/contacts/imports/{id}/confirmation", [303, 403, 403, 303, 403]),
    ("POST", "/contacts/imports/{id}/cancellation", [303, 403, 403, 303, 403]),
    ("GET", "/contacts/imports/{id}/columns", [303, 403, 403, 303, 403]),
    ("POST", "/contacts/imports/{id}/columns", [303, 403, 403, 303, 403]),
    ("GET", "/contacts/imports/{id}/errors", [303, 403, 403, 200, 403]),
    ("GET", "/contacts/imports/{id}/leftovers", [303, 403, 403, 200, 403]),
    ("GET", "/contacts/{id}", [303, 200, 403, 200, 200]),
    ("POST", "/contacts/{id}", [303, 403, 403, 422, 403]),
    ("GET", "/contacts/{id}/edit", [303, 403, 403, 200, 403]),
    ("GET", "/contacts/{id}/archival", [303, 403, 403, 200, 403]),
    ("POST", "/contacts/{id}/archival", [303, 403, 403, 303, 403]),
    ("POST", "/contacts/{id}/restoration", [303, 403, 403, 303, 403]),
    ("GET", "/contacts/{id}/merge", [303, 403, 403, 200, 403]),
    ("POST", "/contacts/{id}/merge", [303, 403, 403, 422, 403]),
    ("POST", "/contacts/{id}/separation", [303, 403, 403, 409, 403]),
    ("GET", "/contacts/{id}/link-revocation", [303, 403, 403, 200, 403]),
    ("POST", "/contacts/{id}/link-revocation", [303, 403, 403, 303, 403]),
    ("POST", "/contacts/{id}/accesses/ending", [303, 403, 403, 303, 403]),
    ("POST", "/contacts/{id}/export", [303, 403, 403, 200, 403]),
    ("GET", "/contacts/{id}/anonymisation", [303, 403, 403, 200, 403]),
    ("POST", "/contacts/{id}/anonymisation", [303, 403, 403, 422, 403]),
    ("GET", "/people", [303, 403, 403, 200, 403]),
    ("POST", "/people", [303, 403, 403, 422, 403]),
    ("GET", "/people/new", [303, 403, 403, 200, 403]),
    ("GET", "/people/options", [303, 403, 403, 200, 403]),
    ("GET", "/people/{id}", [303, 403, 403, 200, 403]),
    ("POST", "/people/{id}", [303, 403, 403, 422, 403]),
    ("GET", "/people/{id}/edit", [303, 403, 403, 200, 403]),
    ("GET", "/people/{id}/archival", [303, 403, 403, 200, 403]),
    ("POST", "/people/{id}/archival", [303, 403, 403, 303, 403]),
    ("POST", "/people/{id}/restoration", [303, 403, 403, 303, 403]),
    ("GET", "/roles/{id}/deletion", [303, 403, 200, 200, 403]),
    ("POST", "/roles/{id}/deletion", [303, 403, 422, 422, 403]),
    ("GET", "/users", [303, 403, 403, 200, 403]),
    ("POST", "/users", [303, 403, 403, 422, 403]),
    ("GET", "/users/new", [303, 403, 403, 200, 403]),
    ("GET", "/users/{id}", [303, 403, 403, 200, 403]),
    ("POST", "/users/{id}", [303, 403, 403, 422, 403]),
    ("POST", "/users/{id}/access-link", [303, 403, 403, 200, 403]),
    ("POST", "/users/{id}/sessions/ending", [303, 403, 403, 303, 403]),
    ("POST", "/users/{id}/sessions/{session}/ending", [303, 403, 403, 404, 403]),
    ("GET", "/users/{id}/deactivation", [303, 403, 403, 200, 403]),
    ("POST", "/users/{id}/deactivation", [303, 403, 403, 303, 403]),
    ("GET", "/users/{id}/reactivation", [303, 403, 403, 200, 403]),
    ("POST", "/users/{id}/reactivation", [303, 403, 403, 303, 403]),
    ("GET", "/access/{token}", [404, 404, 404, 404, 404]),
    ("POST", "/access/{token}", [404, 404, 404, 404, 404]),
    ("GET", "/departments", [303, 403, 403, 200, 403]),
    ("POST", "/departments", [303, 403, 403, 422, 403]),
    ("GET", "/departments/new", [303, 403, 403, 200, 403]),
    ("GET", "/departments/{id}", [303, 403, 403, 200, 403]),
    ("POST", "/departments/{id}", [303, 403, 403, 422, 403]),
    ("POST", "/departments/{id}/position", [303, 403, 403, 400, 403]),
    ("POST", "/departments/{id}/members", [303, 403, 403, 404, 403]),
    ("POST", "/departments/{id}/members/{user}/removal", [303, 403, 403, 303, 403]),
    ("GET", "/departments/{id}/deactivation", [303, 403, 403, 200, 403]),
    ("POST", "/departments/{id}/deactivation", [303, 403, 403, 303, 403]),
    ("POST", "/departments/{id}/reactivation", [303, 403, 403, 303, 403]),
    ("GET", "/profile", [303, 200, 200, 200, 200]),
    ("POST", "/profile", [303, 422, 422, 422, 422]),
    ("POST", "/profile/theme", [303, 204, 204, 204, 204]),
    ("POST", "/profile/password", [303, 422, 422, 422, 422]),
    ("POST", "/profile/sessions/ending", [303, 422, 422, 422, 422]),
    ("POST", "/profile/sessions/{session}/ending", [303, 422, 422, 422, 422]),
    ("GET", "/.well-known/security.txt", [200, 200, 200, 200, 200]),
    ("GET", "/healthz", [200, 200, 200, 200, 200]),
    ("GET", "/readyz", [200, 200, 200, 200, 200]),
    ("GET", "/assets/{version}/{path:.*}", [200, 200, 200, 200, 200]),
];

/// Needs no token, but a signature: programs send it.
const SIGNED: &str = "/channels/{id}/inbox";

/// Streams do not end, so live.rs tests their events. Here they must only refuse a stranger: route, address, status.
const STREAMS: [(&str, &str, u16); 2] =
    [("/live", "/live", 303), ("/c/{contact:[0-9]+}/live", "/c/601/live", 404)];

#[actix_web::test]
async fn every_route_answers_each_role_as_the_table_says() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO schedules (id, contact_id, department_id, attendant_id, action, due_at, due_local, due_zone, comment, min_gap)
            VALUES (801, 602, 102, 304, 'open_ticket', '2030-01-01', '2030-01-01', 'UTC', 'x', '4 minutes');
         INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 101);
         INSERT INTO schedule_history (schedule_id, kind) VALUES (801, 'created');
         INSERT INTO audit (action, subject_id) VALUES ('schedule.created', 801);
         INSERT INTO imports (id, created_by, channel_id, file_name) VALUES (901, 301, 401, 'contatos.csv')",
    );
    app.keep(b"a file").await;
    app.database.execute(
        "INSERT INTO attachments (id, sha256, file_name, schedule_id) VALUES (901, sha256('a file'), 'x', 801)",
    );
    app.shared.health.beat();
    app.database.execute(
        "INSERT INTO roles (id, name) VALUES (204, 'Coordenação');
         INSERT INTO role_permissions VALUES (204, 'schedules'), (204, 'tickets_all');
         INSERT INTO users (name, email, password_hash, role_id)
            SELECT 'Davi Rocha', 'davi@empresa.example', password_hash, 204 FROM users WHERE id = 303;
         INSERT INTO users (id, name, email, password_hash, role_id)
            SELECT 309, 'Nina Alves', 'nina@empresa.example', password_hash, 203 FROM users WHERE id = 303;
         INSERT INTO departments (id, name, position) VALUES (109, 'Pós-venda', 9);
         INSERT INTO channels (id, kind, name, default_department_id) VALUES (409, 'webhook', 'Sistema', 101)",
    );
    let roles = async || {
        let attendant = app.attendant().await;
        let coordinator = app.signed_in("davi@empresa.example").await;
        [app.visitor(), attendant, app.role_manager().await, app.administrator().await, coordinator]
    };
    let signed_in = roles().await;
    for (method, path, expected) in TABLE {
        // This many sign-ins from one address would be throttled.
        app.database.execute("DELETE FROM sign_in_attempts");
        app.shared.health.beat();
        let mut statuses = [0; 5];
        let fresh = if *path == "/logout" || *path == "/login" { Some(roles().await) } else { None };
        let visitors = fresh.as_ref().unwrap_or(&signed_in);
        for (status, visitor) in statuses.iter_mut().zip(visitors) {
            *status = status_of(&app, visitor, method, path).await;
        }
        assert_eq!(statuses, *expected, "{method} {path}");
    }
}

#[actix_web::test]
async fn a_stream_refuses_a_stranger() {
    let app = TestApp::new().await;
    for (_, address, status) in STREAMS {
        app.visitor().get(address).await.assert_status(status);
    }
    app.visitor().get_part("/live").await.assert_status(401);
}

#[test]
fn the_table_holds_every_route() {
    let routes: BTreeSet<_> =
        routes::routes().iter().map(|route| (route.method.to_string(), route.path.to_owned())).collect();
    let streams = STREAMS.map(|(path, ..)| ("GET".to_owned(), path.to_owned()));
    let table = TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned()));
    let known: BTreeSet<_> = table.chain(streams).collect();
    assert_eq!(routes, known, "add streams to STREAMS and all other routes to TABLE");
}

#[actix_web::test]
async fn no_changing_route_works_without_a_token_or_from_elsewhere() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let forms = TABLE.iter().filter(|(method, path, _)| *method == "POST" && *path != SIGNED);
    for (method, path, _) in forms {
        let path = concrete(&app, path);
        if path.starts_with("/c/") {
            admin.get(&app.link(app.company.marina)).await;
        }
        admin.post_raw(&path, &[]).await.assert_status(403);
        admin.get("/login").await;
        let foreign =
            actix_web::test::TestRequest::post().uri(&path).insert_header(("origin", "https://evil.example"));
        let answer = admin.send(foreign.set_form([("csrf", admin.csrf())])).await;
        assert_eq!(answer.status, 403, "{method} {path}");
    }
}

#[actix_web::test]
async fn an_unknown_address_is_not_found_and_a_wrong_method_not_allowed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/nowhere").await.assert_status(404).assert_says("Página não encontrada");
    admin.get("/schedules/99999999999999999999").await.assert_status(404);
    admin.get("/schedules/abc").await.assert_status(404);
    admin.get("/logout").await.assert_status(405);
}

async fn status_of(app: &TestApp, visitor: &Visitor, method: &str, path: &str) -> u16 {
    let path = concrete(app, path);
    if path.starts_with("/c/") {
        visitor.get(&app.link(app.company.marina)).await;
    }
    if method == "GET" {
        return visitor.get(&path).await.status;
    }
    // Gets a token for the visitor's current session.
    visitor.get("/login").await;
    visitor.post(&path, &[]).await.status
}

/// Ends of the addresses that only a channel has that hands messages over.
const OF_WEBHOOK: [&str; 6] =
    ["/test", "/pause", "/resumption", "/secret", "/previous-secret/removal", "/inbox/{message}/retry"];

fn concrete(app: &TestApp, path: &str) -> String {
    let id = match path {
        path if path.starts_with("/schedules") => "801",
        path if path.starts_with("/roles") => "203",
        path if OF_WEBHOOK.iter().any(|end| path.ends_with(end)) => "409",
        path if path.starts_with("/channels") => "401",
        path if path.starts_with("/contacts/imports") => "901",
        path if path.starts_with("/contacts") => "601",
        path if path.starts_with("/people") => "501",
        path if path.starts_with("/users") => "309",
        path if path.starts_with("/departments") => "109",
        path if path.starts_with("/tickets") => "701",
        _ => "901",
    };
    path.replace("{id}", id)
        .replace("{message}", "1")
        .replace("{name}", "x")
        .replace("/c/{token}", &app.link(app.company.marina))
        .replace("{token}", "00")
        .replace("{contact:[0-9]+}", "601")
        .replace("{version}/{path:.*}", "x/css/app.css")
        .replace("{colour}", "4453cf")
        .replace("{hash}", &"0".repeat(64))
        .replace("{user}", "309")
        .replace("{session}", "00000000-0000-4000-8000-000000000000")
}
