//! The form of a new department, and the page of an existing one.

use askama::Template;

use crate::auth::{Permission, Viewer};
use crate::db::{NameCursor, PageOf};
use crate::departments::form::{Name, snapshot};
use crate::departments::queries::{Candidate, Department, Member};
use crate::refusal::FieldErrors;
use crate::users::Standing;
use crate::web::{RefusedForm, StaleNotice, initials, tint};

#[derive(Template)]
#[template(path = "departments/new.html")]
pub struct New {
    name: String,
    errors: FieldErrors,
}

impl New {
    pub fn of(name: &str, errors: FieldErrors) -> Self {
        Self { name: name.to_owned(), errors }
    }

    fn name_limit(&self) -> usize {
        Name::LIMIT
    }
}

/// The result of a search for new members; `candidates` is `None` if nothing was typed.
pub struct CandidateSearch {
    pub q: String,
    /// Each with whether the viewer may add them.
    pub candidates: Option<Vec<(Candidate, bool)>>,
}

#[derive(Template)]
#[template(path = "departments/edit.html")]
pub struct Edit {
    id: String,
    title: String,
    name: String,
    is_active: bool,
    errors: FieldErrors,
    version: String,
    stale: Option<StaleNotice>,
    members: Vec<MemberLine>,
    before: Option<String>,
    after: Option<String>,
    found: CandidateSearch,
    /// Whether the viewer may open the members' pages.
    may_open_users: bool,
    /// The changes: what, who, when.
    history: Vec<String>,
}

struct MemberLine {
    id: String,
    name: String,
    email: String,
    initials: String,
    tint: u32,
    /// Why they cannot sign in: "convidado" or "inativo". Empty if they can.
    absence: String,
}

impl Edit {
    pub fn new(
        viewer: &Viewer,
        department: Department,
        members: PageOf<Member, NameCursor>,
        found: CandidateSearch,
    ) -> Self {
        let address = |direction: &str, cursor: NameCursor| {
            format!("/departments/{}?{direction}={cursor}#membros", department.id)
        };
        Self {
            id: department.id.to_string(),
            before: members.before.map(|cursor| address("before", cursor)),
            after: members.after.map(|cursor| address("after", cursor)),
            version: snapshot(&department).version(),
            stale: None,
            title: department.name.clone(),
            name: department.name,
            is_active: department.is_active,
            errors: FieldErrors::default(),
            members: members.rows.into_iter().map(MemberLine::new).collect(),
            found,
            may_open_users: viewer.may(Permission::Users),
            history: Vec::new(),
        }
    }

    pub fn with_history(self, history: Vec<String>) -> Self {
        Self { history, ..self }
    }

    /// The same page with what was typed, and why it was not saved.
    pub fn refused(self, refused: RefusedForm) -> Self {
        let [name, version] = ["name", "version"].map(|name| refused.form.get(name).to_owned());
        let (errors, stale) = refused.shown(|_, _| None);
        Self { name, version, errors, stale, ..self }
    }

    /// The title of the browser's tab.
    pub fn name(&self) -> String {
        self.title.clone()
    }

    fn name_limit(&self) -> usize {
        Name::LIMIT
    }
}

impl MemberLine {
    fn new(member: Member) -> Self {
        let absence = match member.standing {
            Standing::Active => String::new(),
            absent => absent.label().to_lowercase(),
        };
        Self {
            id: member.id.to_string(),
            initials: initials(&member.name),
            tint: tint(&member.id),
            name: member.name,
            email: member.email,
            absence,
        }
    }
}
