//! The form of a contact: the rules of its fields.

use crate::harness::TestApp;

const WHOLE: [(&str, &str); 7] = [
    ("name", "  Sônia   Azevedo "),
    ("phone", "(31) 90000-0168"),
    ("email", "Sonia@Casa.example"),
    ("channel_id", "401"),
    ("person_id", "501"),
    ("default_department_id", "101"),
    ("default_attendant_id", "303"),
];

#[actix_web::test]
async fn a_contact_is_created_and_edited() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/contacts/new").await.assert_says("Novo contato");
    let made = admin.post("/contacts", &WHOLE).await;
    let page = admin.follow(&made).await;
    page.assert_says("Contato salvo.").assert_says("(31) 90000-0168").assert_says("sonia@casa.example");
    page.assert_says("Suporte, Bruno Lima").assert_says("Família Duarte").assert_says("Criação");
    let path = made.location().to_owned();
    let row = "SELECT name || phone || email || length(i.value) AS value
                 FROM contacts c JOIN contact_identities i ON i.contact_id = c.id WHERE name LIKE 'Sônia%'";
    assert_eq!(app.database.texts(row), ["Sônia Azevedo+5531900000168sonia@casa.example36"]);

    let form = admin.get(&format!("{path}/edit")).await;
    assert_eq!(form.attribute("#phone", "value").unwrap(), "(31) 90000-0168");
    assert_eq!(form.count("#default_attendant_id option[value='303'][selected]"), 1);
    let saved = admin
        .edit(
            &format!("{path}/edit"),
            &[("name", "Sônia A."), ("phone", "+351 912 345 678"), ("channel_id", "401")],
        )
        .await;
    let page = admin.follow(&saved).await;
    page.assert_says("+351 912 345 678").assert_says("nome, telefone, e-mail, pessoa, departamento padrão");
    let audited = "SELECT details::text AS value FROM audit WHERE action = 'contact.edited'";
    assert!(!app.database.texts(audited)[0].contains("Sônia"));
    // Saving without a change is not an edit.
    admin.post(&path, &[("name", "Sônia A."), ("phone", "+351912345678"), ("channel_id", "401")]).await;
    assert_eq!(app.database.texts(audited).len(), 1);
}

#[actix_web::test]
async fn a_refused_form_shows_errors_and_keeps_what_was_typed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/contacts/new").await;
    let fields = [
        ("name", " "),
        ("phone", "90000-0142"),
        ("email", "sonia"),
        ("channel_id", "999"),
        ("person_id", "999"),
        ("default_department_id", "102"),
        ("default_attendant_id", "303"),
    ];
    let page = admin.post("/contacts", &fields).await;
    page.assert_status(422).assert_says("Corrija 6 campos").assert_says("Informe o nome.");
    page.assert_says("Inclua o DDD")
        .assert_says("Informe um e-mail completo")
        .assert_says("Selecione a conexão.");
    page.assert_says("Esta pessoa não existe mais.").assert_says("não é do departamento escolhido");
    assert_eq!(page.attribute("#phone", "value").unwrap(), "90000-0142");
    assert_eq!(page.attribute("#email", "value").unwrap(), "sonia");
    assert_eq!(page.count("#default_department_id option[value='102'][selected]"), 1);
    let long = "x".repeat(121);
    admin
        .post("/contacts", &[("name", &long), ("channel_id", "401")])
        .await
        .assert_says("Use até 120 caracteres");
    let marks = [("name", "Ana\u{202e}gro"), ("channel_id", "401")];
    admin.post("/contacts", &marks).await.assert_status(422).assert_says("caracteres que não podem");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM contacts"), 2);
}

#[actix_web::test]
async fn a_number_of_another_contact_is_saved_only_after_a_warning() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/contacts/new").await;
    let fields = [("name", "Otávio"), ("phone", "11 90000 0142"), ("channel_id", "401")];
    let page = admin.post("/contacts", &fields).await;
    page.assert_status(422)
        .assert_says("Já existe contato com este telefone ou e-mail.")
        .assert_says("Marina Duarte");
    assert_eq!(page.attribute("#name", "value").unwrap(), "Otávio");
    let accepts = page.attribute("button[name=accepts]", "value").unwrap();
    let accepted = [fields.as_slice(), &[("accepts", &accepts)]].concat();
    admin.post("/contacts", &accepted).await.assert_status(303);
    // Another number needs another confirmation; the contact's own number needs none.
    let other =
        [("name", "Otávio"), ("phone", "21 90000 0117"), ("channel_id", "401"), ("accepts", &accepts)];
    admin.post("/contacts", &other).await.assert_status(422).assert_says("Rafael Nogueira");
    let own = [("name", "Rafael"), ("phone", "21 90000 0117"), ("channel_id", "401")];
    admin.edit("/contacts/602/edit", &own).await.assert_status(303);
}

#[actix_web::test]
async fn an_address_is_used_once_on_a_channel() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id) VALUES (402, 'email', 'Correio', 101);
         INSERT INTO contacts (id, channel_id, name) VALUES (611, 402, 'Ana');
         INSERT INTO contact_identities (contact_id, channel_id, kind, value)
            VALUES (611, 402, 'email', 'ana@casa.example')",
    );
    let admin = app.administrator().await;
    admin.get("/contacts/new").await;
    let page = admin
        .post("/contacts", &[("name", "Outra"), ("email", "Ana@casa.example"), ("channel_id", "402")])
        .await;
    page.assert_status(422).assert_says("Já existe um contato com este endereço nesta conexão.");
    admin
        .post("/contacts", &[("name", "Sem"), ("channel_id", "402")])
        .await
        .assert_status(422)
        .assert_says("Informe o e-mail.");
    admin
        .edit("/contacts/601/edit", &[("name", "Marina"), ("email", "m@x.example"), ("channel_id", "402")])
        .await
        .assert_status(303);
    assert_eq!(
        app.database.texts("SELECT value FROM contact_identities WHERE contact_id = 601"),
        ["m@x.example"]
    );
}

