//! Walks from one address of a route to all other addresses with the same path that its pages link to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use scraper::{ElementRef, Html, Selector};

use crate::harness::{Page, TestApp};

/// Maximum addresses per route. Links and forms of a page multiply.
const MOST: usize = 32;

/// Words typed into every search field: a part of many names, of few names, of a telephone; a full name of common
/// names, and one with words that many texts hold.
const SEARCHES: [&str; 6] = [
    "silva",
    "wenceslau xavier",
    "42715",
    "larissa costa barbosa",
    "barbosa ana maria",
    "confirmar larissa costa barbosa visita",
];

pub struct Walk {
    path: String,
    known: BTreeSet<String>,
    ahead: VecDeque<String>,
}

impl Walk {
    pub fn from(addresses: Vec<String>) -> Self {
        let path = path_of(&addresses[0]).to_owned();
        let mut walk = Self { path, known: BTreeSet::new(), ahead: VecDeque::new() };
        addresses.into_iter().for_each(|address| walk.add(address));
        walk
    }

    pub fn next(&mut self) -> Option<String> {
        self.ahead.pop_front()
    }

    /// Collects the links and forms of a page that lead to the same path.
    pub fn arrive(&mut self, page: &Page) {
        let document = Html::parse_document(&page.body);
        for link in document.select(&Selector::parse("a[href]").unwrap()) {
            let href = link.attr("href").unwrap_or_default();
            if path_of(href) == self.path {
                self.add(deep(href));
                self.add(href.to_owned());
            }
        }
        for form in document.select(&Selector::parse("form[method=get]").unwrap()) {
            if path_of(form.attr("action").unwrap_or_default()) == self.path {
                filled(form).into_iter().for_each(|query| self.add(format!("{}?{query}", self.path)));
            }
        }
    }

    fn add(&mut self, address: String) {
        if self.known.len() < MOST && self.known.insert(address.clone()) {
            self.ahead.push_back(address);
        }
    }
}

fn path_of(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}

/// Changes a pager's link so that it begins in the middle of the list.
fn deep(href: &str) -> String {
    for name in ["after=", "before="] {
        let Some((start, rest)) = href.split_once(name) else { continue };
        let (cursor, end) = rest.split_once('&').map_or((rest, ""), |(cursor, end)| (cursor, end));
        let (first, second) = cursor.split_once('-').unwrap_or((cursor, ""));
        let middle = match (first.len(), second.parse::<i64>()) {
            // microseconds and an id
            (12.., Ok(id)) => {
                format!("{}-{}", first.parse::<i64>().unwrap_or_default() - 20_000_000_000_000, id / 2)
            }
            // an id and a name
            (_, Err(_)) => format!("{first}-m"),
            _ => cursor.to_owned(),
        };
        let separator = if end.is_empty() { "" } else { "&" };
        return format!("{start}{name}{middle}{separator}{end}");
    }
    href.to_owned()
}

/// The form with each field filled alone, and with all fields filled.
fn filled(form: ElementRef) -> Vec<String> {
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for input in form.select(&Selector::parse("input[name]").unwrap()) {
        let typed = match input.attr("type").unwrap_or("text") {
            "search" | "text" => SEARCHES.map(str::to_owned).to_vec(),
            "date" => vec!["2026-10-01".into(), "2026-11-30".into()],
            "hidden" => vec![],
            _ => input.attr("value").map(str::to_owned).into_iter().collect(),
        };
        fields.push((input.attr("name").unwrap_or_default().to_owned(), typed));
    }
    let choices = Selector::parse("option[value]").unwrap();
    for select in form.select(&Selector::parse("select[name]").unwrap()) {
        let options = select.select(&choices).filter_map(|o| o.attr("value"));
        let options = options.filter(|value| !value.is_empty()).take(2).map(str::to_owned).collect();
        fields.push((select.attr("name").unwrap_or_default().to_owned(), options));
    }
    let pair = |name: &str, value: &str| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
    let alone = fields.iter().flat_map(|(name, values)| values.iter().map(move |value| pair(name, value)));
    let mut queries: Vec<String> = alone.collect();
    let all = fields.iter().filter_map(|(name, values)| values.first().map(|value| pair(name, value)));
    queries.push(all.collect::<Vec<_>>().join("&"));
    queries
}

