//! Import from a file: upload, choice of columns, preview, confirmation, result.

use pontual::contacts::import::import_portion;

use super::{SCRIPT, upload};
use crate::harness::{Page, TestApp, Visitor};

const IMPORT: &str = "/contacts/import";

/// Uploads a file and accepts the proposed columns.
async fn send(visitor: &Visitor, content: &str) -> Page {
    send_file(visitor, ("lista.csv", content.as_bytes()), &[]).await
}

async fn send_file(visitor: &Visitor, file: (&str, &[u8]), changes: &[(&str, &str)]) -> Page {
    visitor.get(IMPORT).await;
    let sent = upload(visitor, IMPORT, &[("channel_id", "401")], Some(file)).await;
    if !sent.location().ends_with("/columns") {
        return sent;
    }
    let path = sent.location().to_owned();
    choose(visitor, &path, changes).await
}

/// Sends the form of the columns as shown, with some changes.
async fn choose(visitor: &Visitor, path: &str, changes: &[(&str, &str)]) -> Page {
    let page = visitor.get(path).await;
    page.assert_status(200);
    let mut fields = fields_of(&page);
    for (name, value) in changes {
        fields.retain(|(field, _)| field != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    visitor.post(path, &fields).await
}

/// The fields of the form with their chosen values.
pub fn fields_of(page: &Page) -> Vec<(String, String)> {
    let names = page.attributes("#mapping select", "name");
    let chosen = |name: String| {
        let option = format!("#mapping select[name='{name}'] option[selected]");
        let value = page.attribute(&option, "value").unwrap_or_default();
        (name, value)
    };
    let shape = page.attribute("#mapping input[name=shape]", "value").unwrap();
    names.into_iter().map(chosen).chain([("shape".to_owned(), shape)]).collect()
}

/// A file from the folder `inputs`.
macro_rules! input {
    ($name:literal) => {
        ($name, include_bytes!(concat!("inputs/", $name)).as_slice())
    };
}

fn work(app: &TestApp) {
    let mut conn = app.database.connect();
    while import_portion(&mut conn).unwrap() {}
}

#[actix_web::test]
async fn a_file_is_shown_before_anything_is_written_and_then_imported() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let text = "Nome;Telefone;E-mail;Pessoa\nSônia Azevedo;(31) 90000-0168;;Família Azevedo\n\
                Caio Fontes;123;caio;\nTereza;;tereza@casa.example;família azevedo\nMarina D.;11 90000-0142;;\n";
    let sent = send(&admin, text).await;
    let page = admin.follow(&sent).await;
    page.assert_says("lista.csv").assert_says("Conferir importação").assert_says("Novo contato");
    page.assert_says("Já existe: Marina Duarte").assert_says("1 linha com erro");
    page.assert_says("Linha 3").assert_says("Caio Fontes: Confira o número");
    assert_eq!(page.texts(".figures dd"), ["2", "1", "0", "1", "1"]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM contacts"), 2);

    let path = sent.location().to_owned();
    let confirmed = admin.post(&format!("{path}/confirmation"), &[("existing", "skip")]).await;
    let running = admin.follow(&confirmed).await;
    running.assert_says("0 de 3 linhas").assert_says("Cancelar importação");
    assert_eq!(running.attribute("#import", "hx-trigger").unwrap(), "every 1s");
    work(&app);
    let page = admin.get(&path).await;
    page.assert_says("Concluída");
    assert_eq!(page.texts(".figures dd"), ["2", "0", "1", "1"]);
    assert_eq!(page.count("#import[hx-trigger]"), 0);
    let made = app.database.texts(
        "SELECT c.name || c.phone || c.email || p.name || length(i.value) AS value
           FROM contacts c JOIN people p ON p.id = c.person_id JOIN contact_identities i ON i.contact_id = c.id
          WHERE c.id NOT IN (601, 602) ORDER BY c.sort_name",
    );
    assert_eq!(
        made,
        ["Sônia Azevedo+5531900000168Família Azevedo36", "Terezatereza@casa.exampleFamília Azevedo36"]
    );
    let kept = app.database.texts("SELECT name AS value FROM import_lines");
    assert_eq!(kept, ["Caio Fontes"]);
    let id = app.database.number("SELECT id AS value FROM contacts WHERE name = 'Tereza'");
    admin.get(&format!("/contacts/{id}")).await.assert_says("Criado por importação").assert_says("Ana Prado");
}

#[actix_web::test]
async fn existing_contacts_are_updated_if_that_is_chosen() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let text = "nome,telefone,email,pessoa\nMarina Lima,11 90000-0142,nova@casa.example,\n\
                Bia,,bia@casa.example,\nBeatriz,(41) 90000-0109,BIA@casa.example,Casa\n\
                Dois,11 90000-0142,bia@casa.example,\n";
    let sent = send(&admin, text).await;
    let page = admin.follow(&sent).await;
    page.assert_says("Repete a linha 3");
    let path = sent.location().to_owned();
    admin.post(&format!("{path}/confirmation"), &[("existing", "update")]).await.assert_status(303);
    work(&app);
    let page = admin.get(&path).await;
    assert_eq!(page.texts(".figures dd"), ["1", "2", "0", "1"], "{}", page.text());
    page.assert_says("O telefone e o e-mail são de dois contatos diferentes.");
    let marina = "SELECT name || email || person_id AS value FROM contacts WHERE id = 601";
    assert_eq!(app.database.texts(marina), ["Marina Limanova@casa.example501"]);
    let bia = "SELECT c.name || c.phone || p.name AS value FROM contacts c JOIN people p ON p.id = person_id WHERE c.email = 'bia@casa.example'";
    assert_eq!(app.database.texts(bia), ["Beatriz+5541900000109Casa"]);
}

#[actix_web::test]
async fn the_error_file_can_be_opened_and_uploaded_again() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let text = format!(
        "nome;telefone;email\n=cmd|' /C calc'!A0;+55 11 1;\n\"{}\";;@x\n",
        SCRIPT.replace('"', "\"\"")
    );
    let sent = send(&admin, &text).await;
    let page = admin.follow(&sent).await;
    assert_eq!(page.count("img[src=x]") + page.count("main script"), 0);
    page.assert_says("Nenhuma linha pode ser importada.");
    let file = admin.get(&format!("{}/errors", sent.location())).await;
    assert!(file.header("content-disposition").ends_with("-erros.csv\""));
    let lines: Vec<&str> = file.body.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(
        lines[0],
        "linha;nome;telefone;e-mail;pessoa;departamento padrão;atendente padrão;código do contato;motivo"
    );
    assert!(lines[1].starts_with("2;'=cmd|' /C calc'!A0;'+55 11 1;;;;;;Confira o número"), "{}", lines[1]);
    assert!(lines[2].contains("'@x"));
    let mended = file.body.replace("'+55 11 1;", "'+55 11 90000-0155;").replace("'@x", "x@y.example");
    let sent = send(&admin, &mended).await;
    let page = admin.follow(&sent).await;
    page.assert_says("(11) 90000-0155").assert_says("=cmd|' /C calc'!A0").assert_says("Importar 2 linhas");
}

