//! The page of notifications.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::{Filter, queries, views};
use crate::auth::Viewer;
use crate::db::{Cursor, Db};
use crate::error::Result;
use crate::web::Shell;

#[derive(Deserialize)]
pub struct NotificationsQuery {
    #[serde(default)]
    filter: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    before: String,
}

impl NotificationsQuery {
    /// The row where the page starts, and whether the page lies before it. Without a valid cursor it is the
    /// first page.
    fn start(&self) -> (Option<Cursor>, bool) {
        match self.before.parse() {
            Ok(cursor) => (Some(cursor), true),
            Err(()) => (self.after.parse().ok(), false),
        }
    }
}

pub async fn index(
    viewer: Viewer,
    shell: Shell,
    query: web::Query<NotificationsQuery>,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (user, filter, start) = (viewer.id, Filter::named(&query.filter), query.start());
    let (page, counts) = db
        .run(move |conn| Ok((queries::page_of(conn, user, filter, start)?, queries::counts(conn, user)?)))
        .await?;
    let view = views::Index::new(&viewer, filter, counts, &page);
    shell.page("Notificações", view)
}
