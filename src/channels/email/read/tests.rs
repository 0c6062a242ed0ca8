//! Mails as the usual programs write them.

use super::*;
use crate::channels::transport::Signal;

const BOUNCE: Signal = Signal::Bounce { is_permanent: true };

const OWN: &str = "contato@padaria.example";

fn message(mail: &str) -> CustomerMail {
    match parse(mail.replace('\n', "\r\n").as_bytes(), OWN) {
        Mail::Message(mail) => *mail,
        other => panic!("{other:?}"),
    }
}

fn ignored(mail: &str) -> &'static str {
    match parse(mail.replace('\n', "\r\n").as_bytes(), OWN) {
        Mail::Ignored(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn reported(mail: &str) -> DeliveryReport {
    match parse(mail.replace('\n', "\r\n").as_bytes(), OWN) {
        Mail::Report(report) => report,
        other => panic!("{other:?}"),
    }
}

const GMAIL: &str = r#"MIME-Version: 1.0
References: <old@pontual.example> <ours@pontual.example>
In-Reply-To: <ours@pontual.example>
From: Raul Braga <Raul.Braga@gmail.example>
Date: Mon, 30 Nov 2026 09:12:00 -0300
Message-ID: <CAF1@mail.gmail.example>
Subject: =?UTF-8?Q?Re=3A_Padaria=3A_atendimento_77?=
To: "Ana (Padaria)" <contato+tc-0123@padaria.example>
Content-Type: multipart/mixed; boundary="m"

--m
Content-Type: multipart/alternative; boundary="a"

--a
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

Pode ser =C3=A0s 9h.

Em seg., 30 de nov. de 2026 =C3=A0s 09:00, Ana (Padaria) <
contato@padaria.example> escreveu:

> Ol=C3=A1, Raul!
> Qual hor=C3=A1rio?
--a
Content-Type: text/html; charset="UTF-8"

<div>Pode ser <b>=C3=A0s 9h</b>.</div>
--a--
--m
Content-Type: application/pdf; name="pedido.pdf"
Content-Disposition: attachment; filename="pedido.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQKAAECA/8=
--m
Content-Type: text/plain; charset="ISO-8859-1"; name="lista.txt"
Content-Disposition: attachment; filename="lista.txt"
Content-Transfer-Encoding: base64

cONvCmJvbG8=
--m--
"#;

#[test]
fn a_reply_from_gmail_is_its_text_its_files_and_what_it_answers() {
    let mail = message(GMAIL);
    assert_eq!(mail.from.as_str(), "raul.braga@gmail.example");
    assert_eq!(mail.name.as_deref(), Some("Raul Braga"));
    assert_eq!(mail.text, "Pode ser às 9h.");
    assert!(
        mail.quoted.starts_with("Em seg.") && mail.quoted.ends_with("> Qual horário?"),
        "{}",
        mail.quoted
    );
    assert_eq!(mail.answers, ["ours@pontual.example", "old@pontual.example"]);
    assert_eq!(mail.recipients, ["contato+tc-0123@padaria.example"]);
    let files: Vec<_> = mail.files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())).collect();
    // The second file keeps its own charset.
    assert_eq!(
        files,
        [("pedido.pdf", &b"%PDF-1.4\n\x00\x01\x02\x03\xff"[..]), ("lista.txt", &b"p\xe3o\nbolo"[..])]
    );
}

const OUTLOOK: &str = r#"From: "Braga, Raul" <raul@empresa.example>
To: contato@padaria.example
Subject: RES: Padaria: atendimento 77
Message-ID: <AM0P@eurprd.example>
In-Reply-To: <ours@pontual.example>
Content-Type: text/html; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

<html><head><style>p { color: red }</style><script>alert(1)</script></head><body>
<p>Confirmado. Preciso de <b>dois</b> bolos &amp; um p=E3o.</p>
<hr><p><b>De:</b> Ana &lt;contato@padaria.example&gt;<br><b>Enviado:</b> segunda-feira, 30 de novembro de 2026 09:00<br>
<b>Para:</b> Raul<br><b>Assunto:</b> Padaria: atendimento 77</p><p>Ol=E1, Raul!</p></body></html>
"#;