#[actix_web::test]
async fn a_file_that_cannot_be_read_is_refused_with_a_reason() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let unknown = send(&admin, "a;b\n1;2\n").await;
    unknown.assert_status(422).assert_says("Escolha em qual coluna está o nome, o telefone ou o e-mail.");
    app.database.execute("DELETE FROM imports");
    send(&admin, "PK\u{3}\u{4}xx").await.assert_status(422).assert_says("Não foi possível ler a planilha");
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01".as_slice();
    upload(&admin, IMPORT, &[("channel_id", "401")], Some(("lista.csv", png)))
        .await
        .assert_status(422)
        .assert_says("Este arquivo não é uma lista.");
    send(&admin, "nome\n").await.assert_status(422).assert_says("nenhum contato");
    upload(&admin, IMPORT, &[("channel_id", "401")], None)
        .await
        .assert_status(422)
        .assert_says("Escolha o arquivo.");
    let file = Some(("a.csv", b"nome\nAna\n".as_slice()));
    upload(&admin, IMPORT, &[("channel_id", "9")], file)
        .await
        .assert_status(422)
        .assert_says("Selecione a conexão.");
    let large = vec![b'x'; 17 * 1024 * 1024];
    let page = upload(&admin, IMPORT, &[("channel_id", "401")], Some(("a.csv", &large))).await;
    page.assert_status(422).assert_says("passa de 16 MB");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM imports"), 0);
    let foreign = app.visitor();
    upload(&foreign, IMPORT, &[], file).await.assert_status(303);
    let bruno = app.attendant().await;
    bruno.get("/contacts").await;
    upload(&bruno, IMPORT, &[("channel_id", "401")], file).await.assert_status(403);
    admin.post("/contacts/imports/77/confirmation", &[]).await.assert_status(404);
}

