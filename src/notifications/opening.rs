//! "Ir para conversa".

use actix_web::{HttpResponse, web};

use super::bell;
use crate::auth::Viewer;
use crate::conversations::readers::readers;
use crate::db::Db;
use crate::error::Result;
use crate::ids::NotificationId;
use crate::web::{Posted, redirect};

/// Marks the notification as read and redirects to the conversation. Users who may not read the conversation
/// are redirected to the contact's page, or else to the schedule's.
pub async fn create(
    _: Posted,
    viewer: Viewer,
    id: web::Path<NotificationId>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (user, id) = (viewer.id, id.into_inner());
    let (to, is_reader) = db
        .transaction(move |conn| {
            let to = bell::open(conn, user, id)?;
            let is_reader = !readers(conn, to.contact_id, &[user])?.is_empty();
            Ok((to, is_reader))
        })
        .await?;
    Ok(redirect(&match to.ticket_id {
        Some(ticket) if is_reader => format!("/tickets/{ticket}"),
        None if is_reader => format!("/contacts/{}/conversation", to.contact_id),
        _ if viewer.reads_contacts() => format!("/contacts/{}", to.contact_id),
        _ => to.schedule_id.map_or_else(|| "/notifications".to_owned(), |id| format!("/schedules/{id}")),
    }))
}
