//! The filtered list as a CSV file.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use serde_json::{Map, Value, json};

use super::filters::{Filters, Query, Sort};
use super::queries::{self, ExportRow, FilterValues};
use crate::audit::{self, Action as Audited};
use crate::auth::{Account, Can, ManageSchedules};
use crate::clock::Zone;
use crate::contacts;
use crate::db::Db;
use crate::error::Result;
use crate::schedules::{FailureReason, ListCache};
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
    "Chamado",
    "Criado por",
    "Criado em",
    "Encerrado em",
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
    let (values, order) = db.transaction(move |conn| begin(conn, &who, &cache, &filters)).await?;
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

/// Records the export in the audit. Returns the filters as the statements need them, and the order of the rows.
fn begin(
    conn: &mut PgConnection,
    by: &Account,
    cache: &ListCache,
    filters: &Filters,
) -> Result<(FilterValues, Sort)> {
    let options = cache.options(conn, filters)?;
    let (filters, now) = (filters.clone().only_existing(&options), Utc::now());
    let entry = audit::Entry::of(Audited::SchedulesExported).by(by).with(recorded(&filters, by.zone, now));
    audit::record(conn, &entry)?;
    Ok((FilterValues::load(conn, &filters, by.zone, now)?, filters.order()))
}

/// The filters as the audit records them: a preset period is recorded as its days.
fn recorded(filters: &Filters, zone: Zone, now: DateTime<Utc>) -> Value {
    let is_recorded = |name: &str| !matches!(name, "q" | "sort" | "period" | "from" | "to");
    let pairs = filters.pairs().into_iter().filter(|(name, _)| is_recorded(name));
    let mut all: Map<String, Value> = pairs.map(|(name, value)| (name.to_owned(), json!(value))).collect();
    if !filters.q.is_empty() {
        all.insert("q".into(), json!(true));
    }
    let (from, to) = filters.period.map_or((None, None), |period| period.days(zone, now));
    for (name, day) in [("from", from), ("to", to)] {
        all.extend(day.map(|day| (name.to_owned(), json!(day.to_string()))));
    }
    json!({ "filters": all })
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
    ]
}

/// Date and time in a format that spreadsheets recognize.
fn local(zone: Zone, at: DateTime<Utc>) -> String {
    format!("{} {}", zone.date(at), zone.time(at))
}