#[actix_web::test]
async fn a_nul_byte_or_broken_text_spoils_only_its_line() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let content = b"nome;telefone\nA\0na;\nJos\xe9;\nBia\x1b[2J;\n";
    let sent = send_file(&admin, ("l.csv", content), &[]).await;
    let page = admin.follow(&sent).await;
    page.assert_says("José").assert_says("2 linhas com erro");
}

#[actix_web::test]
async fn five_thousand_lines_survive_a_stop_and_can_be_cancelled() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let text: String = (0..5_000).map(|n| format!("Cliente {n};319{n:08};cliente{n}@x.example\n")).collect();
    let sent = send(&admin, &format!("nome;telefone;email\n{text}")).await;
    let path = sent.location().to_owned();
    admin.get(&path).await.assert_says("Importar 5.000 linhas");
    admin.post(&format!("{path}/confirmation"), &[]).await.assert_status(303);
    admin.post(&format!("{path}/confirmation"), &[("existing", "update")]).await.assert_status(303);
    // A process that stops in the middle of a portion leaves the other portions complete.
    assert!(import_portion(&mut app.database.connect()).unwrap());
    let mut held = app.database.connect();
    diesel::Connection::begin_test_transaction(&mut held).unwrap();
    assert!(import_portion(&mut held).unwrap());
    assert!(!import_portion(&mut app.database.connect()).unwrap(), "only one process works at a time");
    drop(held);
    admin.get(&path).await.assert_says("500 de 5.000 linhas");
    work(&app);
    let page = admin.get(&path).await;
    assert_eq!(page.texts(".figures dd"), ["5.000", "0", "0", "0"]);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM contacts"), 5_002);
    let audited = "SELECT count(*) AS value FROM audit WHERE action = 'contact.created'";
    assert_eq!(app.database.number(audited), 5_000);

    let sent = send(&admin, &format!("nome;telefone;email\n{}", text.replace(";31", ";41"))).await;
    let path = sent.location().to_owned();
    let cancelled = admin.post(&format!("{path}/cancellation"), &[]).await;
    admin.follow(&cancelled).await.assert_says("Importação cancelada.").assert_says("Cancelada");
    admin.post(&format!("{path}/confirmation"), &[]).await.assert_status(303);
    work(&app);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM contacts"), 5_002);
}

#[actix_web::test]
async fn a_line_that_the_database_refuses_does_not_stop_the_others() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let sent = send(&admin, "nome\nAna\nProibida\nBia\n").await;
    app.database.execute("ALTER TABLE contacts ADD CONSTRAINT no_such CHECK (name <> 'Proibida')");
    let path = sent.location().to_owned();
    admin.get(&path).await;
    admin.post(&format!("{path}/confirmation"), &[]).await.assert_status(303);
    work(&app);
    let page = admin.get(&path).await;
    assert_eq!(page.texts(".figures dd"), ["2", "0", "0", "1"]);
    page.assert_says("Proibida: Não foi possível salvar esta linha.");
}

#[actix_web::test]
async fn a_database_error_is_not_blamed_on_a_line() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let sent = send(&admin, "nome\nAna\nBia\n").await;
    // A column as a newer version might add, unknown to this version.
    app.database.execute("ALTER TABLE contacts ADD COLUMN novo text NOT NULL DEFAULT 'x'");
    app.database.execute("ALTER TABLE contacts ALTER COLUMN novo DROP DEFAULT");
    let path = sent.location().to_owned();
    admin.get(&path).await;
    admin.post(&format!("{path}/confirmation"), &[]).await.assert_status(303);
    let mut conn = app.database.connect();
    assert!(import_portion(&mut conn).is_err());
    assert_eq!(app.database.number("SELECT count(*) AS value FROM import_lines"), 2, "both lines still wait");
    app.database.execute("ALTER TABLE contacts ALTER COLUMN novo SET DEFAULT 'x'");
    work(&app);
    assert_eq!(admin.get(&path).await.texts(".figures dd"), ["2", "0", "0", "0"]);
}

