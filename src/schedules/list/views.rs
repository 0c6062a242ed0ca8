//! Finished data for the list.

use askama::Template;

use super::filters::Filters;
use super::queries::{Count, Counts, FilterOptions, Row};
use crate::auth::Viewer;
use crate::contacts::display;
use crate::db::PageOf;
use crate::outbox::DeliveryState;
use crate::schedules::Status;
use crate::schedules::views::QUEUE;
use crate::text::thousands;
use crate::web::{FilterRemarks, initials, tint};

mod filter_form;

pub use filter_form::{Chip, FilterForm, ViewSwitch, chips};
use filter_form::{Choosable, PresetLink, presets, sorts};

pub const PATH: &str = "/schedules";

#[derive(Template)]
#[template(path = "schedules/list/index.html")]
pub struct Index {
    tabs: Vec<Tab>,
    switch: ViewSwitch,
    filters: FilterForm,
    chips: Vec<Chip>,
    clear: Option<String>,
    presets: Vec<PresetLink>,
    sorts: Vec<Choosable>,
    /// The filters that stay when the order is changed.
    sorted_with: Vec<(&'static str, String)>,
    lines: Vec<Line>,
    previous: Option<String>,
    next: Option<String>,
    caption: &'static str,
    export: String,
    /// The query string of this list, for the way back from pages that it links to.
    list: String,
    empty: Option<Empty>,
    remarks: FilterRemarks,
}

struct Tab {
    id: &'static str,
    label: &'static str,
    href: String,
    count: String,
    is_current: bool,
}

struct Line {
    is_unspaced: bool,
    /// When it ran, if it was run by hand before its time.
    fired: Option<String>,
    id: i64,
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
    /// What became of its message.
    delivery: Option<DeliveryState>,
    /// The row's action: address and label.
    act: (String, &'static str),
}

/// Shown instead of rows.
struct Empty {
    title: &'static str,
    text: String,
    /// The address that clears the filters, if any are set.
    clear: Option<String>,
}

impl Index {
    pub fn new(
        viewer: &Viewer,
        filters: &Filters,
        options: &FilterOptions,
        counts: Counts,
        page: PageOf<Row>,
    ) -> Self {
        let all = Tab::new("Todos", None, counts.all(), filters);
        let tabs = Status::ALL.iter().map(|tab| Tab::new(tab.label(), Some(*tab), counts.of(*tab), filters));
        let link = |name, cursor: crate::db::Cursor| filters.address(PATH, &[(name, &cursor.to_string())]);
        let address = filters.address("", &[]);
        Self {
            tabs: std::iter::once(all).chain(tabs).collect(),
            switch: ViewSwitch::new("list", filters, None),
            filters: FilterForm::new(filters, options, PATH, &[]),
            chips: chips(filters, options, PATH, &[]),
            clear: filters.are_any().then(|| filters.cleared().address(PATH, &[])),
            presets: presets(filters, PATH),
            sorts: sorts(filters),
            sorted_with: filters.pairs().into_iter().filter(|(name, _)| *name != "sort").collect(),
            previous: page.before.map(|cursor| link("before", cursor)),
            next: page.after.map(|cursor| link("after", cursor)),
            empty: page.rows.is_empty().then(|| Empty::new(filters)),
            lines: page.rows.into_iter().map(|row| Line::new(viewer, row)).collect(),
            caption: filters.order().caption(),
            export: filters.address("/schedules/export.csv", &[]),
            list: address.trim_start_matches('?').to_owned(),
            remarks: FilterRemarks::default(),
        }
    }

    /// Adds remarks about the filters in the address.
    pub fn remarking(self, remarks: FilterRemarks) -> Self {
        Self { remarks, ..self }
    }

    fn on_page(&self) -> String {
        match self.lines.len() {
            1 => "1 agendamento nesta página".into(),
            n => format!("{n} agendamentos nesta página"),
        }
    }

