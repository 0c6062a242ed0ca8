//! Inviting and editing a user: checks and changes in one transaction.

use diesel::pg::PgConnection;
use serde_json::json;

use super::form::{Draft, Facts, Typed};
use super::queries::{self, User};
use super::{Reach, Token};
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::departures::{self, Leave, Left};
use crate::error::{Error, Result};
use crate::ids::{DepartmentId, UserId};
use crate::live::{self, Event};
use crate::web::{Fields, Refusal, Stale};

/// The result, or why the form was not saved.
pub type Judged<T> = Result<T, Refusal>;

/// The form of a user, and the answer to the question of who takes over their work.
pub struct Submitted {
    pub typed: Typed,
    pub answer: Fields,
}

/// The result of an edit.
pub enum Saved {
    Done,
    Refused(Refusal),
    /// The user is leaving departments in which they have work: ask first who takes it over.
    Asks(Leave, Option<departures::Refused>),
}

/// Adds a user without a password, and the link for choosing one.
///
/// # Errors
/// Violates `users_email_key` if the address is taken.
pub fn invite(conn: &mut PgConnection, typed: &Typed, by: &Account) -> Result<Judged<(UserId, Token)>> {
    let facts = queries::facts(conn, by, None)?;
    let draft = match typed.parse(Reach::of(by), &facts) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Err(errors.into())),
    };
    let id = queries::insert(conn, &draft)?;
    queries::set_departments(conn, id, &draft.departments)?;
    let token = Token::new();
    queries::make_link(conn, id, &token.hash(), by.id)?;
    let details = json!({ "role_id": draft.role, "departments": draft.departments });
    let entry = audit::Entry::of(Action::UserInvited).by(by).about(Some(id.0)).with(details);
    audit::record(conn, &entry)?;
    Ok(Ok((id, token)))
}

/// Changes a user whom the editor may manage.
///
/// # Errors
/// Violates `users_email_key` if the address is taken, `last_administrator` if the last one would lose the
/// role.
pub fn save(conn: &mut PgConnection, id: UserId, form: &Submitted, by: &Account) -> Result<Saved> {
    let typed = &form.typed;
    // Also locks the users who take over, because users are locked in the order of their ids.
    departures::lock_named(conn, &form.answer, id)?;
    let user = managed(conn, id, by)?;
    let facts = queries::facts(conn, by, Some(user.clone()))?;
    let draft = match typed.parse(Reach::of(by), &facts) {
        Ok(draft) => draft,
        Err(errors) => return Ok(Saved::Refused(errors.into())),
    };
    let fields = changed(&user, &draft, &facts);
    if fields.is_empty() {
        return Ok(Saved::Done);
    }
    if let Some(stale) = Stale::since(&typed.version, &facts.snapshot(&user), format!("/users/{id}")) {
        return Ok(Saved::Refused(stale.by(queries::changes(conn, id, 1)?.pop(), by.zone)));
    }
    let leave = Leave::read(&form.answer, id, left(&user, &draft, &facts));
    if let Left::Asks(refused) = leave.carry_out(conn, by)? {
        return Ok(Saved::Asks(leave, refused));
    }
    queries::update(conn, id, &draft)?;
    queries::set_departments(conn, id, &draft.departments)?;
    let mut details = json!({ "fields": fields });
    if user.role_id != draft.role {
        details["role_id"] = json!([user.role_id, draft.role]);
    }
    let entry = audit::Entry::of(Action::UserEdited).by(by).about(Some(id.0)).with(details);
    audit::record(conn, &entry)?;
    // The user now sees the conversations of other departments.
    live::announce(conn, &Event::RightsChanged(vec![id]))?;
    Ok(Saved::Done)
}

/// The user with this id, locked, if `editor` may manage the account. Otherwise `NotFound` or `Forbidden`.
pub fn managed(conn: &mut PgConnection, id: UserId, editor: &Account) -> Result<User> {
    queries::lock(conn, id)?;
    let user = queries::find(conn, id)?;
    if Reach::of(editor).manages(user.rank()) { Ok(user) } else { Err(Error::Forbidden) }
}

/// As `managed`, for changes that give the owner or the editor access to the account. `Forbidden` also if the
/// account has more rights than the editor.
pub fn held(conn: &mut PgConnection, id: UserId, editor: &Account) -> Result<User> {
    let user = managed(conn, id, editor)?;
    if queries::may_take_over(conn, editor, &user)? { Ok(user) } else { Err(Error::Forbidden) }
}

/// The departments in the form that the user is to leave.
fn left(user: &User, draft: &Draft, facts: &Facts) -> Vec<DepartmentId> {
    let shown = facts.departments.iter().map(|department| department.id);
    shown.filter(|id| user.departments.contains(id) && !draft.departments.contains(id)).collect()
}

fn changed(user: &User, draft: &Draft, facts: &Facts) -> Vec<&'static str> {
    let is_shown = |id: &&_| facts.departments.iter().any(|department| department.id == **id);
    let mut before: Vec<_> = user.departments.iter().filter(is_shown).copied().collect();
    let mut after = draft.departments.clone();
    before.sort();
    after.sort();
    let fields = [
        ("name", user.name != draft.name.as_str()),
        ("email", user.email != draft.email.as_str()),
        ("role_id", user.role_id != draft.role),
        ("department_ids", before != after),
    ];
    fields.into_iter().filter(|(_, is_new)| *is_new).map(|(name, _)| name).collect()
}