/// Ids of records for the routes.
pub struct Records {
    support: i64,
    user: i64,
    /// A contact with many tickets.
    pub contact: i64,
    token: String,
    /// Ids by the first part of the path.
    ids: BTreeMap<&'static str, Vec<i64>>,
}

impl Records {
    pub fn of(app: &TestApp) -> Self {
        let support = app.company.support;
        let newest = |table: &str, condition: &str| {
            app.database.number(&format!("SELECT max(id) AS value FROM {table} WHERE {condition}"))
        };
        let of_status = |table: &str, status: &&str| {
            newest(table, &format!("status = '{status}' AND department_id = {support}"))
        };
        let contact = app.database.number(&format!(
            "SELECT contact_id AS value FROM tickets WHERE department_id = {support}
              GROUP BY contact_id ORDER BY count(*) DESC, 1 LIMIT 1"
        ));
        let schedules = ["scheduled", "completed", "failed", "cancelled"];
        let mut ids = BTreeMap::from([
            ("contacts", vec![contact]),
            ("schedules", schedules.iter().map(|status| of_status("schedules", status)).collect()),
            ("tickets", ["open", "closed"].iter().map(|status| of_status("tickets", status)).collect()),
            ("users", vec![app.company.bruno]),
            ("files", vec![newest("attachments", "schedule_id IS NOT NULL")]),
        ]);
        for table in ["roles", "departments", "people", "channels"] {
            ids.insert(table, vec![newest(table, "true")]);
        }
        let links = pontual::contacts::Links::new(app.shared.keys.key("links"));
        let token = links.token(pontual::ids::ContactId(contact), 1);
        Self { support, user: app.company.bruno, contact, token, ids }
    }

    /// The addresses at which the walk of a route starts: one per kind of record that it may name, and queries that
    /// only scripts send.
    pub fn addresses(&self, route: &str) -> Vec<String> {
        let path = route
            .replace("{token}", &self.token)
            .replace("{contact:[0-9]+}", &self.contact.to_string())
            .replace("{name}", "a.txt");
        let first = route.split('/').nth(1).unwrap_or_default();
        let ids = self.ids.get(if route.contains("/files/") { "files" } else { first });
        let paths: Vec<String> = match ids.filter(|_| path.contains("{id}")) {
            Some(ids) => ids.iter().map(|id| path.replace("{id}", &id.to_string())).collect(),
            None => vec![path],
        };
        assert!(paths.iter().all(|path| !path.contains('{')), "tell how to fill in {route}");
        let searches = SEARCHES.map(|typed| format!("q={}", utf8_percent_encode(typed, NON_ALPHANUMERIC)));
        let records = [
            format!("contact_id={}", self.contact),
            format!("department_id={}", self.support),
            format!("attendant_id={}", self.user),
        ];
        let mut queries: Vec<String> = searches.into_iter().chain(records).collect();
        if matches!(route, "/schedules" | "/schedules/calendar") {
            // A state that few messages have, and one that most have.
            for state in ["failed", "read"] {
                let more = [
                    String::new(),
                    format!("&attendant_id={}", self.user),
                    "&sort=due".into(),
                    "&q=silva".into(),
                ];
                queries.extend(more.iter().map(|more| format!("delivery={state}{more}")));
            }
        }
        let with_queries = |path: &String| {
            let queries = queries.iter().map(|query| format!("{path}?{query}")).collect::<Vec<_>>();
            [path.clone()].into_iter().chain(queries).collect::<Vec<_>>()
        };
        paths.iter().flat_map(with_queries).collect()
    }
}
