//! The filtered list as a file for spreadsheets.

use actix_web::{HttpResponse, web};
use chrono::Utc;
use diesel::pg::PgConnection;

use super::filters::{Filters, Query};
use super::queries::{self, ExportRow};
use crate::auth::{Can, ManageSchedules};
use crate::clock::Zone;
use crate::db::Db;
use crate::error::Result;
use crate::schedules::FailureReason;
use crate::web::{Cursor, csv_file};

const HEAD: &[&str] = &[
    "Número",
    "Situação",
    "Data",
    "Hora",
    "Fuso horário",
    "Contato",
    "Telefone",
    "E-mail",
    "Conexão",
    "Pessoa",
    "Departamento",
    "Atendente",
    "Ação",
    "Comentário",
    "Mensagem",
    "Motivo do erro",
    "Motivo do cancelamento",
    "Protocolo",
    "Criado por",
    "Criado em",
    "Encerrado em",
];

/// What the search found is fixed at the beginning; rows that come or go meanwhile are met or not, but none
/// is met twice.
///
/// # Errors
/// The database is unreachable.
pub async fn download(viewer: Can<ManageSchedules>, db: web::Data<Db>, query: Query) -> Result<HttpResponse> {
    let (filters, zone) = (Filters::read(&query.0), viewer.zone);
    let (narrowed, order) = db
        .run(move |conn| {
            let filters = filters.known(&queries::options(conn)?);
            Ok((queries::narrowed(conn, &filters, zone, Utc::now())?, filters.order()))
        })
        .await?;
    let mut place = Some(None);
    let name = format!("agendamentos-{}.csv", zone.day(Utc::now()));
    Ok(csv_file(&name, HEAD, &db, move |conn: &mut PgConnection| {
        let Some(after) = place else { return Ok(Vec::new()) };
        let rows = queries::chunk(conn, &narrowed, order, after)?;
        place = rows.last().map(|last| {
            Some(Cursor {
                at: if order.is_by_creation() { last.created_at } else { last.due_at },
                id: last.id.0,
            })
        });
        Ok(rows.into_iter().map(|row| line(zone, row)).collect())
    }))
}

fn line(zone: Zone, row: ExportRow) -> Vec<String> {
    vec![
        row.id.to_string(),
        row.status.label().into(),
        zone.date(row.due_at),
        zone.time(row.due_at),
        zone.name().into(),
        row.contact_name,
        row.phone,
        row.email,
        row.channel_name,
        row.person_name,
        row.department_name,
        row.attendant_name.unwrap_or_else(|| "Fila do departamento".into()),
        row.action.label().into(),
        row.comment,
        row.message,
        row.failure_reason.map_or("", FailureReason::short_label).into(),
        row.cancel_reason,
        row.protocol.map(|protocol| protocol.to_string()).unwrap_or_default(),
        row.creator_name,
        local(zone, row.created_at),
        row.finished_at.map(|at| local(zone, at)).unwrap_or_default(),
    ]
}

/// As spreadsheets read a moment.
fn local(zone: Zone, at: chrono::DateTime<Utc>) -> String {
    format!("{} {}", zone.date(at), zone.time(at))
}
