//! The filtered list as a CSV file. The import reads this file too: imported without changes, it changes
//! nothing.

use actix_web::{HttpResponse, web};
use chrono::Utc;
use diesel::pg::PgConnection;

use super::begin_csv_export::begin_csv_export;
use super::display;
use super::queries::{self, ExportRow};
use super::views::ListQuery;
use crate::auth::{Can, ManageContacts};
use crate::db::{Db, NameCursor};
use crate::error::Result;
use crate::web::csv_file;

/// The import recognises these column titles.
const COLUMN_TITLES: &[&str] = &[
    "Nome",
    "Telefone",
    "E-mail",
    "Pessoa",
    "Departamento padrão",
    "Atendente padrão",
    "Conexão",
    "Código do contato",
    "Identidades",
];

/// Streams the list. A contact that is created or archived during the download may be missing or included, but
/// none appears twice. The audit records who downloaded the list and its filters, but not the search text.
pub async fn show(
    viewer: Can<ManageContacts>,
    db: web::Data<Db>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse> {
    let (filter, filters, who) = (query.filter(), query.audited_filters(), viewer.clone());
    db.transaction(move |conn| begin_csv_export(conn, filters.clone(), &who)).await?;
    let mut last: Option<NameCursor> = None;
    let name = format!("contatos-{}.csv", viewer.zone.day(Utc::now()));
    Ok(csv_file(&name, COLUMN_TITLES, &db, move |conn: &mut PgConnection| {
        let rows = queries::rows_after(conn, &filter, last.as_ref())?;
        if let Some(row) = rows.last() {
            last = Some(NameCursor { name: row.sort_name.clone(), id: row.id });
        }
        Ok(rows.into_iter().map(line).collect())
    }))
}

fn line(row: ExportRow) -> Vec<String> {
    let phone = display::phone(&row.phone);
    let identities = row.identities.join("; ");
    vec![
        row.name,
        phone,
        row.email,
        row.person,
        row.department,
        row.attendant,
        row.channel,
        row.code,
        identities,
    ]
}
