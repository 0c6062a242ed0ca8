//! The sessions of a user: a list, and ending them by the user or by a user who manages the account.

use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use super::saving::held;
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageUsers};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::live::{self, Event};
use crate::web::{Posted, redirect_with};

pub use super::queries::{OpenSession, open_sessions};
pub use super::views::SessionList;

/// Ends all sessions of a user except `except`, and their streams.
pub fn end_all(conn: &mut PgConnection, user: UserId, except: Option<Uuid>, by: &Account) -> Result<()> {
    let ended = queries::end_sessions(conn, user, None, except)?;
    tell(conn, user, by, ended)
}

/// Ends one session of a user. `NotFound` if it is not theirs or has ended.
pub fn end_one(conn: &mut PgConnection, user: UserId, session: Uuid, by: &Account) -> Result<()> {
    match queries::end_sessions(conn, user, Some(session), None)? {
        0 => Err(Error::NotFound),
        ended => tell(conn, user, by, ended),
    }
}

/// Records and announces the end. A stream belongs to a user, not to a session: all of the user's streams
/// restart, if they still may.
fn tell(conn: &mut PgConnection, user: UserId, by: &Account, ended: usize) -> Result<()> {
    let entry = audit::Entry::of(Action::SessionsEnded).by(by).about(Some(user.0));
    audit::record(conn, &entry.with(json!({ "count": ended })))?;
    live::announce(conn, &Event::RightsChanged(vec![user]))
}

pub async fn end_all_of(
    viewer: Can<ManageUsers>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<UserId>,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    db.transaction(move |conn| {
        held(conn, id, &who)?;
        end_all(conn, id, None, &who)
    })
    .await?;
    Ok(redirect_with(&format!("/users/{id}"), "Sessões encerradas."))
}

pub async fn end_one_of(
    viewer: Can<ManageUsers>,
    _: Posted,
    db: web::Data<Db>,
    path: web::Path<(UserId, Uuid)>,
) -> Result<HttpResponse> {
    let ((id, session), who) = (path.into_inner(), viewer.clone());
    db.transaction(move |conn| {
        held(conn, id, &who)?;
        end_one(conn, id, session, &who)
    })
    .await?;
    Ok(redirect_with(&format!("/users/{id}"), "Sessão encerrada."))
}
