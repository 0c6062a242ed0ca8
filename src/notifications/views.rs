//! The bell, the page and the live events: one entry looks the same in all of them.

use askama::Template;
use chrono::{DateTime, Utc};

use super::Kind;
use super::queries::Row;
use crate::clock::Zone;
use crate::ids::{NotificationId, ScheduleId};
use crate::schedules::{Action, FailureReason};
use crate::web::PageOf;

/// One entry, ready to be shown.
#[derive(Debug, Template)]
#[template(path = "notifications/_item.html")]
pub struct Item {
    pub id: NotificationId,
    /// The token of the forms; empty in live events, where each page fills in its own.
    csrf: String,
    is_unread: bool,
    title: &'static str,
    icon: &'static str,
    style: &'static str,
    schedule: ScheduleId,
    sentence: Sentence,
    time: String,
    clock: String,
    instant: String,
}

/// What an entry says; the contact's name stands out.
#[derive(Debug, PartialEq, Eq)]
struct Sentence {
    before: &'static str,
    contact: String,
    after: String,
}

impl Item {
    pub fn of(row: &Row, csrf: &str, now: DateTime<Utc>) -> Self {
        let zone = Zone::named(&row.time_zone);
        let (title, icon, style) = match (row.kind, row.action) {
            (Kind::ScheduleFailed, _) => ("Erro no agendamento", "alert-triangle", "error"),
            (Kind::ScheduleCompleted, Action::Notify) => ("Agendamento", "bell-ringing", "scheduled"),
            (Kind::ScheduleCompleted, _) => ("Agendamento", "calendar-time", "scheduled"),
        };
        Self {
            id: row.id,
            csrf: csrf.to_owned(),
            is_unread: !row.is_read,
            title,
            icon,
            style,
            schedule: row.schedule_id,
            sentence: Sentence::of(row),
            time: zone.relative(row.created_at, now),
            clock: zone.time(row.created_at),
            instant: row.created_at.to_rfc3339(),
        }
    }

    pub fn all(rows: &[Row], csrf: &str) -> Vec<Self> {
        let now = Utc::now();
        rows.iter().map(|row| Self::of(row, csrf, now)).collect()
    }
}

impl Sentence {
    fn of(row: &Row) -> Self {
        let comment = row.comment.trim();
        let (before, after) = match (row.kind, row.action) {
            (Kind::ScheduleFailed, Action::Notify) => {
                ("O lembrete para ", format!(" não foi disparado: {}.", cause(row)))
            }
            (Kind::ScheduleFailed, _) if row.has_message => {
                ("A mensagem para ", format!(" não foi enviada: {}.", cause(row)))
            }
            (Kind::ScheduleFailed, _) => ("O chamado para ", format!(" não foi aberto: {}.", cause(row))),
            (Kind::ScheduleCompleted, Action::Notify) if comment.is_empty() => {
                ("Lembrete agendado para ", ".".into())
            }
            (Kind::ScheduleCompleted, Action::Notify) => ("Lembrete para ", format!(": {}", closed(comment))),
            (Kind::ScheduleCompleted, _) => ("Chamado aberto para ", format!(". Comentário: “{comment}”.")),
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

/// `text` as the end of a sentence.
fn closed(text: &str) -> String {
    let is_closed = text.ends_with(['.', '!', '?', '…']);
    if is_closed { text.to_owned() } else { format!("{text}.") }
}

/// The page of all notifications.
#[derive(Template)]
#[template(path = "notifications/index.html")]
pub struct Index {
    csrf: String,
    items: Vec<Item>,
    pager: Pager,
}

/// The neighbours of a page, as cursors.
struct Pager {
    before: Option<String>,
    after: Option<String>,
    count: String,
}

impl Index {
    pub fn of(page: &PageOf<Row>, csrf: &str) -> Self {
        let count = match page.rows.len() {
            1 => "1 notificação nesta página".into(),
            n => format!("{n} notificações nesta página"),
        };
        Self {
            csrf: csrf.to_owned(),
            items: Item::all(&page.rows, csrf),
            pager: Pager {
                before: page.before.map(|cursor| cursor.to_string()),
                after: page.after.map(|cursor| cursor.to_string()),
                count,
            },
        }
    }
}

/// What the bell opens.
#[derive(Template)]
#[template(path = "notifications/_panel.html")]
pub struct Panel {
    csrf: String,
    items: Vec<Item>,
}

impl Panel {
    pub fn of(rows: &[Row], csrf: &str) -> Self {
        Self { csrf: csrf.to_owned(), items: Item::all(rows, csrf) }
    }
}
