//! Two people edit one record. The second to save sees what the first changed, and nothing is lost silently: fields that
//! only the first changed are taken over, fields that both changed are shown with both values.

use crate::harness::{Page, TestApp};

/// Fields of a form, each with the values that it sends.
type Typed<'a> = &'a [(&'a str, &'a [&'a str])];

/// What the second user sees.
struct Notice<'a> {
    /// What both changed: field, own value, saved value.
    both: &'a [&'a str],
    /// What only the first changed: field and saved value.
    taken: &'a [&'a str],
}

/// Two administrators open `form`. The first changes and saves the fields `first`, then the second `second`. The second
/// sees `notice`. Sending that page as it is saves what it shows.
async fn second_save(app: &TestApp, form: &str, [first, second]: [Typed<'_>; 2], notice: Notice<'_>) -> Page {
    let (ana, eva) = (app.administrator().await, app.administrator().await);
    let path = form.trim_end_matches("/edit");
    let opened = eva.get(form).await.form_fields(path);
    let typed = |changes| sent(&with(&opened, changes));
    ana.get(form).await;
    ana.post(path, &pairs(&typed(first))).await.assert_status(303);
    let late = eva.post(path, &pairs(&typed(second))).await;
    late.assert_status(409).assert_says("Outra mudança foi salva enquanto você editava.");
    late.assert_says("A última mudança foi feita por Ana Prado");
    assert_eq!(lines(&late, "both"), notice.both);
    assert_eq!(lines(&late, "taken"), notice.taken);
    let shown = late.form_fields(path);
    eva.post(path, &pairs(&shown)).await.assert_status(303);
    let saved = eva.get(form).await.form_fields(path);
    let without_version =
        |fields| sent(fields).into_iter().filter(|(name, _)| name != "version").collect::<Vec<_>>();
    assert_eq!(without_version(&saved), without_version(&shown));
    // A double click sends the form twice; the second one succeeds too.
    eva.post(path, &pairs(&shown)).await.assert_status(303);
    late
}

/// The fields with these values instead of their own.
fn with(fields: &[(String, String)], changes: Typed<'_>) -> Vec<(String, String)> {
    let is_kept = |(name, _): &&(String, String)| changes.iter().all(|(changed, _)| changed != name);
    let new = changes.iter().flat_map(|(name, values)| values.iter().map(|value| (*name, *value)));
    let kept = fields.iter().filter(is_kept).cloned();
    kept.chain(new.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect()
}

/// The fields in one order, without the token of the page.
fn sent(fields: &[(String, String)]) -> Vec<(String, String)> {
    let mut fields: Vec<_> = fields.iter().filter(|(name, _)| name != "csrf").cloned().collect();
    fields.sort();
    fields
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    let typed = fields.iter().filter(|(name, _)| name != "csrf");
    typed.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The lines of a table of the notice, such as `Nome: Ajuda | Suporte técnico`.
fn lines(page: &Page, table: &str) -> Vec<String> {
    let labels = page.texts(&format!("[data-stale] [data-{table}] tbody th"));
    let values = page.texts(&format!("[data-stale] [data-{table}] tbody td"));
    let columns = values.len() / labels.len().max(1);
    let values = values.chunks(columns.max(1)).map(|values| values.join(" | "));
    labels.iter().zip(values).map(|(label, values)| format!("{label}: {values}")).collect()
}

#[actix_web::test]
async fn checkboxes_of_a_role_that_only_another_changed_are_taken_over() {
    let app = TestApp::new().await;
    let first: Typed = &[("description", &[]), ("permissions", &["tickets", "schedules", "contacts"])];
    let second: Typed = &[("name", &["Atendimento"]), ("permissions", &["contacts"])];
    let taken = [
        "Descrição: Em branco",
        "Habilitar agendamento: habilitado",
        "Gerenciar contatos e pessoas: habilitado",
    ];
    let late = second_save(&app, "/roles/203", [first, second], Notice { both: &[], taken: &taken }).await;
    assert_eq!(late.attribute("#name", "value").as_deref(), Some("Atendimento"));
    let granted = "SELECT permission AS value FROM role_permissions WHERE role_id = 203 ORDER BY 1";
    assert_eq!(app.database.texts(granted), ["contacts", "schedules"]);
}

#[actix_web::test]
async fn a_user_whom_another_changed_is_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let first: Typed = &[("name", &["Bruno de Lima"]), ("departments", &["102"])];
    let second: Typed = &[("name", &["B. Lima"])];
    let notice = Notice { both: &["Nome: B. Lima | Bruno de Lima"], taken: &["Departamentos: Financeiro"] };
    second_save(&app, "/users/303", [first, second], notice).await;
}

#[actix_web::test]
async fn departments_that_both_changed_are_shown_with_both_values() {
    let app = TestApp::new().await;
    let first: Typed = &[("departments", &["102"])];
    let second: Typed = &[("departments", &["101", "102"])];
    let notice = Notice { both: &["Departamentos: Suporte, Financeiro | Financeiro"], taken: &[] };
    second_save(&app, "/users/303", [first, second], notice).await;
}

#[actix_web::test]
async fn a_user_who_joined_a_department_meanwhile_is_not_removed_unseen() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let version = admin.get("/users/303").await.attribute("input[name=version]", "value").unwrap();
    admin.post("/departments/102/members", &[("user_id", "303")]).await.assert_status(303);
    let fields = [
        ("name", "B. Lima"),
        ("email", "bruno@empresa.example"),
        ("role_id", "203"),
        ("departments", "101"),
        ("version", version.as_str()),
    ];
    let late = admin.post("/users/303", &fields).await;
    late.assert_status(409).assert_says("Suporte, Financeiro").assert_says("foi feita por Ana Prado");
    assert_eq!(
        app.database.number("SELECT count(*) AS value FROM department_members WHERE user_id = 303"),
        2
    );
}

#[actix_web::test]
async fn a_department_that_another_renamed_is_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let (first, second): (Typed, Typed) = (&[("name", &["Suporte técnico"])], &[("name", &["Ajuda"])]);
    let notice = Notice { both: &["Nome: Ajuda | Suporte técnico"], taken: &[] };
    second_save(&app, "/departments/101", [first, second], notice).await;
}

