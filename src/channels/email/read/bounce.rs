//! Reports of servers: what became of our mail (RFC 3464).

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

use super::answers;
use super::parts::one_line;
use crate::channels::transport::Signal;

/// Our mail did not arrive, or not yet; or it did.
#[derive(Debug)]
pub struct DeliveryReport {
    /// The Message-IDs of the mail it is about, the best first.
    pub answers: Vec<String>,
    pub signal: Signal,
    /// What the server said.
    pub detail: String,
}

/// What a report is about.
#[derive(Debug)]
pub enum Found {
    Delivery(DeliveryReport),
    /// Somebody has opened the mail. We do not ask for that.
    Opened,
}

/// The report in a mail; `None` if the mail is none.
pub fn read(message: &Message<'_>) -> Option<Found> {
    let report = message.content_type().filter(|kind| {
        kind.c_type.eq_ignore_ascii_case("multipart")
            && kind.c_subtype.as_deref().is_some_and(|subtype| subtype.eq_ignore_ascii_case("report"))
    });
    let kind = report.and_then(|kind| kind.attribute("report-type")).map(str::to_ascii_lowercase);
    if kind.as_deref() == Some("disposition-notification") {
        return Some(Found::Opened);
    }
    let status = message.parts.iter().find(|part| {
        part.is_content_type("message", "delivery-status")
            || part.is_content_type("message", "global-delivery-status")
    });
    let Some(status) = status.filter(|_| report.is_some()) else { return of_old_servers(message) };
    let fields = String::from_utf8_lossy(status.contents()).into_owned();
    let action = field(&fields, "action").unwrap_or_default().to_ascii_lowercase();
    let code = field(&fields, "status").unwrap_or_default();
    let is_permanent = action == "failed" || (action.is_empty() && code.starts_with('5'));
    let signal = match action.as_str() {
        _ if is_permanent => Signal::Bounce { is_permanent },
        "delivered" => Signal::Delivered,
        // It was passed on to a server that does not report, or to several people.
        "relayed" | "expanded" => Signal::Taken,
        _ => Signal::Bounce { is_permanent },
    };
    let said = field(&fields, "diagnostic-code").map(|said| without_kind(&said)).unwrap_or_default();
    let detail = if said.contains(&code) { said } else { format!("{code} {said}") };
    Some(Found::Delivery(DeliveryReport {
        answers: originals(message),
        signal,
        detail: detail.trim().to_owned(),
    }))
}

/// Some servers write no report, but name the recipients that failed.
fn of_old_servers(message: &Message<'_>) -> Option<Found> {
    let failed = one_line(message.header_raw("X-Failed-Recipients")?);
    let detail = format!("o servidor devolveu o e-mail para {failed}");
    let signal = Signal::Bounce { is_permanent: true };
    Some(Found::Delivery(DeliveryReport { answers: originals(message), signal, detail }))
}

/// The mail that came back names itself; else the report answers it.
fn originals(message: &Message<'_>) -> Vec<String> {
    let returned = message.parts.iter().skip(1).filter_map(|part| match &part.body {
        PartType::Message(inner) => inner.message_id().map(one_line),
        _ if part.is_content_type("text", "rfc822-headers") || part.is_content_type("message", "rfc822") => {
            MessageParser::default().parse(part.contents())?.message_id().map(one_line)
        }
        _ => None,
    });
    returned.chain(answers(message)).collect()
}

/// The value of a field. Lines that begin with a space continue the line before.
fn field(fields: &str, name: &str) -> Option<String> {
    let mut lines = fields.lines().skip_while(|line| {
        !line.split_once(':').is_some_and(|(found, _)| found.trim().eq_ignore_ascii_case(name))
    });
    let mut value = lines.next()?.split_once(':')?.1.trim().to_owned();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push(' ');
        value.push_str(line.trim());
    }
    Some(value)
}

/// "smtp; 550 no such user" without the name of the protocol.
fn without_kind(said: &str) -> String {
    said.split_once(';').map_or(said, |(_, said)| said).trim().to_owned()
}
