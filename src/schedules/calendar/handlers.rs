//! The calendar's page.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;

use super::grid::{self, View};
use super::queries;
use super::views::{Calendar, CalendarData};
use crate::auth::{Can, ManageSchedules};
use crate::clock;
use crate::db::Db;
use crate::error::Result;
use crate::schedules::ListCache;
use crate::schedules::list::{FilterValues, Filters, Query};
use crate::web::{Shell, redirect_without_empty, with_push_url};

/// Maximum schedules that a cell of each view shows.
const MAX_PER_DAY: i64 = 3;
const MAX_PER_HOUR: i64 = 2;

/// The shown days replace the list's period filter. The address keeps that filter for the way back to the
/// list.
pub async fn show(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    cache: web::Data<ListCache>,
    query: Query,
    request: HttpRequest,
) -> Result<HttpResponse> {
    if let Some(answer) = redirect_without_empty(&request, &shell) {
        return Ok(answer);
    }
    let (zone, now, is_refresh) = (viewer.zone, Utc::now(), ListCache::is_refresh(&request));
    let view = View::parse(query.0.get("view"));
    let day = clock::parse_day(query.0.get("date")).unwrap_or_else(|| zone.day(now));
    let filters = Filters::read(&query.0);
    let (cells, limit) = match view {
        View::Month => (grid::by_day(zone, view.days(day)), MAX_PER_DAY),
        View::Week => (grid::by_hour(zone, view.days(day)), MAX_PER_HOUR),
    };
    let shown = db
        .run(move |conn| {
            let options = cache.options(conn, &filters)?;
            let filters = filters.only_existing(&options);
            let without_period = Filters { period: None, ..filters.clone() };
            let found = cache.search(conn, &filters.q, is_refresh)?;
            let (from, to) = grid::period(&cells);
            let values = FilterValues::new(found, &without_period, zone, now).due_between(conn, from, to)?;
            let entries = queries::entries(conn, &values, &cells, limit)?;
            let cell_counts = cache.cell_counts(conn, &values, &cells)?;
            Ok(CalendarData { view, day, now, filters, options, cells, entries, cell_counts })
        })
        .await?;
    let date = day.to_string();
    let address = shown.filters.address(super::views::PATH, &[("view", view.as_str()), ("date", &date)]);
    let remarks = shown.filters.remarks(&query.0).without(address.clone());
    let view = Calendar::new(&viewer, shown).remarking(remarks);
    Ok(with_push_url(shell.page("Calendário", view)?, &address))
}
