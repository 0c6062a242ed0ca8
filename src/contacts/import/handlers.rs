//! The pages of imports.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde_json::json;

use super::ImportStatus;
use super::queries::{self, Import};
use super::sketch::{Sketch, reading};
use super::table::Reading;
use super::views::{Show, UploadPage, leftover_cells, refused_cells};
use super::worker;
use crate::audit::{self, Action};
use crate::auth::{Can, ManageContacts, Viewer};
use crate::contacts::queries::channels;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::files::queries::volume;
use crate::files::{PostedFile, PostedFiles, Received};
use crate::ids::{ChannelId, ImportId};
use crate::web::{FieldErrors, Posted, Shell, csv_file, csv_lines, redirect, redirect_with};

/// Lines of the error file that one query reads.
const PORTION: i64 = 2_000;

const HEAD: [&str; 9] = [
    "linha",
    "nome",
    "telefone",
    "e-mail",
    "pessoa",
    "departamento padrão",
    "atendente padrão",
    "código do contato",
    "motivo",
];

const HEAD_OF_LEFTOVERS: [&str; 6] = ["linha", "nome", "telefone", "e-mail", "pessoa", "observação"];

pub async fn new(viewer: Can<ManageContacts>, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let (channels, recent) = db.run(|conn| Ok((channels(conn, None)?, queries::recent(conn)?))).await?;
    let page = UploadPage::new(&viewer, channels, &recent);
    shell.page("Importar contatos", page)
}

/// A template file for the user to fill in.
pub async fn template(_: Can<ManageContacts>) -> Result<HttpResponse> {
    let rows = [
        ["nome", "telefone", "e-mail", "pessoa"],
        ["Maria Exemplo", "(11) 90000-0000", "maria@exemplo.com.br", "Família Exemplo"],
    ];
    let body = [b"\xef\xbb\xbf".as_slice(), &csv_lines(rows)].concat();
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", "attachment; filename=\"modelo-contatos.csv\""))
        .body(body))
}

/// Stores the uploaded file and redirects to its columns.
pub async fn create(
    viewer: Can<ManageContacts>,
    mut form: PostedFiles,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let chosen: Option<ChannelId> = form.get("channel_id").parse().ok();
    let (field, sentence) = match form.files.pop() {
        Some(PostedFile { name, content: Some(received) }) => {
            match keep(&db, chosen, viewer.clone(), name.as_str().to_owned(), received).await? {
                Ok(id) => return Ok(redirect(&format!("/contacts/imports/{id}/columns"))),
                Err(refusal) => refusal,
            }
        }
        Some(PostedFile { content: None, .. }) => {
            ("file", "O arquivo passa de 16 MB. Divida em partes e envie uma por vez.".into())
        }
        None => ("file", "Escolha o arquivo.".into()),
    };
    let mut errors = FieldErrors::default();
    errors.add(field, sentence);
    let (channels, recent) =
        db.run(move |conn| Ok((channels(conn, chosen)?, queries::recent(conn)?))).await?;
    let page = UploadPage::new(&viewer, channels, &recent).refused(chosen, errors);
    shell.page_with(StatusCode::UNPROCESSABLE_ENTITY, "Erro: Importar contatos", page)
}