#[actix_web::test]
async fn without_scripts_a_button_shows_the_attendants() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let page = admin.get("/contacts/new").await;
    assert_eq!(page.count("#default_attendant_id"), 0);
    let page = admin
        .post("/contacts", &[("name", "Ana"), ("default_department_id", "101"), ("step", "department")])
        .await;
    page.assert_status(200).assert_says("Bruno Lima").assert_does_not_say("Helena Costa");
    assert_eq!(page.attribute("#name", "value").unwrap(), "Ana");
    let part = admin.get_part("/contacts/new/attendants?default_department_id=102").await;
    part.assert_says("Helena Costa");
}

#[actix_web::test]
async fn a_new_schedule_proposes_the_default_department_and_attendant() {
    let app = TestApp::new().await;
    app.database.execute(
        "UPDATE contacts SET default_department_id = 102, default_attendant_id = 304 WHERE id = 601;
         INSERT INTO tickets (contact_id, department_id, attendant_id, status, closed_at)
            VALUES (601, 101, 303, 'closed', clock_timestamp() + interval '1 s')",
    );
    let app = app.with_made_up_rows("the ticket was closed without its event");
    let form = app.administrator().await.get("/schedules/new?contact_id=601").await;
    assert_eq!(form.count("#department_id option[value='102'][selected]"), 1);
    assert_eq!(form.count("#attendant_id option[value='304'][selected]"), 1);
}

#[actix_web::test]
async fn a_number_that_only_takes_calls_is_saved_and_marked() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id) VALUES (402, 'whatsapp', 'WhatsApp', 101)",
    );
    let admin = app.administrator().await;
    admin.get("/contacts/new").await;
    let fields = [("name", "SAC"), ("phone", "0800 123 0036"), ("channel_id", "402")];
    admin.post("/contacts", &fields).await.assert_status(422).assert_says("Este número só recebe ligações.");
    let fields = [("name", "SAC"), ("phone", "0800 123 0036"), ("channel_id", "401")];
    let saved = admin.post("/contacts", &fields).await;
    admin.follow(&saved).await.assert_says("0800 123 0036").assert_says("Só recebe ligações, não mensagens.");
}

#[actix_web::test]
async fn an_address_in_letters_and_in_punycode_is_the_same() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get("/contacts/new").await;
    let first = [("name", "Raul"), ("email", "Raul@xn--po-sia.example"), ("channel_id", "401")];
    let saved = admin.post("/contacts", &first).await;
    admin.follow(&saved).await.assert_says("raul@pão.example");
    let second = [("name", "Raul"), ("email", "raul@PÃO.example"), ("channel_id", "401")];
    admin.post("/contacts", &second).await.assert_status(422).assert_says("raul@pão.example");
}

#[actix_web::test]
async fn a_new_address_replaces_the_identity_that_the_form_showed() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id)
            VALUES (402, 'email', 'Correio', 101), (403, 'whatsapp', 'WhatsApp', 101);
         INSERT INTO contacts (id, channel_id, name, phone) VALUES (611, 403, 'Ana', '+5511988887777');
         INSERT INTO contact_identities (contact_id, channel_id, kind, value) VALUES (611, 403, 'phone', '+551188887777')",
    );
    let admin = app.administrator().await;
    let identities = |contact: u32| {
        app.database.texts(&format!(
            "SELECT kind || ' ' || value AS value FROM contact_identities WHERE contact_id = {contact} ORDER BY value"
        ))
    };

    // The service knows the number without its ninth digit.
    let same = [("name", "Ana Lima"), ("phone", "(11) 98888-7777"), ("channel_id", "403")];
    admin.edit("/contacts/611/edit", &same).await.assert_status(303);
    assert_eq!(identities(611), ["phone +551188887777"]);
    let taken = [("name", "Outra"), ("phone", "(11) 98888-7777"), ("channel_id", "403"), ("accepts", "611")];
    admin
        .post("/contacts", &taken)
        .await
        .assert_status(422)
        .assert_says("Já existe um contato com este endereço");

    let other = [("name", "Ana"), ("phone", "(11) 97777-7777"), ("channel_id", "403")];
    admin.edit("/contacts/611/edit", &other).await.assert_status(303);
    assert_eq!(identities(611), ["phone +5511977777777"]);

    // On the web chat a number belongs to the profile only, and the link works again.
    let by_mail = [("name", "Marina"), ("email", "m@x.example"), ("channel_id", "402")];
    admin.edit("/contacts/601/edit", &by_mail).await.assert_status(303);
    assert_eq!(identities(601), ["email m@x.example"]);
    let by_chat =
        [("name", "Marina"), ("phone", "(11) 97777-7777"), ("channel_id", "401"), ("accepts", "611")];
    admin.edit("/contacts/601/edit", &by_chat).await.assert_status(303);
    assert!(identities(601)[0].starts_with("chat "), "{:?}", identities(601));
    admin.get("/contacts/601").await.assert_says("Link do cliente");
}
