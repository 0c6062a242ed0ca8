//! The list.

use askama::Template;

use crate::auth::Viewer;
use crate::contacts::display;
use crate::schedules::Status;
use crate::schedules::queries::{Counts, Row};
use crate::web::{PageOf, initials, tint};

#[derive(Template)]
#[template(path = "schedules/index.html")]
pub struct Index {
    tabs: Vec<Tab>,
    lines: Vec<Line>,
    newer: Option<String>,
    older: Option<String>,
    /// What the empty list says.
    nothing: &'static str,
}

struct Tab {
    label: &'static str,
    href: String,
    count: String,
    is_current: bool,
}

struct Line {
    id: String,
    initials: String,
    tint: u32,
    contact: String,
    sub: String,
    date: String,
    time: String,
    action: &'static str,
    department: String,
    attendant: String,
    status: Status,
}

impl Index {
    pub fn new(viewer: &Viewer, status: Option<Status>, counts: Counts, page: PageOf<Row>) -> Self {
        let all = Tab::new("Todos", None, counts.all(), status);
        let tabs = Status::ALL.iter().map(|tab| Tab::new(tab.label(), Some(*tab), counts.of(*tab), status));
        Self {
            tabs: std::iter::once(all).chain(tabs).collect(),
            newer: page.before.map(|cursor| address(status, &format!("before={cursor}"))),
            older: page.after.map(|cursor| address(status, &format!("after={cursor}"))),
            lines: page.rows.into_iter().map(|row| Line::new(viewer, row)).collect(),
            nothing: match status {
                None => {
                    "Crie o primeiro agendamento para abrir um chamado ou lembrar um atendente na hora certa."
                }
                Some(Status::Scheduled) => "Não há agendamentos aguardando o disparo.",
                Some(Status::Completed) => "Nenhum agendamento foi concluído ainda.",
                Some(Status::Failed) => "Nenhum agendamento terminou com erro.",
                Some(Status::Cancelled) => "Nenhum agendamento foi cancelado.",
            },
        }
    }

    fn on_page(&self) -> String {
        match self.lines.len() {
            1 => "1 agendamento nesta página".into(),
            n => format!("{n} agendamentos nesta página"),
        }
    }
}

impl Tab {
    fn new(label: &'static str, status: Option<Status>, count: i64, current: Option<Status>) -> Self {
        Self { label, href: address(status, ""), count: thousands(count), is_current: status == current }
    }
}

impl Line {
    fn new(viewer: &Viewer, row: Row) -> Self {
        Self {
            id: row.id.to_string(),
            initials: initials(&row.contact_name),
            tint: tint(&row.contact_id),
            sub: display::line(&row.phone, &row.email, &row.channel_name),
            contact: row.contact_name,
            date: viewer.zone.list_date(row.due_at),
            time: viewer.zone.time(row.due_at),
            action: row.action.short_label(),
            department: row.department_name,
            attendant: row.attendant_name.unwrap_or_else(|| "Fila do departamento".into()),
            status: row.status,
        }
    }
}

fn address(status: Option<Status>, cursor: &str) -> String {
    let status = status.map(|status| format!("status={}", status.as_str())).unwrap_or_default();
    let query: Vec<&str> = [status.as_str(), cursor].into_iter().filter(|part| !part.is_empty()).collect();
    if query.is_empty() { "/schedules".into() } else { format!("/schedules?{}", query.join("&")) }
}

/// `1.234`.
fn thousands(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_as_in_brazil() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1234), "1.234");
        assert_eq!(thousands(1_000_000), "1.000.000");
    }
}
