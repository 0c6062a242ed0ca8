//! The entries of the bell, the page and the live events. They look the same in all three.

use askama::Template;
use chrono::{DateTime, Utc};

use super::queries::{Counts, Row};
use super::{COUNT_LIMIT, Filter, Kind, PAGE};
use crate::auth::Account;
use crate::clock::{self, Zone};
use crate::db::{Cursor, PageOf};
use crate::ids::{NotificationId, ScheduleId};
use crate::outbox::{DeliveryState, Reason};
use crate::schedules::{Action, FailureReason};

/// One entry, ready to be shown.
#[derive(Debug, Template)]
#[template(path = "notifications/_item.html")]
pub struct Item {
    pub id: NotificationId,
    is_unread: bool,
    title: &'static str,
    icon: &'static str,
    style: &'static str,
    /// The schedule that the title opens.
    schedule: Option<ScheduleId>,
    sentence: Sentence,
    time: String,
    clock: String,
    instant: String,
    /// The label of the main button; `None` if the user may read neither conversation nor contact.
    button_label: Option<&'static str>,
    reads_conversation: bool,
}

/// The text of an entry. Pages emphasise the contact's name.
#[derive(Debug, PartialEq, Eq)]
struct Sentence {
    before: &'static str,
    contact: String,
    after: String,
}

impl Item {
    pub fn of(row: &Row, now: DateTime<Utc>) -> Self {
        let zone = Zone::named(&row.time_zone);
        let (title, icon, style) = match (row.kind, row.action) {
            (Kind::ScheduleFailed, _) => ("Erro no agendamento", "alert-triangle", "error"),
            (Kind::MessageFailed, _) => match row.delivery {
                Some(DeliveryState::Uncertain) => ("Envio incerto", "alert-triangle", "error"),
                _ => ("Mensagem não entregue", "alert-triangle", "error"),
            },
            (Kind::ScheduleCompleted, Some(Action::Notify)) => ("Agendamento", "bell-ringing", "scheduled"),
            (Kind::ScheduleCompleted, _) => ("Agendamento", "calendar-time", "scheduled"),
        };
        Self {
            id: row.id,
            is_unread: !row.is_read,
            title,
            icon,
            style,
            schedule: row.schedule_id,
            sentence: Sentence::of(row),
            time: zone.relative(row.created_at, now),
            clock: zone.time(row.created_at),
            instant: clock::datetime_attribute(row.created_at),
            reads_conversation: row.reads_conversation,
            button_label: match (row.reads_conversation, row.reads_contact) {
                (true, _) => Some("Ir para conversa"),
                (false, true) => Some("Ver contato"),
                (false, false) => None,
            },
        }
    }

    pub fn all(rows: &[Row]) -> Vec<Self> {
        let now = Utc::now();
        rows.iter().map(|row| Self::of(row, now)).collect()
    }
}

impl Sentence {
    fn of(row: &Row) -> Self {
        let comment = row.comment.trim();
        let failed = |what: &str| format!(" {what}: {}.{}", cause(row), commented(comment));
        let (before, after) = match (row.kind, row.action) {
            (Kind::MessageFailed, _) => {
                let why = row.delivery_reason.map_or("", Reason::sentence);
                let what = match row.delivery {
                    Some(DeliveryState::Uncertain) => "pode não ter chegado",
                    _ => "não foi entregue",
                };
                ("A mensagem para ", format!(" {what}. {why}").trim_end().to_owned())
            }
            (Kind::ScheduleFailed, Some(Action::Notify)) => ("O lembrete para ", failed("não foi disparado")),
            (Kind::ScheduleFailed, _) if row.has_message => ("A mensagem para ", failed("não foi enviada")),
            (Kind::ScheduleFailed, _) => ("O chamado para ", failed("não foi aberto")),
            (Kind::ScheduleCompleted, Some(Action::Notify)) if comment.is_empty() => {
                ("Lembrete agendado para ", ".".into())
            }
            (Kind::ScheduleCompleted, Some(Action::Notify)) => {
                ("Lembrete para ", format!(": {}", with_full_stop(comment)))
            }
            (Kind::ScheduleCompleted, _) => ("Chamado aberto para ", format!(".{}", commented(comment))),
        };
        Self { before, contact: row.contact.clone(), after }
    }
}