#[test]
fn a_reply_from_outlook_is_text_without_html() {
    let mail = message(OUTLOOK);
    assert_eq!(mail.name.as_deref(), Some("Braga, Raul"));
    assert!(mail.text.starts_with("Confirmado. Preciso de dois bolos & um pão."), "{}", mail.text);
    assert!(!mail.text.contains("Olá") && !mail.text.contains("alert") && !mail.text.contains("color"));
    assert!(mail.quoted.contains("Olá, Raul!"), "{}", mail.quoted);
}

const APPLE: &str = r#"From: Raul <raul@icloud.example>
To: contato@padaria.example
Message-Id: <7E1@icloud.example>
In-Reply-To: <ours@pontual.example>
Content-Type: text/plain; charset=utf-8; format=flowed
Content-Transfer-Encoding: 8bit

Sim, mas a entrega precisa ser na outra loja, porque esta fecha mais 
cedo.

Enviado do meu iPhone

> Em 30 de nov. de 2026, à(s) 09:00, Ana <contato@padaria.example> escreveu:
> 
> Olá!
"#;

#[test]
fn a_reply_from_apple_mail_has_whole_paragraphs() {
    let mail = message(APPLE);
    assert_eq!(
        mail.text,
        "Sim, mas a entrega precisa ser na outra loja, porque esta fecha mais cedo.\n\nEnviado do meu iPhone"
    );
    assert!(mail.quoted.contains("> Olá!"), "{}", mail.quoted);
}

#[test]
fn the_subject_is_part_of_what_a_customer_says() {
    let said = |mail: &str| message(&format!("From: Raul <raul@empresa.example>\n{mail}")).with_subject();
    assert_eq!(said("Subject: Cancelar pedido 123\n\n"), "Cancelar pedido 123");
    assert_eq!(said("Subject: Pedido 123\n\nCancelem.\n"), "Assunto: Pedido 123\n\nCancelem.");
    assert_eq!(said("\nOi\n"), "Oi");
    let answer = "In-Reply-To: <ours@pontual.example>";
    assert_eq!(said(&format!("{answer}\nSubject: RES: atendimento 77\n\nOi\n")), "Oi");
    assert_eq!(said(&format!("{answer}\nSubject: Cancelar\n\nOi\n")), "Assunto: Cancelar\n\nOi");
    assert_eq!(
        said("Subject: Re: Pedido 123\n\nOi\n"),
        "Assunto: Re: Pedido 123\n\nOi",
        "it answers nothing"
    );
    assert_eq!(message(GMAIL).with_subject(), "Pode ser às 9h.");
    assert_eq!(message(OUTLOOK).subject, None);
}

#[test]
fn mails_of_programs_are_ignored() {
    let with =
        |head: &str| format!("{head}\nFrom: Raul <raul@empresa.example>\nTo: {OWN}\nSubject: x\n\noi\n");
    for head in [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated (vacation)",
        "X-Autoreply: yes",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "List-Id: <novidades.empresa.example>",
        "Return-Path: <>",
    ] {
        ignored(&with(head));
    }
    assert_eq!(message(&with("Auto-Submitted: no")).text, "oi");
    assert_eq!(message(&with("Return-Path: <raul@empresa.example>")).text, "oi");
    ignored("From: Contato@Padaria.example\nTo: x@y.example\n\ncópia\n");
    ignored("From: undisclosed\nTo: x@y.example\n\noi\n");
}

const POSTFIX: &str = r#"Return-Path: <>
From: MAILER-DAEMON@mx.padaria.example (Mail Delivery System)
To: contato@padaria.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.
--b
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.padaria.example
Arrival-Date: Mon, 30 Nov 2026 09:00:00 -0300 (-03)

Final-Recipient: rfc822; raul@empresa.example
Original-Recipient: rfc822;raul@empresa.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <raul@empresa.example>: Recipient address
    rejected: User unknown
--b
Content-Type: message/rfc822

From: contato@padaria.example
To: raul@empresa.example
Message-ID: <ours@pontual.example>
Subject: x

texto
--b--
"#;

