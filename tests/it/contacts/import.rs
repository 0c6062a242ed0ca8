//! Import from CSV: upload, preview, confirmation, result.

use pontual::contacts::import::take_portion;

use super::{SCRIPT, upload};
use crate::harness::{Page, TestApp, Visitor};

const IMPORT: &str = "/contacts/import";

async fn send(visitor: &Visitor, content: &str) -> Page {
    visitor.get(IMPORT).await;
    upload(visitor, IMPORT, &[("channel_id", "401")], Some(("lista.csv", content.as_bytes()))).await
}

fn work(app: &TestApp) {
    let mut conn = app.database.connect();
    while take_portion(&mut conn).unwrap() {}
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
        "SELECT c.name || c.phone || c.email || p.name || length(c.address) AS value
           FROM contacts c JOIN people p ON p.id = c.person_id WHERE c.id NOT IN (601, 602) ORDER BY c.sort_name",
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
async fn known_contacts_are_changed_if_that_is_chosen() {
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
async fn the_file_of_errors_can_be_opened_and_sent_again() {
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
    assert_eq!(lines[0], "linha;nome;telefone;e-mail;pessoa;motivo");
    assert!(lines[1].starts_with("2;'=cmd|' /C calc'!A0;'+55 11 1;;;Confira o número"), "{}", lines[1]);
    assert!(lines[2].contains("'@x"));
    let mended = file.body.replace("'+55 11 1;", "'+55 11 90000-0155;").replace("'@x", "x@y.example");
    let sent = send(&admin, &mended).await;
    let page = admin.follow(&sent).await;
    page.assert_says("(11) 90000-0155").assert_says("=cmd|' /C calc'!A0").assert_says("Importar 2 linhas");
}

#[actix_web::test]
async fn a_file_that_is_none_is_explained() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    send(&admin, "a;b\n1;2\n").await.assert_status(422).assert_says("não tem a coluna “nome”");
    send(&admin, "PK\u{3}\u{4}xx").await.assert_status(422).assert_says("Salve como CSV");
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01".as_slice();
    upload(&admin, IMPORT, &[("channel_id", "401")], Some(("lista.csv", png)))
        .await
        .assert_status(422)
        .assert_says("Este arquivo não é um CSV.");
    send(&admin, "nome\n").await.assert_status(422).assert_says("nenhum contato");
    upload(&admin, IMPORT, &[("channel_id", "401")], None)
        .await
        .assert_status(422)
        .assert_says("Escolha o arquivo CSV.");
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
async fn a_nul_or_broken_text_is_a_bad_line_and_no_more() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    admin.get(IMPORT).await;
    let content = b"nome;telefone\nA\0na;\nJos\xe9;\nBia\x1b[2J;\n";
    let sent = upload(&admin, IMPORT, &[("channel_id", "401")], Some(("l.csv", content))).await;
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
    // A process that stops in the middle of a portion leaves the others whole.
    assert!(take_portion(&mut app.database.connect()).unwrap());
    let mut held = app.database.connect();
    diesel::Connection::begin_test_transaction(&mut held).unwrap();
    assert!(take_portion(&mut held).unwrap());
    assert!(!take_portion(&mut app.database.connect()).unwrap(), "one works at a time");
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
async fn trouble_of_the_database_is_no_fault_of_a_line() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    let sent = send(&admin, "nome\nAna\nBia\n").await;
    // As by a newer version, whose column this one does not know.
    app.database.execute("ALTER TABLE contacts ADD COLUMN novo text NOT NULL DEFAULT 'x'");
    app.database.execute("ALTER TABLE contacts ALTER COLUMN novo DROP DEFAULT");
    let path = sent.location().to_owned();
    admin.get(&path).await;
    admin.post(&format!("{path}/confirmation"), &[]).await.assert_status(303);
    let mut conn = app.database.connect();
    assert!(take_portion(&mut conn).is_err());
    assert_eq!(app.database.number("SELECT count(*) AS value FROM import_lines"), 2, "both wait");
    app.database.execute("ALTER TABLE contacts ALTER COLUMN novo SET DEFAULT 'x'");
    work(&app);
    assert_eq!(admin.get(&path).await.texts(".figures dd"), ["2", "0", "0", "0"]);
}

#[actix_web::test]
async fn an_upload_is_forgotten_after_a_week() {
    let app = TestApp::new().await;
    let admin = app.administrator().await;
    send(&admin, "nome\nAna\n").await.assert_status(303);
    app.database.execute("UPDATE imports SET created_at = now() - interval '8 days'");
    let sent = send(&admin, "nome\nBia\n").await;
    assert_eq!(app.database.texts("SELECT name AS value FROM import_lines"), ["Bia"]);
    admin.follow(&sent).await.assert_says("Bia");
}

#[actix_web::test]
async fn a_preview_tells_what_each_line_will_do_and_whom_it_makes() {
    let app = TestApp::new().await;
    app.database.execute("UPDATE contacts SET email = lower(split_part(name, ' ', 1)) || '@casa.example'");
    let admin = app.administrator().await;
    let text = "nome,telefone,email,pessoa\nMarina,,marina@casa.example,Os Duarte\n\
                Dois,11 90000-0142,rafael@casa.example,\nBia,,bia@casa.example,Casa\n\
                Caio,,caio@casa.example,CASA\nBia,,bia@casa.example,familia duarte\n";
    let sent = send(&admin, text).await;
    let page = admin.follow(&sent).await;
    // Line 2 is of a known contact, line 3 of two, lines 4 and 5 are new, line 6 repeats.
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