fn cause(row: &Row) -> &'static str {
    match row.failure_reason {
        Some(FailureReason::TicketOpen) if row.has_message => "o chamado já está aberto",
        Some(FailureReason::TicketOpen) => "já existe um chamado aberto",
        Some(FailureReason::Expired) => "o horário passou enquanto a plataforma estava parada",
        Some(FailureReason::ContactInactive) => "o contato está arquivado ou a conexão dele, desativada",
        Some(FailureReason::DepartmentInactive) => "o departamento está desativado",
        Some(FailureReason::Internal) | None => "algo deu errado do nosso lado",
    }
}

fn commented(comment: &str) -> String {
    if comment.is_empty() { String::new() } else { format!(" Comentário: “{comment}”.") }
}

/// Adds a full stop to `text` unless it ends a sentence already.
fn with_full_stop(text: &str) -> String {
    let ends_a_sentence = text.ends_with(['.', '!', '?', '…']);
    if ends_a_sentence { text.to_owned() } else { format!("{text}.") }
}

/// The page of notifications.
#[derive(Template)]
#[template(path = "notifications/index.html")]
pub struct Index {
    filter: Filter,
    tabs: Vec<Tab>,
    items: Vec<Item>,
    /// Whether there are unread notifications.
    has_unread: bool,
    empty_text: (&'static str, &'static str),
    pager: Pager,
    plays_sound: bool,
    shows_browser_notices: bool,
}

struct Tab {
    name: &'static str,
    label: &'static str,
    href: String,
    count: String,
    is_current: bool,
}

/// The addresses of the neighbouring pages.
struct Pager {
    before: Option<String>,
    after: Option<String>,
    count: String,
}

impl Index {
    pub fn new(viewer: &Account, filter: Filter, counts: Counts, page: &PageOf<Row>) -> Self {
        let count = match page.rows.len() {
            1 => "1 notificação nesta página".into(),
            n => format!("{n} notificações nesta página"),
        };
        let tab = |(tab, count): (Filter, i64)| Tab {
            name: if tab == Filter::All { "all" } else { tab.name() },
            label: tab.label(),
            href: address(tab, None),
            count: capped_count(count),
            is_current: tab == filter,
        };
        let counted = [counts.all, counts.unread, counts.errors];
        Self {
            filter,
            tabs: Filter::ALL.into_iter().zip(counted).map(tab).collect(),
            items: Item::all(&page.rows),
            has_unread: counts.unread > 0,
            empty_text: filter.empty_text(),
            pager: Pager {
                before: page.before.map(|cursor| address(filter, Some(("before", cursor)))),
                after: page.after.map(|cursor| address(filter, Some(("after", cursor)))),
                count,
            },
            plays_sound: viewer.plays_sound,
            shows_browser_notices: viewer.shows_browser_notices,
        }
    }
}

fn address(filter: Filter, cursor: Option<(&str, Cursor)>) -> String {
    let filter = Some(filter.name()).filter(|name| !name.is_empty()).map(|name| format!("filter={name}"));
    let cursor = cursor.map(|(name, cursor)| format!("{name}={cursor}"));
    let query: Vec<String> = filter.into_iter().chain(cursor).collect();
    if query.is_empty() { PAGE.into() } else { format!("{PAGE}?{}", query.join("&")) }
}

/// A count, or "99+" at [`COUNT_LIMIT`].
fn capped_count(count: i64) -> String {
    if count < COUNT_LIMIT { count.to_string() } else { format!("{}+", COUNT_LIMIT - 1) }
}

/// The panel that the bell opens.
#[derive(Template)]
#[template(path = "notifications/_panel.html")]
pub struct Panel {
    items: Vec<Item>,
    empty_text: (&'static str, &'static str),
}

impl Panel {
    pub fn of(rows: &[Row]) -> Self {
        let empty_text = Filter::All.empty_text();
        Self { items: Item::all(rows), empty_text }
    }
}
