//! Views of the page of one user: the form, the link for a password, the sessions.

use askama::Template;
use uuid::Uuid;

use super::SessionList;
use crate::auth::Viewer;
use crate::refusal::FieldErrors;
use crate::users::form::{FormContext, UserInput};
use crate::users::queries::{OpenSession, Standing, User};
use crate::users::{EditorRights, Name};
use crate::web::{RefusedForm, StaleNotice};

#[derive(Template)]
#[template(path = "users/form.html")]
pub struct FormPage {
    typed: UserInput,
    roles: Vec<Choice>,
    departments: Vec<Choice>,
    errors: FieldErrors,
    stale: Option<StaleNotice>,
    account: Option<ExistingUser>,
    sessions: Option<SessionList>,
    /// Who changed what and when.
    history: Vec<String>,
    /// Why the viewer may not change the account. `None` if they may.
    locked: Option<&'static str>,
    is_self: bool,
    /// Whether the editor may add the user only to their own departments.
    adds_only_to_own_departments: bool,
    /// Whether the editor has all rights of the account, and so may change its e-mail address, link and
    /// sessions.
    may_take_over: bool,
    viewer: Viewer,
}

struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
    is_locked: bool,
}

/// The account of an existing user.
struct ExistingUser {
    id: String,
    name: String,
    standing: Standing,
    has_password: bool,
    /// When the unused link expires.
    link: Option<String>,
}

impl FormPage {
    pub fn new(viewer: &Viewer, context: FormContext, typed: UserInput) -> Self {
        let rights = EditorRights::of(viewer);
        let user = context.before.as_ref();
        let is_locked = user.is_some_and(|user| !rights.can_manage(user.role_rights()));
        let is_offered = |role: &&crate::users::queries::Role| {
            rights.can_grant(role.role_rights()) || user.is_some_and(|user| user.role_id == role.id)
        };
        Self {
            roles: context
                .roles
                .iter()
                .filter(is_offered)
                .map(|role| Choice::new(&role.id, &role.name, |value| value == typed.role_id, false))
                .collect(),
            departments: context
                .departments
                .iter()
                .map(|one| {
                    let is_held = user.is_some_and(|user| user.departments.contains(&one.id));
                    let is_chosen = |value: &str| typed.departments.iter().any(|id| id == value);
                    Choice::new(&one.id, &one.name, is_chosen, !is_held && !context.may_add_to(one.id))
                })
                .collect(),
            adds_only_to_own_departments: context.allowed_departments.is_some(),
            may_take_over: context.may_take_over,
            errors: FieldErrors::default(),
            stale: None,
            account: user.map(|user| ExistingUser::new(viewer, user)),
            sessions: None,
            history: Vec::new(),
            locked: is_locked.then_some("Só o administrador altera esta conta."),
            is_self: user.is_some_and(|user| rights.is_self(user.id)),
            viewer: viewer.clone(),
            typed,
        }
    }

    /// Adds the list of sessions, if the viewer may end them.
    pub fn with_sessions(mut self, open: Vec<OpenSession>, current: Option<Uuid>) -> Self {
        if let (None, true, Some(account)) = (self.locked, self.may_take_over, &self.account) {
            let base = format!("/users/{}", account.id);
            self.sessions = Some(SessionList::new(&self.viewer, &base, open, current));
        }
        self
    }

    pub fn with_history(self, history: Vec<String>) -> Self {
        Self { history, ..self }
    }

    /// The same form with the typed text.
    fn with(mut self, typed: UserInput) -> Self {
        for role in &mut self.roles {
            role.is_chosen = role.value == typed.role_id;
        }
        for department in &mut self.departments {
            department.is_chosen = typed.departments.contains(&department.value);
        }
        Self { typed, ..self }
    }

    /// The same form with the reason why it was not saved.
    pub fn refused(self, refused: RefusedForm) -> Self {
        let page = self.with(UserInput::read(&refused.form));
        let (errors, stale) = refused.shown(|field, value| page.label_of(field, value));
        Self { errors, stale, ..page }
    }

    /// The label of a choice that the form offers.
    fn label_of(&self, field: &str, value: &str) -> Option<String> {
        let choices = match field {
            "role_id" => &self.roles,
            "departments" => &self.departments,
            _ => return None,
        };
        let chosen = choices.iter().find(|choice| choice.value == value);
        Some(chosen.map(|choice| choice.label.clone()).unwrap_or_default())
    }

    fn name_limit(&self) -> usize {
        Name::LIMIT
    }
}

impl Choice {
    fn new(value: &impl ToString, label: &str, is_chosen: impl Fn(&str) -> bool, is_locked: bool) -> Self {
        let value = value.to_string();
        Self { is_chosen: is_chosen(&value), label: label.to_owned(), is_locked, value }
    }
}

impl ExistingUser {
    fn new(viewer: &Viewer, user: &User) -> Self {
        let now = chrono::Utc::now();
        Self {
            id: user.id.to_string(),
            name: user.name.clone(),
            standing: user.standing,
            has_password: user.has_password,
            link: user.link_until.map(|until| match until > now {
                true => format!("O link feito por último vale até {}.", viewer.zone.date_time(until)),
                false => format!("O link feito por último venceu em {}.", viewer.zone.date_time(until)),
            }),
        }
    }
}
