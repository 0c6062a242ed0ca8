//! The file of the values that do not fit into a contact.

use actix_web::{HttpResponse, web};

use super::queries;
use super::views::leftover_cells;
use crate::auth::{Can, ManageContacts};
use crate::db::Db;
use crate::error::Result;
use crate::ids::ImportId;
use crate::web::csv_file;

/// Lines that one query reads.
const LINES_PER_QUERY: i64 = 2_000;

const COLUMN_TITLES: [&str; 6] = ["linha", "nome", "telefone", "e-mail", "pessoa", "observação"];

/// Downloads the lines with numbers or addresses that do not fit into a contact. They exist only until the
/// import is confirmed.
pub async fn index(
    _: Can<ManageContacts>,
    db: web::Data<Db>,
    id: web::Path<ImportId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    db.run(move |conn| queries::find(conn, id)).await?;
    let mut after = 0;
    let name = format!("importacao-{id}-fora.csv");
    Ok(csv_file(&name, &COLUMN_TITLES, &db, move |conn| {
        let lines = queries::lines_with_remarks(conn, id, after, LINES_PER_QUERY)?;
        after = lines.last().map_or(after, |line| line.line);
        Ok(lines.into_iter().map(leftover_cells).collect())
    }))
}
