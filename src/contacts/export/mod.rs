//! All data about one contact as a file (LGPD, "direito de acesso"): JSON with Portuguese keys. The file is
//! streamed from the database, so that a long conversation needs little memory.
//!
//! A failed export breaks off the download: half a file would give the customer a wrong answer. The file holds
//! conversations of every department and the texts of schedules. So only users who may see all of that can
//! download it: contacts, every ticket and schedules (see `auth::ExportContacts`). The audit records each
//! download.

mod begin;
mod queries;

use actix_web::web::Bytes;
use actix_web::{HttpResponse, web};
use diesel::pg::PgConnection;
use futures_util::stream;

use self::begin::begin;
use self::queries::SECTIONS;
use crate::auth::{Can, ExportContacts};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::web::Posted;

/// Position in the export: the section, and the last record written in it.
struct ExportPosition {
    section: usize,
    after: i64,
    is_first: bool,
}

/// Downloads the file. The request is a POST, because it writes to the audit.
pub async fn create(
    viewer: Can<ExportContacts>,
    _: Posted,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let (contact, who) = (id.into_inner(), viewer.clone());
    let profile = db.transaction(move |conn| begin(conn, contact, &who)).await?;
    let head = format!("{{\"contato\": {profile}");
    let body = stream::unfold(Some((Some(head), ExportPosition::begin(0))), move |state| {
        let db = db.clone();
        async move {
            let (head, position) = state?;
            if let Some(head) = head {
                return Some((Ok(Bytes::from(head)), Some((None, position))));
            }
            match db.run(move |conn| next_records(conn, contact, position)).await {
                Ok((text, position)) => {
                    Some((Ok(Bytes::from(text)), position.map(|position| (None, position))))
                }
                // Aborts the transfer, so that nobody takes half of the file for the whole.
                Err(error) => Some((Err(error), None)),
            }
        }
    });
    let name = format!("attachment; filename=\"contato-{contact}.json\"");
    Ok(HttpResponse::Ok()
        .content_type("application/json; charset=utf-8")
        .insert_header(("content-disposition", name))
        .streaming::<_, Error>(body))
}

impl ExportPosition {
    fn begin(section: usize) -> Self {
        Self { section, after: 0, is_first: true }
    }
}

/// The text of the next records, and the position after them.
fn next_records(
    conn: &mut PgConnection,
    contact: ContactId,
    position: ExportPosition,
) -> Result<(String, Option<ExportPosition>)> {
    let Some((name, sql)) = SECTIONS.get(position.section) else { return Ok(("\n}\n".into(), None)) };
    let records = queries::records(conn, sql, contact, position.after)?;
    let mut text = if position.is_first { format!(",\n\"{name}\": [") } else { String::new() };
    for (number, record) in records.iter().enumerate() {
        text.push_str(if position.is_first && number == 0 { "\n  " } else { ",\n  " });
        text.push_str(&record.json);
    }
    let position = match records.last() {
        Some(last) => ExportPosition { after: last.id, is_first: false, ..position },
        None => {
            text.push(']');
            ExportPosition::begin(position.section + 1)
        }
    };
    Ok((text, Some(position)))
}