    fn has_pending(&self) -> bool {
        self.lines.iter().any(|line| !line.status.is_final())
    }
}

impl Tab {
    fn new(label: &'static str, status: Option<Status>, count: Count, filters: &Filters) -> Self {
        Self {
            id: status.map_or("all", Status::as_str),
            label,
            href: Filters { status, ..filters.clone() }.address(PATH, &[]),
            count: count_text(count),
            is_current: status == filters.status,
        }
    }
}

impl Line {
    fn new(viewer: &Viewer, row: Row) -> Self {
        let (date, time) = viewer.zone.list_date_and_time(row.due_at);
        Self {
            id: row.id.0,
            initials: initials(&row.contact_name),
            tint: tint(&row.contact_id),
            sub: display::subtitle(&row.phone, &row.email, &row.channel_name),
            contact: row.contact_name,
            date,
            time,
            is_unspaced: row.is_unspaced,
            fired: row.fired_early_at.map(|at| viewer.zone.date_time(at)),
            action: row.action.short_label(),
            department: row.department_name,
            attendant: row.attendant_name.unwrap_or_else(|| QUEUE.into()),
            status: row.status,
            delivery: row.delivery,
            act: match row.status {
                Status::Scheduled => (format!("/schedules/{}/edit", row.id), "Editar"),
                Status::Failed if !row.is_archived => {
                    (format!("/schedules/new?from={}", row.id), "Reagendar")
                }
                Status::Failed | Status::Completed | Status::Cancelled => {
                    (format!("/schedules/{}", row.id), "Ver")
                }
            },
        }
    }
}

impl Empty {
    fn new(filters: &Filters) -> Self {
        if filters.are_any() {
            let clear = Some(filters.cleared().address(PATH, &[]));
            let title = "Nenhum agendamento encontrado";
            if filters.delivery.is_some() && !filters.status.is_none_or(|tab| tab == Status::Completed) {
                let text = "Só agendamentos concluídos enviaram mensagem: veja a aba Concluído.".to_owned();
                return Self { title, text, clear };
            }
            let are_short = filters.q.split_whitespace().all(|word| word.chars().count() <= 2);
            let advice = if are_short && !filters.q.is_empty() {
                " Uma busca só com palavras de uma ou duas letras encontra as palavras que começam com elas."
            } else {
                ""
            };
            return Self {
                title,
                text: format!(
                    "Não há {} que correspondam aos filtros escolhidos.{advice}",
                    match filters.status {
                        None => "agendamentos",
                        Some(Status::Scheduled) => "agendamentos pendentes",
                        Some(Status::Completed) => "agendamentos concluídos",
                        Some(Status::Failed) => "agendamentos com erro",
                        Some(Status::Cancelled) => "agendamentos cancelados",
                    }
                ),
                clear,
            };
        }
        let text = match filters.status {
            None => {
                "Crie o primeiro agendamento para abrir um chamado ou lembrar um atendente na hora certa."
            }
            Some(Status::Scheduled) => "Não há agendamentos aguardando o disparo.",
            Some(Status::Completed) => "Nenhum agendamento foi concluído ainda.",
            Some(Status::Failed) => "Nenhum agendamento terminou com erro.",
            Some(Status::Cancelled) => "Nenhum agendamento foi cancelado.",
        };
        Self { title: "Nenhum agendamento por aqui", text: text.into(), clear: None }
    }
}

/// The number, or if the count was cut, a rounded one with a plus sign such as `1.000+`: `1.512+` would look
/// exact. Dots, if none had been found when the count was cut.
pub fn count_text(count: Count) -> String {
    if !count.is_cut {
        return thousands(count.at_least);
    }
    if count.at_least == 0 {
        return "…".to_owned();
    }
    let unit = 10_i64.pow(count.at_least.ilog10());
    format!("{}+", thousands(count.at_least / unit * unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_was_cut_says_so() {
        let cut = |at_least| count_text(Count { at_least, is_cut: true });
        assert_eq!(
            [cut(1_000), cut(1_512), cut(537), cut(37), cut(7), cut(0)],
            ["1.000+", "1.000+", "500+", "30+", "7+", "…"]
        );
        assert_eq!(count_text(Count { at_least: 537, is_cut: false }), "537");
    }
}
