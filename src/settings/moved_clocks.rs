//! The pending schedules that show another clock time than the one chosen, after a change of the time zone.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use serde::Deserialize;

use super::queries::{self, ChosenTime};
use super::views::MovedClocks;
use crate::auth::{Can, ManageSettings};
use crate::clock::Zone;
use crate::db::{Cursor, Db};
use crate::error::Result;
use crate::web::Shell;

/// Maximum rows per page.
const PAGE: usize = 25;

/// Maximum pending schedules examined per page. If few of them have moved, the page ends early with a link to
/// the next one.
const EXAMINED_LIMIT: usize = 100_000;

/// Maximum rows per query.
const BATCH: i64 = 5_000;

#[derive(Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    pub after: String,
}

/// Lists the schedules that show another clock time than the one chosen.
pub async fn index(
    viewer: Can<ManageSettings>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse> {
    let (after, zone) = (query.after.parse().ok(), viewer.zone);
    let (moved, names): (_, HashMap<_, _>) = db
        .run(move |conn| {
            let moved = MovedSchedules::find(conn, zone, after, PAGE)?;
            let ids: Vec<_> = moved.rows.iter().map(|row| row.id).collect();
            let named = queries::schedules_with_contacts(conn, &ids)?;
            Ok((moved, named.into_iter().map(|row| (row.id, row.contact)).collect()))
        })
        .await?;
    let view = MovedClocks::new(&viewer, after.is_some(), moved, names);
    shell.page("Horários que mudaram", view)
}

/// The number of schedules that would show another clock time in `zone`, and whether there may be more.
pub fn count_moved(conn: &mut PgConnection, zone: Zone) -> Result<(usize, bool)> {
    let moved = MovedSchedules::find(conn, zone, None, queries::COUNT_LIMIT as usize)?;
    Ok((moved.rows.len(), moved.next.is_some()))
}

/// Pending schedules whose clock time in a zone is not the chosen one.
pub struct MovedSchedules {
    pub rows: Vec<ChosenTime>,
    /// The last examined schedule, if there are more to examine.
    pub next: Option<Cursor>,
}

impl MovedSchedules {
    fn find(conn: &mut PgConnection, zone: Zone, after: Option<Cursor>, limit: usize) -> Result<Self> {
        let (mut rows, mut next, mut examined) = (Vec::new(), after, 0);
        while examined < EXAMINED_LIMIT {
            let batch = queries::chosen_times(conn, next, BATCH)?;
            let is_last = batch.len() < BATCH as usize;
            examined += batch.len();
            for row in batch {
                if rows.len() == limit {
                    return Ok(Self { rows, next });
                }
                next = Some(Cursor { at: row.due_at, id: row.id.0 });
                if has_moved(zone, &row) {
                    rows.push(row);
                }
            }
            if is_last {
                return Ok(Self { rows, next: None });
            }
        }
        Ok(Self { rows, next })
    }

    /// The due time up to which schedules were examined, if there are more.
    pub fn end(&self) -> Option<DateTime<Utc>> {
        self.next.map(|cursor| cursor.at)
    }
}

fn has_moved(zone: Zone, row: &ChosenTime) -> bool {
    zone.local(row.due_at) != row.due_local
}