#[actix_web::test]
async fn an_upload_is_deleted_after_a_week() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    send(&admin, "nome\nAna\n").await.assert_status(303);
    app.database.execute("UPDATE imports SET created_at = now() - interval '8 days'");
    let sent = send(&admin, "nome\nBia\n").await;
    assert_eq!(app.database.texts("SELECT name AS value FROM import_lines"), ["Bia"]);
    admin.follow(&sent).await.assert_says("Bia");
}

#[actix_web::test]
async fn a_preview_shows_what_each_line_will_do_and_the_people_it_creates() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE contacts SET email = lower(split_part(name, ' ', 1)) || '@casa.example'");
    let admin = app.administrator().await;
    let text = "nome,telefone,email,pessoa\nMarina,,marina@casa.example,Os Duarte\n\
                Dois,11 90000-0142,rafael@casa.example,\nBia,,bia@casa.example,Casa\n\
                Caio,,caio@casa.example,CASA\nBia,,bia@casa.example,familia duarte\n";
    let sent = send(&admin, text).await;
    let page = admin.follow(&sent).await;
    // Line 2 matches one contact, line 3 matches two, lines 4 and 5 are new, line 6 is a repeat.
    assert_eq!(page.texts(".figures dd"), ["2", "1", "1", "1", "1"], "{}", page.text());
    page.assert_says("dois contatos diferentes").assert_says("Também cria 1 pessoa");
}

#[actix_web::test]
async fn an_import_audits_which_fields_it_changed() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let text = "nome,telefone,email\nMarina Duarte,11 90000-0142,m@casa.example\n\
                Rafael Nogueira,21 90000-0117,\n";
    let sent = send(&admin, text).await;
    admin.post(&format!("{}/confirmation", sent.location()), &[("existing", "update")]).await;
    work(&app);
    let audited =
        app.database.texts("SELECT details ->> 'fields' AS value FROM audit WHERE action = 'contact.edited'");
    assert_eq!(audited, [r#"["email"]"#]);
    admin.get("/contacts/601").await.assert_says("Atualizado por importação").assert_says("e-mail");
}

#[actix_web::test]
async fn a_waiting_line_of_an_anonymised_contact_counts_as_skipped() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let sent = send(&admin, "nome,telefone\nMarina,11 90000-0142\nBia,(41) 90000-0109\n").await;
    admin.get("/contacts/601").await;
    admin.post("/contacts/601/anonymisation", &[("understood", "1")]).await.assert_status(303);
    let path = sent.location();
    admin.post(&format!("{path}/confirmation"), &[("existing", "update")]).await.assert_status(303);
    work(&app);
    let page = admin.get(path).await;
    assert_eq!(page.texts(".figures dd"), ["1", "0", "1", "0"], "{}", page.text());
}

#[actix_web::test]
async fn each_column_is_shown_with_examples_and_imported_as_chosen() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get(IMPORT).await;
    let sent = upload(&admin, IMPORT, &[("channel_id", "401")], Some(input!("unknown-heads.csv"))).await;
    let path = sent.location().to_owned();
    let page = admin.get(&path).await;
    page.assert_says("Telefone celular").assert_says("(11) 90001-0045").assert_says("E-mail principal");
    let proposed: Vec<String> =
        fields_of(&page).into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert!(proposed.contains(&"column-2=phone".to_owned()), "{proposed:?}");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM import_lines"), 0);

    let none = ["column-0", "column-1", "column-2", "column-3", "column-4"].map(|name| (name, ""));
    let refused = choose(&admin, &path, &none).await;
    refused.assert_status(422).assert_says("Escolha em qual coluna está o nome, o telefone ou o e-mail.");
    assert!(
        fields_of(&refused)
            .iter()
            .filter(|(name, _)| name.starts_with("column"))
            .all(|(_, value)| value.is_empty())
    );

    let chosen = choose(&admin, &path, &[("column-1", ""), ("column-3", ""), ("column-4", "")]).await;
    let preview = admin.follow(&chosen).await;
    preview.assert_says("Colunas que não são importadas: Telefone celular, Telefone 1, E-mail principal.");
    preview.assert_says("Jana Reis").assert_does_not_say("jana@cliente.example");
    // Columns can be chosen again until the import is confirmed; afterwards the file is not kept.
    let again = admin.get(&path).await;
    assert!(fields_of(&again).contains(&("column-4".to_owned(), String::new())));
    let chosen = choose(&admin, &path, &[("column-4", "email")]).await;
    admin.follow(&chosen).await.assert_says("jana@cliente.example");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM import_lines"), 1);
    let import = chosen.location().to_owned();
    admin.post(&format!("{import}/confirmation"), &[]).await.assert_status(303);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM import_files"), 0);
    assert_eq!(admin.get(&path).await.assert_status(303).location(), import);
}

