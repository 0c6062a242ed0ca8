//! Changes a user.

use diesel::pg::PgConnection;
use serde_json::json;

use super::EditorRights;
use super::editor_rights::lock_managed;
use super::form::{FormContext, UserInput, ValidUser};
use super::queries::{self, User};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::error::Result;
use crate::handover::{self, HandoverAnswer, LeaveOutcome, LeaveRequest};
use crate::ids::{DepartmentId, UserId};
use crate::live::{self, Event};
use crate::refusal::{Refusal, StaleEdit};

/// The form of a user, and the answer to the question of who takes over their work.
pub struct Submission {
    pub input: UserInput,
    pub answer: HandoverAnswer,
}

/// The result of an edit.
pub enum Outcome {
    Saved,
    Refused(Refusal),
    /// The user is leaving departments in which they have work: ask first who takes it over.
    NeedsConfirmation(LeaveRequest, Option<handover::HandoverRefusal>),
}

/// Changes a user whom the editor may manage.
///
/// # Errors
/// Violates `users_email_key` if the address is taken, `last_administrator` if the last one would lose the
/// role.
pub fn update(conn: &mut PgConnection, id: UserId, submission: &Submission, by: &Account) -> Result<Outcome> {
    let input = &submission.input;
    // Also locks the users who take over, because users are locked in the order of their ids.
    handover::lock_with_successors(conn, &submission.answer.successors, id)?;
    let user = lock_managed(conn, id, by)?;
    let context = queries::form_context(conn, by, Some(user.clone()))?;
    let valid = match input.parse(EditorRights::of(by), &context) {
        Ok(valid) => valid,
        Err(errors) => return Ok(Outcome::Refused(errors.into())),
    };
    let fields = changed_fields(&user, &valid, &context);
    if fields.is_empty() {
        return Ok(Outcome::Saved);
    }
    let now = context.snapshot(&user);
    if now.has_changed_since(&input.version) {
        let last = queries::changes(conn, id, 1)?.pop();
        return Ok(Outcome::Refused(StaleEdit::new(&input.version, &now, last).into()));
    }
    let leave = LeaveRequest::new(id, departments_to_leave(&user, &valid, &context), &submission.answer);
    if let LeaveOutcome::NeedsConfirmation(refused) = leave.carry_out(conn, by)? {
        return Ok(Outcome::NeedsConfirmation(leave, refused));
    }
    queries::update(conn, id, &valid)?;
    queries::set_departments(conn, id, &valid.departments)?;
    let mut details = json!({ "fields": fields });
    if user.role_id != valid.role {
        details["role_id"] = json!([user.role_id, valid.role]);
    }
    audit::record(conn, &audit::Entry::of(Action::UserEdited).by(by).about(Some(id.0)).with(details))?;
    // The user now sees the conversations of other departments.
    live::announce(conn, &Event::RightsChanged(vec![id]))?;
    Ok(Outcome::Saved)
}

/// The departments in the form that the user is to leave.
fn departments_to_leave(user: &User, valid: &ValidUser, context: &FormContext) -> Vec<DepartmentId> {
    let shown = context.departments.iter().map(|department| department.id);
    shown.filter(|id| user.departments.contains(id) && !valid.departments.contains(id)).collect()
}

fn changed_fields(user: &User, valid: &ValidUser, context: &FormContext) -> Vec<&'static str> {
    let is_shown = |id: &&_| context.departments.iter().any(|department| department.id == **id);
    let mut before: Vec<_> = user.departments.iter().filter(is_shown).copied().collect();
    let mut after = valid.departments.clone();
    before.sort();
    after.sort();
    let fields = [
        ("name", user.name != valid.name.as_str()),
        ("email", user.email != valid.email.as_str()),
        ("role_id", user.role_id != valid.role),
        ("department_ids", before != after),
    ];
    fields.into_iter().filter(|(_, is_new)| *is_new).map(|(name, _)| name).collect()
}
