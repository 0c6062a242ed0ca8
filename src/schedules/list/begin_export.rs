//! Begins an export of the filtered list.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use serde_json::{Map, Value, json};

use super::filters::{Filters, Sort};
use super::queries::FilterValues;
use crate::audit::{self, Action};
use crate::auth::Account;
use crate::clock::Zone;
use crate::error::Result;
use crate::schedules::ListCache;

/// Records the export in the audit. Returns the filters as the statements need them, and the order of the rows.
pub fn begin_export(
    conn: &mut PgConnection,
    by: &Account,
    cache: &ListCache,
    filters: &Filters,
) -> Result<(FilterValues, Sort)> {
    let options = cache.options(conn, filters)?;
    let (filters, now) = (filters.clone().only_existing(&options), Utc::now());
    let entry = audit::Entry::of(Action::SchedulesExported).by(by).with(recorded(&filters, by.zone, now));
    audit::record(conn, &entry)?;
    let found = cache.search(conn, &filters.q, false)?;
    Ok((FilterValues::new(found, &filters, by.zone, now), filters.order()))
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