#[actix_web::test]
async fn suspect_letters_are_shown_in_time_and_another_encoding_fixes_them() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get(IMPORT).await;
    let sent = upload(&admin, IMPORT, &[("channel_id", "401")], Some(input!("cp850.csv"))).await;
    let path = sent.location().to_owned();
    let page = admin.get(&path).await;
    page.assert_says("Confira os acentos de 1 linha.").assert_says("Conceição Muñoz Araújo");
    let changed = [("encoding", "windows-1252"), ("step", "show"), ("column-1", "other_phone")];
    let wrong = choose(&admin, &path, &changed).await;
    wrong.assert_status(200).assert_says("Concei‡Æo");
    assert!(
        fields_of(&wrong).contains(&("column-1".to_owned(), "other_phone".to_owned())),
        "the choice of a column stays"
    );
    let right = choose(&admin, &path, &[("encoding", "cp850")]).await;
    admin.follow(&right).await.assert_says("Conceição Muñoz Araújo").assert_says("Família Assunção");
}

#[actix_web::test]
async fn a_wrongly_guessed_header_can_be_corrected() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get(IMPORT).await;
    let text = b"Tabela;de\nquem;fone dele\nAna;(11) 90000-0150\n";
    let sent = upload(&admin, IMPORT, &[("channel_id", "401")], Some(("l.csv", text))).await;
    let path = sent.location().to_owned();
    let unsure = choose(&admin, &path, &[("head", "2")]).await;
    unsure.assert_status(422).assert_says("O arquivo foi lido de outra forma.");
    let page = choose(&admin, &path, &[("head", "2"), ("step", "show")]).await;
    assert_eq!(page.texts("#columns .c-main > span:first-child"), ["quem", "fone dele"]);
    let shape = page.attribute("#mapping input[name=shape]", "value").unwrap();
    let fields = [("head", "2"), ("shape", &shape), ("column-0", "name"), ("column-1", "phone")];
    let chosen = admin.post(&path, &fields).await;
    admin.follow(&chosen).await.assert_says("(11) 90000-0150").assert_says("Importar 1 linha");
}

#[actix_web::test]
async fn numbers_that_do_not_fit_are_listed_and_can_be_downloaded() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let sent = send_file(&admin, input!("two-phones.csv"), &[]).await;
    let page = admin.follow(&sent).await;
    page.assert_says("1 linha com observação").assert_says("Kaio Reis: Fica de fora: (11) 3333-0046");
    let file = admin.get(&format!("{}/leftovers", sent.location())).await;
    assert!(
        file.body.contains("2;Kaio Reis;(11) 90001-0046;kaio@cliente.example;;Fica de fora: (11) 3333-0046")
    );
    for (file, said) in [
        (input!("google-2024.csv"), "Ivana de Souto"),
        (input!("outlook-pt.csv"), "Nilo Barros"),
        (input!("iphone-3.0.vcf"), "Mirela de Távora"),
        (input!("android-2.1.vcf"), "Conceição Araújo"),
        (input!("lone-cr-among-lf.csv"), "Caio"),
        (input!("utf16le-nobom.csv"), "Conceição"),
        (input!("more-cells-than-head.csv"), "Felipa Lopes"),
        (input!("0800.csv"), "Este número não recebe mensagens."),
        (input!("only-emails.csv"), "marta@cliente.example"),
    ] {
        let sent = send_file(&admin, file, &[]).await;
        admin.follow(&sent).await.assert_status(200).assert_says(said).assert_says("Importar ");
    }
}

