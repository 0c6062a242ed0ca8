//! Two people edit one record. The second to save sees what the first changed, and nothing is lost silently.

use crate::harness::TestApp;

/// Two administrators open `form`. The first saves `first`, then the second saves `second`. The second sees `told`, and
/// the form keeps the input that `kept` selects. Saving that page overwrites the first change.
async fn second_save(
    app: &TestApp,
    form: &str,
    [first, second]: [&[(&str, &str)]; 2],
    told: &[&str],
    kept: (&str, &str),
) {
    let (ana, eva) = (app.administrator().await, app.administrator().await);
    let page = eva.get(form).await;
    let version = page.attribute("input[name=version]", "value").unwrap();
    ana.edit(form, first).await.assert_status(303);
    let path = form.trim_end_matches("/edit");
    let over = |version| [second, &[("version", version)]].concat();
    let late = eva.post(path, &over(&version)).await;
    late.assert_status(409).assert_says("Outra mudança foi salva enquanto você editava.");
    late.assert_says("A última mudança foi feita por Ana Prado");
    let (fields, values) = (late.texts("[data-stale] tbody th"), late.texts("[data-stale] tbody td"));
    let shown: Vec<String> =
        fields.iter().zip(&values).map(|(field, value)| format!("{field}: {value}")).collect();
    assert_eq!(shown, told);
    assert_eq!(late.attribute(kept.0, "value").as_deref(), Some(kept.1));
    let known = late.attribute("input[name=version]", "value").unwrap();
    assert_ne!(known, version);
    eva.post(path, &over(&known)).await.assert_status(303);
    assert_eq!(eva.get(form).await.attribute(kept.0, "value").as_deref(), Some(kept.1));
    // A double click sends the form twice; the second one succeeds too.
    eva.post(path, &over(&known)).await.assert_status(303);
}

#[actix_web::test]
async fn a_role_that_another_changed_is_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let first = [("name", "Atendente"), ("permissions", "tickets"), ("permissions", "schedules")];
    let second = [("name", "Atendimento"), ("permissions", "tickets")];
    let told = ["Descrição: Em branco", "Habilitar agendamento: habilitado"];
    second_save(&app, "/roles/203", [&first, &second], &told, ("#name", "Atendimento")).await;
}

#[actix_web::test]
async fn a_user_whom_another_changed_is_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let email = ("email", "bruno@empresa.example");
    let first = [("name", "Bruno de Lima"), email, ("role_id", "203"), ("departments", "102")];
    let second = [("name", "B. Lima"), email, ("role_id", "203"), ("departments", "101")];
    let told = ["Nome: Bruno de Lima", "Departamentos: Financeiro"];
    second_save(&app, "/users/303", [&first, &second], &told, ("#name", "B. Lima")).await;
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
    let (first, second) = ([("name", "Suporte técnico")], [("name", "Ajuda")]);
    let told = ["Nome: Suporte técnico"];
    second_save(&app, "/departments/101", [&first, &second], &told, ("#name", "Ajuda")).await;
}

#[actix_web::test]
async fn a_contact_that_another_changed_is_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let first =
        [("name", "Rafael"), ("channel_id", "401"), ("phone", "(31) 90000-0168"), ("person_id", "501")];
    let second = [("name", "Rafael N."), ("channel_id", "401")];
    let told = ["Nome: Rafael", "Telefone: (31) 90000-0168", "Pessoa: Família Duarte"];
    second_save(&app, "/contacts/602/edit", [&first, &second], &told, ("#name", "Rafael N.")).await;
}

#[actix_web::test]
async fn a_person_whom_another_renamed_is_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let (first, second) = ([("name", "Casa Duarte")], [("name", "Os Duarte")]);
    let told = ["Nome: Casa Duarte"];
    second_save(&app, "/people/501/edit", [&first, &second], &told, ("#name", "Os Duarte")).await;
}

#[actix_web::test]
async fn a_channel_that_another_changed_is_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let first = [
        ("name", "Chat da loja"),
        ("public_name", "Loja Bela"),
        ("palette", "#0b6e4f"),
        ("greeting", "Olá"),
        ("department_id", "102"),
    ];
    let second = [("name", "Chat novo"), ("palette", "#4453cf"), ("department_id", "101")];
    let told = [
        "Nome: Chat da loja",
        "Departamento padrão: Financeiro",
        "Nome para os clientes: Loja Bela",
        "Cor: Verde",
        "Saudação: Olá",
    ];
    second_save(&app, "/channels/401", [&first, &second], &told, ("#name", "Chat novo")).await;
}

#[actix_web::test]
async fn settings_that_another_changed_are_not_saved_over_unseen() {
    let app = TestApp::new().await;
    let settings = |name, scope, tolerance| {
        [
            ("company_name", name),
            ("time_zone", "America/Sao_Paulo"),
            ("spacing_minutes", "6"),
            ("spacing_scope", scope),
            ("late_tolerance_minutes", tolerance),
        ]
    };
    let first = settings("Loja Um", "contact", "30");
    let second = settings("Loja Dois", "platform", "60");
    let told =
        ["Nome da empresa: Loja Um", "Onde o intervalo conta: Mesmo contato", "Tolerância de atraso: 30 min"];
    second_save(&app, "/settings", [&first, &second], &told, ("#company_name", "Loja Dois")).await;
}
