//! A thread as people see it: the team with comments, events and receipts, the customer without them.

use askama::Template;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Kind, Message, Part, Segment, TicketEvent, segments};
use crate::auth::Account;
use crate::clock::Zone;
use crate::files::FileList;
use crate::ids::MessageId;
use crate::outbox::{DeliveryState, Reason};

/// The entries of a part of a thread, with a separator before the first entry of each day.
#[derive(Template)]
#[template(path = "conversations/thread/_items.html")]
pub struct Items {
    items: Vec<Item>,
}

enum Item {
    Day { key: String, label: String },
    Event(Event),
    Bubble(Bubble),
}

struct Event {
    id: MessageId,
    icon: &'static str,
    lead: String,
    /// The schedule's page if the viewer may read it, and the text of the link.
    link: Option<(Option<String>, &'static str)>,
    tail: String,
}

struct Bubble {
    id: MessageId,
    class: &'static str,
    is_comment: bool,
    text: Vec<Segment>,
    /// What the text quotes of earlier messages, only for the team.
    quoted: Option<String>,
    files: Option<FileList>,
    foot: Foot,
    /// Only on the customer's page, for messages sent to them: whether they were delivered or read.
    receipt: Option<&'static str>,
    is_from_customer: bool,
    /// The client key, only for messages that the reader's side sent.
    key: Option<Uuid>,
}

/// What stands below a message: who wrote it when, and for the team what became of it. It may change while a page is
/// open.
#[derive(Template)]
#[template(path = "conversations/thread/_foot.html")]
pub struct Foot {
    pub id: MessageId,
    meta: String,
    /// Only on a message that was not delivered.
    problem: Option<Problem>,
}

/// Why a message was not delivered, and what can be done.
struct Problem {
    sentence: String,
    detail: Option<String>,
    /// Whether the reader may try again or give it up.
    can_act: bool,
}

/// What the team sees. `customer` is the contact's name.
pub fn team_items(part: &Part, viewer: &Account, customer: &str) -> Items {
    let zone = viewer.zone;
    items(&part.messages, zone, |message| match message.event {
        Some(event) => Item::Event(event_of(message, event, viewer)),
        None => Item::Bubble(Bubble {
            id: message.id,
            class: match message.kind {
                Kind::Customer => "",
                Kind::Comment => " out note-msg",
                Kind::Attendant | Kind::Event => " out",
            },
            is_comment: message.kind == Kind::Comment,
            text: segments(&message.body),
            quoted: Some(message.quoted.clone()).filter(|quoted| !quoted.is_empty()),
            files: files_of(part, message, ""),
            foot: Foot::for_team(message, customer, viewer),
            receipt: None,
            is_from_customer: message.kind == Kind::Customer,
            key: message.client_key.filter(|_| message.kind != Kind::Customer),
        }),
    })
}

/// What the customer sees. `page` is the path of their page, and `sender` the name shown for automatic messages.
pub fn customer_items(part: &Part, zone: Zone, sender: &str, page: &str) -> Items {
    items(&part.messages, zone, |message| {
        let is_own = message.kind == Kind::Customer;
        let name = match (is_own, &message.author) {
            (true, _) => "Você".to_owned(),
            (false, Some(author)) => signature(author, &message.department),
            (false, None) => sender.to_owned(),
        };
        Item::Bubble(Bubble {
            id: message.id,
            class: if is_own { " out" } else { "" },
            is_comment: false,
            text: segments(&message.body),
            quoted: None,
            files: files_of(part, message, page),
            foot: Foot {
                id: message.id,
                meta: format!("{name} · {}", zone.time(message.created_at)),
                problem: None,
            },
            receipt: (!is_own).then_some(match (message.delivered_at, message.read_at) {
                (_, Some(_)) => "read",
                (Some(_), None) => "delivered",
                (None, None) => "none",
            }),
            is_from_customer: is_own,
            key: message.client_key.filter(|_| is_own),
        })
    })
}

/// What stands below sent messages, to update pages that already show them.
pub fn receipts(messages: &[Message], viewer: &Account) -> Vec<Foot> {
    let sent = messages.iter().filter(|message| message.kind == Kind::Attendant);
    sent.map(|message| Foot::for_team(message, "", viewer)).collect()
}

impl Foot {
    fn for_team(message: &Message, customer: &str, viewer: &Account) -> Self {
        let failed = message.delivery.filter(|state| state.awaits_a_person());
        let problem = failed.map(|state| {
            let why = message.delivery_reason.map_or("", Reason::sentence);
            let what = match state {
                DeliveryState::Uncertain => "Pode não ter chegado.",
                _ => "Não foi entregue.",
            };
            Problem {
                sentence: format!("{what} {why}"),
                detail: message
                    .delivery_reason
                    .zip(message.delivery_detail.as_ref())
                    .map(|(reason, detail)| reason.detail(detail)),
                can_act: viewer.can_attend(),
            }
        });
        Self { id: message.id, meta: team_meta(message, customer, viewer.zone), problem }
    }
}

fn files_of(part: &Part, message: &Message, page: &str) -> Option<FileList> {
    FileList::of(part.files.get(&message.id)?, page)
}

fn items(messages: &[Message], zone: Zone, item: impl Fn(&Message) -> Item) -> Items {
    let mut items = Vec::with_capacity(messages.len() + 1);
    let mut day = String::new();
    for message in messages {
        let key = zone.date(message.created_at);
        if key != day {
            items.push(Item::Day { key: key.clone(), label: zone.long_date(message.created_at) });
            day = key;
        }
        items.push(item(message));
    }
    Items { items }
}

fn event_of(message: &Message, event: TicketEvent, viewer: &Account) -> Event {
    let by = message.author.as_ref().map(|name| format!("por {name}"));
    let (icon, what, link) = match (event, message.schedule_id) {
        (TicketEvent::TicketOpened, Some(schedule)) => {
            let page = message.is_schedule_readable.then(|| format!("/schedules/{schedule}"));
            ("calendar-time", "aberto por um ".to_owned(), Some((page, "agendamento")))
        }
        (TicketEvent::TicketOpened, None) => {
            ("message-circle", format!("aberto {}", by.unwrap_or("pelo cliente".into())), None)
        }
        (TicketEvent::TicketClosed, _) => {
            ("lock", format!("fechado {}", by.unwrap_or_default()).trim_end().to_owned(), None)
        }
    };
    let lead = format!("Chamado nº {} {what}", message.protocol);
    let of = message.planned_by.as_ref().map(|names| format!(" de {names}")).unwrap_or_default();
    let tail = format!("{of} às {}", viewer.zone.time(message.created_at));
    Event { id: message.id, icon, lead, link, tail }
}

fn team_meta(message: &Message, customer: &str, zone: Zone) -> String {
    let time = zone.time(message.created_at);
    let receipt = state(message, zone);
    match (message.kind, &message.author) {
        (Kind::Customer, _) => format!("{customer} · {time}"),
        (Kind::Comment, Some(author)) => format!("{author} · Só a equipe vê · {time}"),
        (Kind::Comment, None) => format!("Só a equipe vê · {time}"),
        (_, Some(author)) => format!("{author} · {time}{receipt}"),
        (_, None) => format!("Mensagem agendada · {time}{receipt}"),
    }
}

/// What became of a sent message, since when, and by whose word.
fn state(message: &Message, zone: Zone) -> String {
    let now = Utc::now();
    let when = |at: Option<DateTime<Utc>>| at.map(|at| zone.at_time(at, now)).unwrap_or_default();
    let channel = message.delivery_channel.as_deref().unwrap_or_default();
    let since = when(message.delivery_at);
    match (message.delivery, message.delivered_at, message.read_at) {
        (Some(DeliveryState::Queued), ..) if message.is_delivery_stopped => {
            format!(" · Na fila de {channel}, com o envio parado")
        }
        (Some(DeliveryState::Queued), ..) if message.delivery_reason.is_some() => {
            let why = message.delivery_reason.map_or("", Reason::sentence);
            let is_due = message.delivery_at.is_some_and(|at| at <= now);
            let next = if is_due { "em breve" } else { &since };
            format!(" · Na fila de {channel}, nova tentativa {next}. {why}")
        }
        (Some(DeliveryState::Queued), ..) => format!(" · Na fila de {channel}"),
        (Some(state), ..) if is_word_of_service(state, message.delivery_reason) => {
            format!(" · {} {since}, segundo {channel}", state.label())
        }
        (Some(state), ..) => format!(" · {} {since}", state.label()),
        (None, _, Some(read)) => format!(" · Lida {}", when(Some(read))),
        (None, Some(delivered), None) => format!(" · Entregue {}", when(Some(delivered))),
        (None, None, None) => String::new(),
    }
}

/// Whether the service itself said that the message is in this state.
fn is_word_of_service(state: DeliveryState, reason: Option<Reason>) -> bool {
    match state {
        DeliveryState::Sent | DeliveryState::Delivered | DeliveryState::Read => true,
        DeliveryState::Failed => reason.is_some_and(Reason::is_word_of_service),
        DeliveryState::Queued | DeliveryState::Uncertain | DeliveryState::Discarded => false,
    }
}

/// Customers see only the first name of an attendant: "Bruno, do Suporte".
fn signature(author: &str, department: &str) -> String {
    let first = author.split_whitespace().next().unwrap_or(author);
    format!("{first}, {} {department}", article(department))
}

/// The most likely Portuguese article before the name of a department.
fn article(department: &str) -> &'static str {
    let word = department.split_whitespace().next().unwrap_or_default().to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    match () {
        () if ends(&["as", "ões"]) => "das",
        () if ends(&["os", "es"]) => "dos",
        () if ends(&["a", "ção", "são", "dade"]) => "da",
        () => "do",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_reads_a_first_name_and_a_department() {
        for (department, expected) in [
            ("Suporte", "Bruno, do Suporte"),
            ("Vendas", "Bruno, das Vendas"),
            ("Recursos Humanos", "Bruno, dos Recursos Humanos"),
            ("Cobrança", "Bruno, da Cobrança"),
            ("Recepção", "Bruno, da Recepção"),
            ("Qualidade", "Bruno, da Qualidade"),
        ] {
            assert_eq!(signature("Bruno Lima", department), expected);
        }
    }
}