#[test]
fn a_bounce_of_postfix_names_the_mail_and_the_reason() {
    let bounce = reported(POSTFIX);
    assert_eq!(bounce.answers.first().map(String::as_str), Some("ours@pontual.example"));
    assert_eq!(bounce.signal, BOUNCE);
    assert_eq!(bounce.detail, "550 5.1.1 <raul@empresa.example>: Recipient address rejected: User unknown");
    let delayed = POSTFIX.replace("Action: failed", "Action: delayed").replace("5.1.1", "4.4.1");
    assert_eq!(reported(&delayed).signal, Signal::Bounce { is_permanent: false });
    for (action, signal) in [("delivered", Signal::Delivered), ("relayed", Signal::Taken)] {
        let fine = POSTFIX.replace("failed", action).replace("5.1.1", "2.0.0");
        assert_eq!(reported(&fine).signal, signal);
        assert_eq!(reported(&fine).answers.first().map(String::as_str), Some("ours@pontual.example"));
    }
}

const EXCHANGE: &str = r#"From: Microsoft Outlook <MicrosoftExchange329e@empresa.example>
To: contato@padaria.example
Subject: =?utf-8?Q?N=C3=A3o_entregue=3A_Padaria?=
Message-ID: <ex1@prod.exchange.example>
In-Reply-To: <ours@pontual.example>
References: <ours@pontual.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/html; charset="utf-8"

<p>A mensagem não foi entregue.</p>
--x
Content-Type: message/delivery-status

Reporting-MTA: dns;CP1PR80.prod.exchange.example

Final-Recipient: rfc822;raul@empresa.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found
--x
Content-Type: text/rfc822-headers

From: contato@padaria.example
Message-ID: <ours@pontual.example>
--x--
"#;

#[test]
fn a_bounce_of_exchange_is_read_from_the_returned_headers() {
    let bounce = reported(EXCHANGE);
    assert_eq!(bounce.answers.first().map(String::as_str), Some("ours@pontual.example"));
    assert_eq!(bounce.signal, BOUNCE);
    assert!(bounce.detail.starts_with("550 5.1.10 RESOLVER.ADR.RecipientNotFound;"), "{}", bounce.detail);
}

const OF_GMAIL: &str = r#"Return-Path: <>
To: contato@padaria.example
From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>
Auto-Submitted: auto-replied
X-Failed-Recipients: raul@gmail.example
Subject: Delivery Status Notification (Failure)
References: <ours@pontual.example>
In-Reply-To: <ours@pontual.example>
Content-Type: multipart/report; boundary="g"; report-type=delivery-status

--g
Content-Type: multipart/related; boundary="r"

--r
Content-Type: text/plain; charset="UTF-8"

** Address not found **
--r--
--g
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.example

Final-Recipient: rfc822; raul@gmail.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
--g--
"#;

#[test]
fn a_bounce_of_gmail_is_read_without_the_mail_that_came_back() {
    let bounce = reported(OF_GMAIL);
    assert_eq!(bounce.answers, ["ours@pontual.example"]);
    assert_eq!(bounce.signal, BOUNCE);
    let old = OF_GMAIL.replace("multipart/report", "multipart/mixed");
    assert_eq!(reported(&old).signal, BOUNCE);
}

#[test]
fn hostile_html_is_read_and_control_characters_are_not() {
    let head = "From: =?utf-8?Q?Ra=00ul=0D=0ABcc:_x?= <raul@empresa.example>\nContent-Type: text/html\n\n";
    let deep = "<div><table><tr><td>".repeat(20_000);
    let mail = message(&format!("{head}{deep}oi\u{0}"));
    assert!(mail.name.is_some_and(|name| !name.contains(char::is_control)));
    assert_eq!(mail.text, "oi");
}

#[test]
fn no_bytes_make_reading_panic() {
    for mail in [GMAIL, OUTLOOK, APPLE, POSTFIX, EXCHANGE, OF_GMAIL] {
        for length in (0..mail.len()).step_by(7) {
            if mail.is_char_boundary(length) {
                parse(&mail.as_bytes()[..length], OWN);
            }
        }
    }
    parse(&[0; 300], OWN);
    parse(&[0xff; 300], OWN);
}
