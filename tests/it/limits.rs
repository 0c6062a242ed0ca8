//! Texts longer than a field allows are refused with a message, and never cut.

use std::fs;
use std::path::Path;

use crate::harness::{Filled, Page, TestApp, Visitor};
use crate::schedules::form;

/// A pasted text of 6,712 characters.
fn pasted() -> String {
    "Olá, é um texto bem comprido. ".repeat(224)[..].chars().take(6_712).collect()
}

#[track_caller]
fn comes_back(page: &Page, field: &str, text: &str) {
    assert_eq!(page.status, 422, "{field}: {}", page.text());
    let value = page.attribute(&format!("input[name={field}]"), "value");
    let typed = value.unwrap_or_else(|| page.texts(&format!("textarea[name={field}]")).join(""));
    assert_eq!(typed, text.split_whitespace().collect::<Vec<_>>().join(" "), "{field}");
    page.assert_says("Use ");
}

#[actix_web::test]
async fn a_text_that_is_too_long_comes_back_whole_in_every_form() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let text = pasted().trim().to_owned();
    let settings: &[(&str, &str)] = &[
        ("time_zone", "America/Sao_Paulo"),
        ("spacing_minutes", "6"),
        ("spacing_scope", "platform"),
        ("late_tolerance_minutes", "60"),
    ];
    let forms: &[(&str, &str, Filled, &[&str])] = &[
        ("/contacts/new", "/contacts", &[("channel_id", "401")], &["name"]),
        ("/people/new", "/people", &[], &["name"]),
        ("/roles/new", "/roles", &[("permissions", "tickets")], &["name", "description"]),
        ("/users/new", "/users", &[("role_id", "203")], &["name"]),
        ("/departments/new", "/departments", &[], &["name"]),
        (
            "/channels/new?kind=web_chat",
            "/channels",
            &[("department_id", "101"), ("palette", "#0b6e4f")],
            &["name", "public_name", "greeting"],
        ),
        ("/settings", "/settings", settings, &["company_name"]),
        ("/profile", "/profile", &[], &["name"]),
        ("/schedules/new", "/schedules", &form(&[]), &["message", "comment"]),
    ];
    for (page, action, others, limited) in forms {
        for field in *limited {
            admin.get(page).await;
            let own = others.iter().copied().filter(|(name, _)| name != field);
            let fields: Vec<_> = own.chain([(*field, text.as_str())]).collect();
            comes_back(&admin.post(action, &fields).await, field, &text);
        }
    }
}

#[actix_web::test]
async fn a_message_says_how_long_it_is() {
    let app = TestApp::new().await.with_made_up_rows("a ticket that nobody opened");
    app.database.execute("INSERT INTO tickets (id, contact_id, department_id) VALUES (701, 601, 101)");
    let bruno = app.attendant().await;
    let text = pasted().trim().to_owned();
    let explanation =
        format!("Use até 4.096 caracteres. O texto tem {}.", pontual::text::thousands(text.chars().count()));
    bruno.get("/tickets/701").await;
    let refused = bruno.post("/tickets/701/messages", &[("kind", "message"), ("body", &text)]).await;
    comes_back(&refused, "body", &text);
    refused.assert_says(&explanation);

    let customer = app.customer(601).await;
    let refused = customer.post("/c/601/messages", &[("body", &text)]).await;
    comes_back(&refused, "body", &text);
    refused.assert_says(&explanation);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM messages"), 0);
}

#[actix_web::test]
async fn a_whole_document_pasted_by_mistake_comes_back_too() {
    let app = TestApp::new().await;
    let admin: Visitor = app.administrator().await;
    admin.get("/people/new").await;
    let text = "ção ".repeat(60_000).trim().to_owned();
    comes_back(&admin.post("/people", &[("name", &text)]).await, "name", &text);
}

/// No text field may have `maxlength`: browsers silently cut pasted text there.
#[test]
fn no_field_cuts_what_is_pasted() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")];
    let mut fields = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            fields += text.matches("data-limit=").count();
            assert!(!text.contains("maxlength="), "{}", path.display());
        }
    }
    assert!(fields > 15, "{fields} fields have a limit");
}
