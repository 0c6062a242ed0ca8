//! Views of the list of users.

use askama::Template;

use crate::auth::Viewer;
use crate::db::{NameCursor, PageOf};
use crate::users::handlers::ListQuery;
use crate::users::queries::{Department, Role, Row, Standing};
use crate::web::{initials, tint};

/// The data of the list.
pub struct Listed {
    pub page: PageOf<Row, NameCursor>,
    pub roles: Vec<Role>,
    pub departments: Vec<Department>,
}

#[derive(Template)]
#[template(path = "users/index.html")]
pub struct Index {
    q: String,
    roles: Vec<Choice>,
    departments: Vec<Choice>,
    standings: Vec<Choice>,
    lines: Vec<Line>,
    before: Option<String>,
    after: Option<String>,
    is_filtered: bool,
}

struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

struct Line {
    id: String,
    name: String,
    initials: String,
    tint: u32,
    email: String,
    departments: String,
    role: String,
    standing: Standing,
    state: &'static str,
    is_self: bool,
}

impl Index {
    pub fn new(viewer: &Viewer, query: ListQuery, listed: Listed) -> Self {
        let roles = listed.roles.iter().map(|role| Choice::new(&role.id, &role.name, &query.role_id));
        let departments =
            listed.departments.iter().map(|one| Choice::new(&one.id, &one.name, &query.department_id));
        let standings =
            Standing::ALL.iter().map(|one| Choice::new(&one.as_str(), one.label(), &query.standing));
        let page = listed.page;
        Self {
            before: page.before.map(|cursor| address(&query, "before", &cursor)),
            after: page.after.map(|cursor| address(&query, "after", &cursor)),
            roles: roles.collect(),
            departments: departments.collect(),
            standings: standings.collect(),
            lines: page.rows.into_iter().map(|row| Line::new(viewer, row)).collect(),
            is_filtered: [&query.q, &query.role_id, &query.department_id, &query.standing]
                .iter()
                .any(|value| !value.is_empty()),
            q: query.q,
        }
    }

    fn on_page(&self) -> String {
        match self.lines.len() {
            1 => "1 atendente nesta página".into(),
            n => format!("{n} atendentes nesta página"),
        }
    }
}

impl Choice {
    fn new(value: &impl ToString, label: &str, chosen: &str) -> Self {
        let value = value.to_string();
        Self { is_chosen: value == chosen, label: label.to_owned(), value }
    }
}

impl Line {
    fn new(viewer: &Viewer, row: Row) -> Self {
        Self {
            is_self: row.id == viewer.id,
            id: row.id.to_string(),
            initials: initials(&row.name),
            tint: tint(&row.id),
            name: row.name,
            email: row.email,
            departments: row.departments,
            role: row.role_name,
            state: match row.standing {
                Standing::Invited if row.is_expired => "Convite vencido",
                standing => standing.label(),
            },
            standing: row.standing,
        }
    }
}

fn address(query: &ListQuery, direction: &str, cursor: &NameCursor) -> String {
    let kept = [
        ("q", query.q.as_str()),
        ("role_id", &query.role_id),
        ("department_id", &query.department_id),
        ("standing", &query.standing),
    ];
    let kept: Vec<_> = kept.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let kept = serde_urlencoded::to_string(kept).unwrap_or_default();
    let separator = if kept.is_empty() { "" } else { "&" };
    format!("/users?{kept}{separator}{direction}={cursor}")
}