#[actix_web::test]
async fn a_contact_that_another_changed_is_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let first: Typed = &[("name", &["Rafael"]), ("phone", &["(31) 90000-0168"]), ("person_id", &["501"])];
    let second: Typed = &[("name", &["Rafael N."]), ("email", &["rafael@cliente.example"])];
    let notice = Notice {
        both: &["Nome: Rafael N. | Rafael"],
        taken: &["Telefone: (31) 90000-0168", "Pessoa: Família Duarte"],
    };
    let late = second_save(&app, "/contacts/602/edit", [first, second], notice).await;
    assert_eq!(late.attribute("#email", "value").as_deref(), Some("rafael@cliente.example"));
}

#[actix_web::test]
async fn a_department_and_its_attendant_are_merged_together() {
    let app = TestApp::new().await;
    let first: Typed = &[("default_department_id", &["102"])];
    let second: Typed = &[("default_department_id", &["101"]), ("default_attendant_id", &["303"])];
    let notice =
        Notice { both: &["Departamento e atendente padrão: Suporte, Bruno Lima | Financeiro"], taken: &[] };
    second_save(&app, "/contacts/602/edit", [first, second], notice).await;
}

#[actix_web::test]
async fn a_person_whom_another_renamed_is_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let (first, second): (Typed, Typed) = (&[("name", &["Casa Duarte"])], &[("name", &["Os Duarte"])]);
    let notice = Notice { both: &["Nome: Os Duarte | Casa Duarte"], taken: &[] };
    second_save(&app, "/people/501/edit", [first, second], notice).await;
}

#[actix_web::test]
async fn a_channel_that_another_changed_is_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let first: Typed = &[
        ("public_name", &["Loja Bela"]),
        ("palette", &["#0b6e4f"]),
        ("greeting", &["Olá"]),
        ("department_id", &["102"]),
    ];
    let second: Typed = &[("name", &["Chat novo"]), ("palette", &["other"]), ("colour", &["#884400"])];
    let notice = Notice {
        both: &["Cor: #884400 | Verde"],
        taken: &["Departamento padrão: Financeiro", "Nome para os clientes: Loja Bela", "Saudação: Olá"],
    };
    second_save(&app, "/channels/401", [first, second], notice).await;
}

#[actix_web::test]
async fn settings_that_another_changed_are_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let first: Typed = &[
        ("company_name", &["Loja Um"]),
        ("spacing_scope", &["contact"]),
        ("late_tolerance_minutes", &["30"]),
    ];
    let second: Typed = &[("company_name", &["Loja Dois"]), ("late_tolerance_minutes", &["45"])];
    let notice = Notice {
        both: &["Nome da empresa: Loja Dois | Loja Um", "Tolerância de atraso: 45 min | 30 min"],
        taken: &["Onde o intervalo conta: Mesmo contato"],
    };
    second_save(&app, "/settings", [first, second], notice).await;
}
