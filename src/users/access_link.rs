//! Makes a one-time link for a user whose account the viewer may take over.

use actix_web::{HttpResponse, web};

use super::make_link::make_link;
use super::views::NewLink;
use crate::auth::{Can, ManageUsers};
use crate::config::Config;
use crate::db::Db;
use crate::error::Result;
use crate::ids::UserId;
use crate::web::{Posted, Shell};

/// Makes a new link, which invalidates the older one, and shows it once.
pub async fn create(
    viewer: Can<ManageUsers>,
    _: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<UserId>,
    config: web::Data<Config>,
) -> Result<HttpResponse> {
    let (id, by) = (id.into_inner(), viewer.clone());
    let (user, token) = db.transaction(move |conn| make_link(conn, id, &by)).await?;
    let view = NewLink::new(&user, config.link(&token.path()), viewer.zone);
    shell.page("Link de acesso", view)
}