/// Stores the file as a new import. The inner error is the field that is wrong, and the message for it.
async fn keep(
    db: &Db,
    channel: Option<ChannelId>,
    viewer: Viewer,
    file_name: String,
    received: Received,
) -> Result<Result<ImportId, (&'static str, String)>> {
    let kind = db
        .run(move |conn| {
            queries::forget_old(conn)?;
            Ok(channel.map(|channel| queries::kind_of(conn, channel)).transpose()?.flatten())
        })
        .await?;
    let Some(channel) = channel.filter(|_| kind.is_some()) else {
        return Ok(Err(("channel_id", "Selecione a conexão.".into())));
    };
    // The file stays in the database for up to a week, so it counts towards the user's upload volume.
    let (by, size) = (viewer.id, received.size);
    if let Err(minutes) = db.transaction(move |conn| volume::count(conn, by, size)).await? {
        return Ok(Err(("file", volume::refusal(minutes))));
    }
    let content = web::block(move || std::fs::read(received.path())).await.map_err(Error::unexpected)?;
    let content = content.map_err(Error::unexpected)?;
    let read = reading(move || Sketch::of(&content, &Reading::default()).map(|_| content)).await?;
    match read {
        Err(sentence) => Ok(Err(("file", sentence.into()))),
        Ok(content) => {
            let created =
                db.run(move |conn| queries::create(conn, viewer.id, channel, (&file_name, &content))).await?;
            Ok(Ok(created))
        }
    }
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
                ImportStatus::Preview => queries::preview(conn, id)?,
                _ => Vec::new(),
            };
            let refused = queries::refused(conn, id, 0, super::views::REFUSED)?;
            let leftovers = match import.status {
                ImportStatus::Preview => queries::remarked(conn, id, 0, super::views::REFUSED)?,
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

/// Starts the import. A second request has no effect.
pub async fn confirm(
    viewer: Can<ManageContacts>,
    form: Posted,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let (id, who, updates) = (id.into_inner(), viewer.clone(), form.get("existing") == "update");
    db.transaction(move |conn| {
        let import = queries::find_for_update(conn, id)?;
        if import.status != ImportStatus::Preview || import.good == 0 {
            return Ok(());
        }
        queries::confirm(conn, id, updates)?;
        let details = json!({ "lines": import.good, "updates_existing": updates });
        let entry = audit::Entry::of(Action::ImportConfirmed).by(&who).about(Some(id.0)).with(details);
        audit::record(conn, &entry)
    })
    .await?;
    worker::wake();
    Ok(redirect(&format!("/contacts/imports/{id}")))
}

/// Cancels an import that has not finished.
pub async fn cancel(
    viewer: Can<ManageContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let (id, who) = (id.into_inner(), viewer.clone());
    let cancelled = db
        .transaction(move |conn| {
            let import = queries::find_for_update(conn, id)?;
            if matches!(import.status, ImportStatus::Finished | ImportStatus::Cancelled) {
                return Ok(false);
            }
            queries::cancel(conn, id)?;
            let entry = audit::Entry::of(Action::ImportCancelled).by(&who).about(Some(id.0));
            audit::record(conn, &entry)?;
            Ok(true)
        })
        .await?;
    let path = format!("/contacts/imports/{id}");
    Ok(if cancelled { redirect_with(&path, "Importação cancelada.") } else { redirect(&path) })
}

/// Downloads the lines that were not imported, each with its reason, so that the user can correct and upload
/// them again.
pub async fn errors(
    _: Can<ManageContacts>,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    db.run(move |conn| queries::find(conn, id)).await?;
    let mut after = 0;
    Ok(csv_file(&format!("importacao-{id}-erros.csv"), &HEAD, &db, move |conn| {
        let lines = queries::refused(conn, id, after, PORTION)?;
        after = lines.last().map_or(after, |line| line.line);
        Ok(lines.into_iter().map(refused_cells).collect())
    }))
}

/// Downloads the lines with numbers or addresses that do not fit into a contact. They exist only until the
/// import is confirmed.
pub async fn leftovers(
    _: Can<ManageContacts>,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    db.run(move |conn| queries::find(conn, id)).await?;
    let mut after = 0;
    let name = format!("importacao-{id}-fora.csv");
    Ok(csv_file(&name, &HEAD_OF_LEFTOVERS, &db, move |conn| {
        let lines = queries::remarked(conn, id, after, PORTION)?;
        after = lines.last().map_or(after, |line| line.line);
        Ok(lines.into_iter().map(leftover_cells).collect())
    }))
}
