//! The list of conversations as a page, and the number beside its name in the panel.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::json;

use super::queries::count_unseen;
use super::{Inbox, InboxQuery};
use crate::auth::Attendant;
use crate::db::Db;
use crate::error::Result;
use crate::web::Shell;

#[derive(Template)]
#[template(path = "conversations/inbox/index.html")]
struct Index {
    inbox: Inbox,
}

pub async fn index(
    attendant: Attendant,
    shell: Shell,
    query: web::Query<InboxQuery>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let viewer = (*attendant).clone();
    let inbox = db.run(move |conn| Inbox::load(conn, &viewer, &query)).await?;
    shell.page("Conversas", Index { inbox })
}

/// The current number beside "Conversas" in the panel.
pub async fn unseen(attendant: Attendant, db: web::Data<Db>) -> Result<HttpResponse> {
    let user = attendant.id;
    let unseen = db.run(move |conn| count_unseen(conn, user)).await?;
    Ok(HttpResponse::Ok().json(json!({ "unseen": unseen })))
}
