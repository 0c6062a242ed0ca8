//! The file of the lines that were not imported.

use actix_web::{HttpResponse, web};

use super::queries;
use super::views::refused_cells;
use crate::auth::{Can, ManageContacts};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ImportId;
use crate::web::csv_file;

/// Lines that one query reads.
const LINES_PER_QUERY: i64 = 2_000;

const COLUMN_TITLES: [&str; 9] = [
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

/// Downloads the lines that were not imported, each with its reason, so that the user can correct and upload
/// them again.
pub async fn index(
    _: Can<ManageContacts>,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    db.run(move |conn| queries::find(conn, id)).await?;
    let mut after = 0;
    Ok(csv_file(&format!("importacao-{id}-erros.csv"), &COLUMN_TITLES, &db, move |conn| {
        let lines = queries::refused_lines(conn, id, after, LINES_PER_QUERY)?;
        after = lines.last().map_or(after, |line| line.line);
        Ok(lines.into_iter().map(refused_cells).collect())
    }))
}
