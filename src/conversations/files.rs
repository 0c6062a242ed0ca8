//! Downloads of files. The readers of its schedule or conversation may see a file, and so may the customer who
//! received it.

use actix_web::{HttpRequest, HttpResponse, web};
use diesel::pg::PgConnection;
use diesel::prelude::*;

use super::chat::Customer;
use super::readers::readers;
use super::thread::Kind;
use crate::auth::Viewer;
use crate::db::{self, Db};
use crate::error::{Error, Result};
use crate::files::queries::by_id;
use crate::files::{self, Attachment, Files};
use crate::ids::{AttachmentId, ContactId, UserId};
use crate::schedules::is_readable;
use crate::schema::{attachments, blobs, messages};

/// A file for a user. Not found if the user may not see it.
pub async fn show(
    viewer: Viewer,
    db: web::Data<Db>,
    files: web::Data<Files>,
    path: web::Path<(AttachmentId, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (user, (id, _)) = (viewer.id, path.into_inner());
    let file = db.run(move |conn| readable(conn, user, id)).await?;
    files::answer(&files, &file, &request).await
}

/// A file for a customer. Not found without a valid link, or if it was not sent to this customer.
pub async fn show_to_customer(
    customer: Customer,
    db: web::Data<Db>,
    files: web::Data<Files>,
    path: web::Path<(String, AttachmentId, String)>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (contact, (_, id, _)) = (customer.id, path.into_inner());
    let file = db.run(move |conn| sent_to(conn, contact, id)).await?;
    files::answer(&files, &file, &request).await
}

/// A file that `viewer` may see: their own upload, or a file of a schedule or conversation that they may
/// read.
pub fn readable(conn: &mut PgConnection, viewer: UserId, id: AttachmentId) -> Result<Attachment> {
    // Made of a condition in SQL that other statements share.
    let (is_readable, contact): (bool, Option<ContactId>) = db::prepared(format!(
        "SELECT CASE WHEN s.id IS NOT NULL THEN {readable}
                     ELSE a.message_id IS NULL AND coalesce(a.uploaded_by = $2, false) END AS is_readable,
                m.contact_id
           FROM attachments a
           LEFT JOIN schedules s ON s.id = a.schedule_id
           LEFT JOIN messages m ON m.id = a.message_id
          WHERE a.id = $1",
        readable = is_readable("$2")
    ))
    .bind(id)
    .bind(viewer)
    .get_result(conn)?;
    let may_read = match contact {
        Some(contact) => !readers(conn, contact, &[viewer])?.is_empty(),
        None => is_readable,
    };
    if may_read { by_id(conn, id) } else { Err(Error::NotFound) }
}

/// A file that was sent to `contact`.
pub fn sent_to(conn: &mut PgConnection, contact: ContactId, id: AttachmentId) -> Result<Attachment> {
    Ok(attachments::table
        .inner_join(blobs::table)
        .inner_join(messages::table)
        .filter(attachments::id.eq(id))
        .filter(messages::contact_id.eq(contact))
        .filter(messages::kind.eq_any([Kind::Customer, Kind::Attendant]))
        .select(Attachment::as_select())
        .first(conn)?)
}
