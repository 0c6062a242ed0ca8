//! What the list and the calendar share: the form of the filters, the active filters as chips, and the switch
//! between list, month and week.

use std::sync::Arc;

use askama::Template;
use chrono::NaiveDate;

use crate::outbox::DeliveryState;
use crate::schedules::Action;
use crate::schedules::list::filters::{Attendant, Filters, Sort};
use crate::schedules::list::period::{Period, Preset};
use crate::schedules::list::queries::FilterOptions;
use crate::schedules::queries::Choice;
use crate::schedules::views::QUEUE;

/// The filters as a form. With JavaScript, each change of a field submits it.
#[derive(Template)]
#[template(path = "schedules/list/_filters.html")]
pub struct FilterForm {
    path: &'static str,
    q: String,
    departments: Arc<[Choice]>,
    users: Arc<[Choice]>,
    actions: Vec<Choosable>,
    deliveries: Vec<Choosable>,
    /// The chosen ids; 0 if nothing is chosen.
    department: i64,
    attendant: i64,
    creator: i64,
    is_queue: bool,
    from: String,
    to: String,
    /// Values that the form submits without showing them.
    hidden: Vec<(String, String)>,
    /// Id of the element that a change replaces, and selectors of the others that it replaces.
    results: &'static str,
    beside: &'static str,
    /// The number of filters that are set in the folded part.
    folded: usize,
    is_list: bool,
    /// Whether users are searched on the server, because there are more than a select holds.
    has_more_users: bool,
}

/// An option of a select.
pub struct Choosable {
    pub value: String,
    pub label: String,
    pub is_chosen: bool,
}

pub struct PresetLink {
    pub id: &'static str,
    pub href: String,
    pub label: &'static str,
    pub is_current: bool,
}

impl FilterForm {
    /// The form of the page at `path`, which keeps the pairs `more` in its address.
    pub fn new(
        filters: &Filters,
        options: &FilterOptions,
        path: &'static str,
        more: &[(&str, &str)],
    ) -> Self {
        let is_list = more.is_empty();
        let (from, to) = filters.period.map_or((None, None), Period::dates);
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let kept: &[&str] =
            if is_list { &["status", "period", "sort"] } else { &["status", "period", "from", "to", "sort"] };
        let more_pairs = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let hidden = filters.pairs().into_iter().filter(|(name, _)| kept.contains(name));
        Self {
            path,
            q: filters.q.clone(),
            departments: options.departments.clone(),
            users: options.users.clone(),
            department: filters.department.map_or(0, |id| id.0),
            attendant: match filters.attendant {
                Some(Attendant::User(id)) => id.0,
                Some(Attendant::Queue) | None => 0,
            },
            creator: filters.creator.map_or(0, |id| id.0),
            is_queue: filters.attendant == Some(Attendant::Queue),
            actions: Action::ALL
                .iter()
                .map(|action| {
                    Choosable::new(action.as_str(), action.label(), filters.action == Some(*action))
                })
                .collect(),
            deliveries: DeliveryState::ALL
                .iter()
                .map(|state| Choosable::new(state.as_str(), state.label(), filters.delivery == Some(*state)))
                .collect(),
            from: day(from),
            to: day(to),
            hidden: hidden.map(|(name, value)| (name.to_owned(), value)).chain(more_pairs).collect(),
            results: if is_list { "schedule-results" } else { "calendar-results" },
            beside: if is_list {
                "#schedule-tabs,#schedule-views,#filter-hidden"
            } else {
                "#schedule-views,#filter-hidden"
            },
            folded: filters.folded(),
            is_list,
            has_more_users: options.has_more_users,
        }
    }
}

impl Choosable {
    fn new(value: &str, label: &str, is_chosen: bool) -> Self {
        Self { value: value.into(), label: label.into(), is_chosen }
    }
}

/// The orders of the list.
pub fn sorts(filters: &Filters) -> Vec<Choosable> {
    let one = |sort: &Sort| Choosable::new(sort.as_str(), sort.label(), filters.order() == *sort);
    Sort::ALL.iter().map(one).collect()
}

/// Links that choose a preset period, or clear it if it is chosen.
pub fn presets(filters: &Filters, path: &str) -> Vec<PresetLink> {
    let link = |preset: &Preset| {
        let is_current = filters.period == Some(Period::Preset(*preset));
        let period = (!is_current).then_some(Period::Preset(*preset));
        let href = Filters { period, ..filters.clone() }.address(path, &[]);
        PresetLink { id: preset.as_str(), href, label: preset.label(), is_current }
    };
    Preset::ALL.iter().map(link).collect()
}

/// An active filter, and the address without it.
pub struct Chip {
    pub label: String,
    pub href: String,
}

/// The active filters, in the order of the form.
pub fn chips(filters: &Filters, options: &FilterOptions, path: &str, more: &[(&str, &str)]) -> Vec<Chip> {
    let name = |choices: &[Choice], id: i64| {
        choices.iter().find(|choice| choice.id == id).map(|choice| choice.name.clone()).unwrap_or_default()
    };
    let attendant = |attendant: Attendant| match attendant {
        Attendant::Queue => QUEUE.to_owned(),
        Attendant::User(id) => name(&options.users, id.0),
    };
    let active = [
        (!filters.q.is_empty())
            .then(|| (format!("Busca: {}", filters.q), Filters { q: String::new(), ..filters.clone() })),
        filters.department.map(|id| {
            let label = format!("Departamento: {}", name(&options.departments, id.0));
            (label, Filters { department: None, ..filters.clone() })
        }),
        filters.attendant.map(|who| {
            (format!("Atendente: {}", attendant(who)), Filters { attendant: None, ..filters.clone() })
        }),
        filters.creator.map(|id| {
            let label = format!("Criado por: {}", name(&options.users, id.0));
            (label, Filters { creator: None, ..filters.clone() })
        }),
        filters.action.map(|action| {
            (format!("Ação: {}", action.short_label()), Filters { action: None, ..filters.clone() })
        }),
        filters.delivery.map(|state| {
            (format!("Mensagem: {}", state.label()), Filters { delivery: None, ..filters.clone() })
        }),
        filters.period.map(|period| {
            (format!("Período: {}", period.label()), Filters { period: None, ..filters.clone() })
        }),
    ];
    let chip = |(label, filters): (String, Filters)| Chip { label, href: filters.address(path, more) };
    active.into_iter().flatten().map(chip).collect()
}

/// Links to list, month and week. Each keeps the filters.
pub struct ViewSwitch {
    pub links: Vec<ViewLink>,
}

pub struct ViewLink {
    pub label: &'static str,
    pub icon: &'static str,
    pub href: String,
    pub is_current: bool,
}

impl ViewSwitch {
    /// `day` is the day that the calendar shows. The list passes `None`: its links use the first date of the
    /// period filter, if one is set.
    pub fn new(current: &str, filters: &Filters, day: Option<NaiveDate>) -> Self {
        let first_day =
            day.or_else(|| filters.period.and_then(|period| period.dates().0)).map(|day| day.to_string());
        let link = |view: &'static str, label, icon| {
            let mut more = vec![("view", view)];
            more.extend(first_day.as_deref().map(|day| ("date", day)));
            let href = match view {
                "list" => filters.address(super::PATH, &[]),
                _ => filters.address("/schedules/calendar", &more),
            };
            ViewLink { label, icon, href, is_current: view == current }
        };
        Self {
            links: vec![
                link("list", "Lista", "list"),
                link("month", "Mês", "calendar-month"),
                link("week", "Semana", "calendar-week"),
            ],
        }
    }
}
