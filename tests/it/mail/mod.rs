//! E-mail with real servers: messages go out by SMTP, and answers come in by IMAP.

mod desk;
mod oauth;
mod refusals;
mod servers;
mod tls;

use mail_parser::{MessageParser, MimeHeaders};

use crate::files::PDF;
use crate::harness::until;
use desk::Desk;
use servers::{MailServers, NOBODY};

#[actix_web::test]
async fn a_message_lies_in_the_customers_account_and_the_answer_in_its_ticket() {
    let Some(servers) = MailServers::get() else { return };
    let desk = Desk::open(servers).await;
    desk.connect("conversa", &[]).await;
    desk.add_contact("raul@mail.example");
    let is_watched = "SELECT count(*) AS value FROM channel_states WHERE receiving ? 'uid'";
    until(|| desk.database.number(is_watched) == 1);

    desk.send_file("Orçamento de São João.pdf", PDF).await;
    until(|| desk.states() == ["sent"]);
    until(|| servers.count("raul") == 1);
    let bytes = servers.newest("raul");
    let mail = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(mail.body_text(0).unwrap().trim_end(), "Olá, Raul!\r\nSegue o orçamento.");
    let file = mail.attachment(0).unwrap();
    assert_eq!(file.attachment_name(), Some("Orçamento de São João.pdf"));
    assert_eq!(file.contents(), PDF);

    let id = mail.message_id().unwrap();
    assert_eq!(desk.database.texts("SELECT provider_id AS value FROM outbox"), [id]);
    let answer = format!(
        "From: Raul Braga <raul@mail.example>\nTo: conversa@mail.example\nSubject: Outro assunto\n\
         Message-ID: <r1@mail.example>\nIn-Reply-To: <{id}>\n\nPode fazer.\n\n\
         Em 30 de nov. de 2026, Pontual escreveu:\n> Segue o orçamento.\n"
    );
    servers.send("raul@mail.example", "conversa@mail.example", &answer);
    let thread = "SELECT body AS value FROM messages WHERE contact_id = 650 AND kind <> 'event' ORDER BY id";
    let said =
        ["Confirmar a renovação", "Olá, Raul!\nSegue o orçamento.", "Assunto: Outro assunto\n\nPode fazer."];
    until(|| desk.database.texts(thread).len() == said.len());
    assert_eq!(desk.database.texts(thread), said);
    let quoted = desk.database.texts("SELECT quoted AS value FROM messages WHERE kind = 'customer'");
    assert!(quoted[0].ends_with("> Segue o orçamento."), "{quoted:?}");
    assert_eq!(desk.database.number("SELECT count(*) AS value FROM tickets WHERE contact_id = 650"), 1);
    assert_eq!(servers.count("conversa"), 1, "nothing is deleted on the server");
}

#[actix_web::test]
async fn a_mail_that_the_real_server_returns_turns_its_message_to_failed() {
    let Some(servers) = MailServers::get().filter(|servers| servers.ports.has_postfix) else { return };
    let desk = Desk::open(servers).await;
    desk.connect("devolvida", &[]).await;
    desk.add_contact(&format!("{NOBODY}@mail.example"));
    let is_watched = "SELECT count(*) AS value FROM channel_states WHERE receiving ? 'uid'";
    until(|| desk.database.number(is_watched) == 1);
    desk.send_file("Orçamento.pdf", PDF).await;
    until(|| desk.states() == ["failed bounced"]);
    let accepted = "SELECT outcome AS value FROM outbox_attempts";
    assert_eq!(desk.database.texts(accepted), ["accepted"], "the server took it first");
    let schedule = desk.database.number("SELECT max(id) AS value FROM schedules");
    let page = desk.admin.get(&format!("/schedules/{schedule}")).await;
    page.assert_says("Concluído").assert_says("User doesn't exist: ninguem@mail.example");
}
