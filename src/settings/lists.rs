//! The pending schedules that a change of the settings affected.

use std::collections::HashMap;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use serde::Deserialize;

use super::queries::{self, Chosen};
use super::views::{MovedClocks, UnspacedSchedules};
use crate::auth::{Can, ManageSettings};
use crate::clock::Zone;
use crate::db::Db;
use crate::error::Result;
use crate::web::{Cursor, Shell};

/// Maximum rows per page.
const PAGE: usize = 25;

/// Maximum pending schedules examined per page. If few of them have moved, the page ends early with a link to
/// the next one.
const LOOKED_THROUGH: usize = 100_000;

/// Maximum rows per query.
const BATCH: i64 = 5_000;

#[derive(Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    after: String,
}

/// Lists the schedules that are closer to another than the spacing allows.
pub async fn unspaced(
    viewer: Can<ManageSettings>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse> {
    let after = query.after.parse().ok();
    let (current, page) =
        db.run(move |conn| Ok((queries::current(conn)?, queries::unspaced(conn, after)?))).await?;
    let view = UnspacedSchedules::new(&viewer, current.spacing, page);
    shell.page("Agendamentos fora do intervalo", view)
}

/// Lists the schedules that show another clock time than the one chosen.
pub async fn moved_clocks(
    viewer: Can<ManageSettings>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse> {
    let (after, zone) = (query.after.parse().ok(), viewer.zone);
    let (moved, names): (_, HashMap<_, _>) = db
        .run(move |conn| {
            let moved = Moved::find(conn, zone, after, PAGE)?;
            let ids: Vec<_> = moved.rows.iter().map(|row| row.id).collect();
            let named = queries::named(conn, &ids)?;
            Ok((moved, named.into_iter().map(|row| (row.id, row.contact)).collect()))
        })
        .await?;
    let view = MovedClocks::new(&viewer, after.is_some(), moved, names);
    shell.page("Horários que mudaram", view)
}

/// The number of schedules that would show another clock time in `zone`, and whether there may be more.
pub fn count_moved(conn: &mut PgConnection, zone: Zone) -> Result<(usize, bool)> {
    let moved = Moved::find(conn, zone, None, queries::MOST_COUNTED as usize)?;
    Ok((moved.rows.len(), moved.next.is_some()))
}

/// Pending schedules whose clock time in a zone is not the chosen one.
pub struct Moved {
    pub rows: Vec<Chosen>,
    /// The last examined schedule, if there are more to examine.
    pub next: Option<Cursor>,
}

impl Moved {
    fn find(conn: &mut PgConnection, zone: Zone, after: Option<Cursor>, limit: usize) -> Result<Self> {
        let (mut rows, mut next, mut looked_through) = (Vec::new(), after, 0);
        while looked_through < LOOKED_THROUGH {
            let batch = queries::chosen_times(conn, next, BATCH)?;
            let is_last = batch.len() < BATCH as usize;
            looked_through += batch.len();
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

fn has_moved(zone: Zone, row: &Chosen) -> bool {
    zone.local(row.due_at) != row.due_local
}
