//! Who attends a department: one in, one out.

use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use serde_json::json;

use super::queries;
use crate::audit::{self, Action};
use crate::auth::{Can, ClientIp, ManageDepartments};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::{DepartmentId, UserId};
use crate::live::{self, Event};
use crate::web::{Flash, Posted, redirect_with};

/// # Errors
/// `NotFound` for a department or user that is not there.
pub async fn add(
    viewer: Can<ManageDepartments>,
    form: Posted,
    db: web::Data<Db>,
    id: web::Path<DepartmentId>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let user: UserId = form.get("user_id").parse().map_err(|_| Error::NotFound)?;
    let (id, by) = (id.into_inner(), viewer.id);
    db.transaction(move |conn| {
        queries::find(conn, id)?;
        match queries::add(conn, id, user)? {
            true => tell(conn, Action::MemberAdded, (id, user), by, &ip),
            false if crate::users::is_there(conn, user)? => Ok(()),
            false => Err(Error::NotFound),
        }
    })
    .await?;
    Ok(redirect_with(&format!("/departments/{id}"), Flash::MemberAdded))
}

/// # Errors
/// `NotFound` for somebody who is no member.
pub async fn remove(
    viewer: Can<ManageDepartments>,
    _: Posted,
    db: web::Data<Db>,
    path: web::Path<(DepartmentId, UserId)>,
    ClientIp(ip): ClientIp,
) -> Result<HttpResponse> {
    let ((id, user), by) = (path.into_inner(), viewer.id);
    db.transaction(move |conn| match queries::remove(conn, id, user)? {
        true => tell(conn, Action::MemberRemoved, (id, user), by, &ip),
        false => Err(Error::NotFound),
    })
    .await?;
    Ok(redirect_with(&format!("/departments/{id}"), Flash::MemberRemoved))
}

/// Their open pages ask anew for what they may see.
pub(super) fn tell(
    conn: &mut PgConnection,
    action: Action,
    (id, user): (DepartmentId, UserId),
    by: UserId,
    ip: &str,
) -> Result<()> {
    let entry = audit::Entry::of(action).by(by).about(Some(id.0)).with(json!({ "user_id": user }));
    audit::record(conn, &entry.from(ip))?;
    live::announce(conn, &Event::RightsChanged(vec![user]))
}