#[actix_web::test]
async fn a_contact_without_a_name_gets_its_address_as_name() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let text = "email;telefone\nnovo@casa.example;\n;(31) 90000-0199\n;11 90000-0142\n";
    let sent = send(&admin, text).await;
    let preview = admin.follow(&sent).await;
    let names = preview.texts(".import-lines .c-main");
    assert_eq!(
        names,
        ["novo@casa.example", "(31) 90000-0199", "Sem nome"],
        "the last line is Marina Duarte's"
    );
    admin.post(&format!("{}/confirmation", sent.location()), &[("existing", "update")]).await;
    work(&app);
    let names = app.database.texts("SELECT name AS value FROM contacts ORDER BY sort_name");
    assert_eq!(names, ["(31) 90000-0199", "Marina Duarte", "novo@casa.example", "Rafael Nogueira"]);
}

#[actix_web::test]
async fn importing_an_unchanged_export_changes_nothing() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO contacts (channel_id, name, phone, email, person_id, default_department_id, default_attendant_id)
         VALUES (401, 'Olá,=HYPERLINK(\"x\")', '', '', NULL, 101, 302),
                (401, 'D''Ávila; ''=1', '+5511900000142', 'a@pão.example', 501, 101, NULL),
                (401, 'Só o nome', '', '', NULL, NULL, NULL),
                (401, 'Só o nome', '', '', NULL, NULL, NULL),
                (401, 'SAC', '+558001230036', '', NULL, NULL, NULL),
                (401, 'De fora', '+351912340039', '', NULL, NULL, NULL)",
    );
    let admin = app.administrator().await;
    let page = admin.get("/contacts").await;
    let file = admin.get(&page.attribute("#export", "href").unwrap()).await;
    assert!(file.header("content-disposition").contains("contatos-"));
    assert_eq!(file.body.lines().count(), 9, "{}", file.body);
    let all = "SELECT to_jsonb(c)::text AS value FROM contacts c ORDER BY id";
    let before = app.database.texts(all);
    for existing in ["skip", "update"] {
        let sent = send(&admin, &file.body).await;
        let page = admin.follow(&sent).await;
        assert_eq!(page.texts(".figures dd"), ["0", "8", "0", "0", "0"], "{}", page.text());
        admin.post(&format!("{}/confirmation", sent.location()), &[("existing", existing)]).await;
        work(&app);
        assert_eq!(app.database.texts(all), before);
    }
    let audited = "SELECT count(*) AS value FROM audit WHERE action IN ('contact.created', 'contact.edited')";
    assert_eq!(app.database.number(audited), 0);
    let exported = app.database.texts("SELECT action AS value FROM audit WHERE action = 'export.contacts'");
    assert_eq!(exported.len(), 1);
    // A line with a new name still finds its contact by the code.
    let renamed = file.body.replacen("Só o nome", "Outro nome", 1);
    let sent = send(&admin, &renamed).await;
    admin.post(&format!("{}/confirmation", sent.location()), &[("existing", "update")]).await;
    work(&app);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM contacts WHERE name = 'Outro nome'"), 1);
    assert_eq!(app.database.number("SELECT count(*) AS value FROM contacts"), 8);
}

#[actix_web::test]
async fn the_export_holds_only_the_filtered_contacts() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO contacts (id, channel_id, name) SELECT 1000 + n, 401, 'Um de muitos ' || n FROM generate_series(1, 1200) n",
    );
    let admin = app.administrator().await;
    let page = admin.get("/contacts?q=muitos").await;
    let file = admin.get(&page.attribute("#export", "href").unwrap()).await;
    assert_eq!(file.body.lines().count(), 1_201);
    assert!(!file.body.contains("Marina"));
    assert_eq!(admin.get("/contacts/export.csv?person=with").await.body.lines().count(), 2);
    let kept = app
        .database
        .texts("SELECT details::text AS value FROM audit WHERE action = 'export.contacts' ORDER BY id");
    assert_eq!(kept, [r#"{"filters": {"q": true}}"#, r#"{"filters": {"person": "with"}}"#]);
}

#[actix_web::test]
async fn departments_and_attendants_come_with_the_contact() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let bruno = app.database.texts(
        "SELECT u.email || ';' || d.name AS value FROM users u JOIN department_members m ON m.user_id = u.id
           JOIN departments d ON d.id = m.department_id WHERE d.id = 101 ORDER BY u.id LIMIT 1",
    );
    let (email, department) = bruno[0].split_once(';').unwrap();
    let text = format!("nome;departamento padrão;atendente padrão\nAna;{department};{email}\nBia;Nenhum;\n");
    let sent = send(&admin, &text).await;
    admin.follow(&sent).await.assert_says("Bia: Não há departamento ativo com este nome.");
    admin.post(&format!("{}/confirmation", sent.location()), &[]).await;
    work(&app);
    let made = "SELECT count(*) AS value FROM contacts c JOIN users u ON u.id = c.default_attendant_id
                 WHERE c.name = 'Ana' AND c.default_department_id = 101";
    assert_eq!(app.database.number(made), 1);
}

