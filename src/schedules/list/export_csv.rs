//! The filtered list as a CSV file.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;

use super::begin_export::begin_export;
use super::filters::{Filters, Query};
use super::queries::{self, ExportRow};
use crate::auth::{Can, ManageSchedules};
use crate::clock::Zone;
use crate::contacts;
use crate::db::{Cursor, Db};
use crate::error::Result;
use crate::outbox::DeliveryState;
use crate::schedules::{FailureReason, ListCache};
use crate::web::csv_file;

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
    "Chamado",
    "Criado por",
    "Criado em",
    "Encerrado em",
    "Situação da mensagem",
];

/// The search runs once, at the start. Rows that are added or removed meanwhile may be in the file or not,
/// but none is there twice. The audit records who exported the list and the filters, but not the search text.
pub async fn show(
    viewer: Can<ManageSchedules>,
    db: web::Data<Db>,
    cache: web::Data<ListCache>,
    query: Query,
) -> Result<HttpResponse> {
    let (filters, zone, who) = (Filters::read(&query.0), viewer.zone, viewer.clone());
    let (values, order) = db.transaction(move |conn| begin_export(conn, &who, &cache, &filters)).await?;
    let mut next = Some(None);
    let name = format!("agendamentos-{}.csv", zone.day(Utc::now()));
    Ok(csv_file(&name, HEAD, &db, move |conn: &mut PgConnection| {
        let Some(after) = next else { return Ok(Vec::new()) };
        let rows = queries::chunk(conn, &values, order, after)?;
        next = rows.last().map(|last| {
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
        contacts::display::phone(&row.phone),
        row.email,
        row.channel_name,
        row.person_name,
        row.department_name,
        row.attendant_name.unwrap_or_else(|| crate::schedules::views::QUEUE.into()),
        row.action.label().into(),
        row.comment,
        row.message,
        row.failure_reason.map_or("", FailureReason::short_label).into(),
        row.cancel_reason,
        row.protocol.map(|protocol| protocol.to_string()).unwrap_or_default(),
        row.creator_name,
        local(zone, row.created_at),
        row.finished_at.map(|at| local(zone, at)).unwrap_or_default(),
        row.delivery.map_or("", DeliveryState::label).into(),
    ]
}

/// Date and time in a format that spreadsheets recognize.
fn local(zone: Zone, at: DateTime<Utc>) -> String {
    format!("{} {}", zone.date(at), zone.time(at))
}
