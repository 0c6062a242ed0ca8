//! The pages of imports.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use super::ImportStatus;
use super::queries::{self, Import};
use super::upload::store_upload;
use super::views::{New, Show};
use crate::auth::{Can, ManageContacts};
use crate::contacts::queries::channels;
use crate::db::Db;
use crate::error::Result;
use crate::files::{PostedFile, PostedFiles};
use crate::ids::{ChannelId, ImportId};
use crate::refusal::FieldErrors;
use crate::web::{Shell, redirect};

pub async fn new(viewer: Can<ManageContacts>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let (channels, recent) = db.run(|conn| Ok((channels(conn, None)?, queries::recent(conn)?))).await?;
    let page = New::of(&viewer, channels, &recent);
    shell.page("Importar contatos", page)
}

/// Stores the uploaded file and redirects to its columns.
pub async fn create(
    viewer: Can<ManageContacts>,
    mut form: PostedFiles,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let chosen: Option<ChannelId> = form.get("channel_id").parse().ok();
    let mut errors = FieldErrors::default();
    match form.files.pop() {
        Some(PostedFile { name, content: Some(received) }) => {
            match store_upload(&db, &viewer, chosen, (&name, received), &form.store).await? {
                Ok(id) => return Ok(redirect(&format!("/contacts/imports/{id}/columns"))),
                Err(refused) => errors = refused,
            }
        }
        Some(PostedFile { content: None, .. }) => {
            errors.add("file", "O arquivo passa de 16 MB. Divida em partes e envie uma por vez.");
        }
        None => errors.add("file", "Escolha o arquivo."),
    }
    let (channels, recent) =
        db.run(move |conn| Ok((channels(conn, chosen)?, queries::recent(conn)?))).await?;
    let page = New::of(&viewer, channels, &recent).refused(chosen, errors);
    shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Importar contatos", page)
}

/// The preview, the progress or the result, depending on the status.
pub async fn show(
    viewer: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    let (import, lines, refused, leftovers) = db
        .run(move |conn| {
            let import: Import = queries::find(conn, id)?;
            let lines = match import.status {
                ImportStatus::Preview => queries::first_lines(conn, id)?,
                _ => Vec::new(),
            };
            let refused = queries::refused_lines(conn, id, 0, super::views::MAX_REFUSED_SHOWN)?;
            let leftovers = match import.status {
                ImportStatus::Preview => {
                    queries::lines_with_remarks(conn, id, 0, super::views::MAX_REFUSED_SHOWN)?
                }
                _ => Vec::new(),
            };
            Ok((import, lines, refused, leftovers))
        })
        .await?;
    if import.status == ImportStatus::Mapping && import.has_file {
        return Ok(redirect(&format!("/contacts/imports/{id}/columns")));
    }
    let view = Show::new(&viewer, import, lines, (refused, leftovers));
    shell.page(view.title(), view)
}