#[actix_web::test]
async fn malicious_files_are_refused_with_a_message() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let semicolons = vec![b';'; 15 * 1024 * 1024];
    send_file(&admin, ("a.csv", &semicolons), &[]).await.assert_status(422).assert_says("nenhum contato");
    let wide = format!("nome,telefone\n{}", "x,".repeat(1_500_000));
    send(&admin, &wide).await.assert_status(422).assert_says("mais de 200 colunas");
    let long = format!("nome;telefone\nAna;{}\n", "1".repeat(1_000_000));
    let sent = send(&admin, &long).await;
    admin.follow(&sent).await.assert_says("um campo longo demais");
}

#[actix_web::test]
async fn forty_thousand_lines_are_stored_without_a_long_statement() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO contacts (id, channel_id, name, phone, email)
         SELECT 1000 + n, 401, 'Cliente ' || n, '+55319' || lpad(n::text, 8, '0'), 'c' || n || '@x.example'
           FROM generate_series(1, 20000) n",
    );
    let admin = app.administrator().await;
    let line = |n: u32| format!("Cliente {n};319{n:08};c{n}@x.example;Casa {}\n", n % 500);
    let text: String = (1..=40_000).map(line).collect();
    let sent = send(&admin, &format!("nome;telefone;email;pessoa\n{text}")).await;
    let page = admin.follow(&sent).await;
    assert_eq!(page.texts(".figures dd"), ["20.000", "20.000", "0", "0", "500"]);
}

#[actix_web::test]
async fn an_imported_file_counts_towards_the_hourly_upload_volume() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let list = "nome;telefone\nRosa;11 90000-0001\n";
    send(&admin, list).await;
    let volume = "SELECT bytes AS value FROM upload_volumes WHERE user_id = 301";
    assert_eq!(app.database.number(volume), list.len() as i64);
    app.database.execute("UPDATE upload_volumes SET bytes = 512 * 1024 * 1024 - 1");
    let refused = send(&admin, list).await;
    refused.assert_status(422).assert_says("Aguarde 60 minutos e envie de novo.");
    assert_eq!(app.database.number("SELECT count(*) AS value FROM imports"), 1);
}

#[actix_web::test]
async fn a_number_is_found_with_and_without_its_ninth_digit() {
    let app = TestApp::new().await;
    app.database.execute(
        "INSERT INTO channels (id, kind, name, default_department_id) VALUES (403, 'whatsapp', 'WhatsApp', 101);
         INSERT INTO contacts (id, channel_id, name) VALUES (611, 403, 'Ana do telefone antigo');
         INSERT INTO contact_identities (contact_id, channel_id, kind, value) VALUES (611, 403, 'phone', '+551188887777');
         UPDATE contacts SET phone = '+551192223333' WHERE id = 601",
    );
    let admin = app.administrator().await;
    let sent = send(&admin, "nome;telefone\nAna Lima;(11) 98888-7777\nMarina;(11) 99222-3333\n").await;
    let page = admin.follow(&sent).await;
    page.assert_says("Já existe: Ana do telefone antigo, com o número (11) 8888-7777");
    assert!(!page.text().contains("Novo contato"), "{}", page.text());
    admin.post(&format!("{}/confirmation", sent.location()), &[("existing", "update")]).await;
    work(&app);
    let names = app.database.texts("SELECT name || phone AS value FROM contacts ORDER BY sort_name");
    assert_eq!(names[..2], ["Ana Lima".to_owned(), "Marina+5511992223333".into()], "{names:?}");
    assert_eq!(
        app.database.texts("SELECT value FROM contact_identities WHERE contact_id = 611"),
        ["+551188887777"]
    );
    // The search and the exported file know the identity.
    admin.get("/contacts?q=88887777").await.assert_says("Ana Lima");
    let file = admin.get("/contacts/export.csv?q=88887777").await;
    assert!(file.body.contains("Identidades"), "{}", file.body);
    assert!(file.body.contains("WhatsApp: "), "{}", file.body);
}
