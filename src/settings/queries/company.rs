//! The settings and the logo.

use diesel::pg::PgConnection;
use diesel::prelude::*;

use crate::clock::Zone;
use crate::db::{self, clock_timestamp};
use crate::error::{Error, Result};
use crate::files::ContentHash;
use crate::schedules::Spacing;
use crate::schema::{blobs, settings};
use crate::settings::Settings;

#[derive(Queryable, Selectable)]
#[diesel(table_name = settings)]
struct SettingsRow {
    company_name: String,
    time_zone: String,
    spacing_minutes: i32,
    spacing_scope: String,
    late_tolerance_minutes: i32,
}

/// The saved settings.
pub fn current(conn: &mut PgConnection) -> Result<Settings> {
    read(settings::table.select(SettingsRow::as_select()).first(conn)?)
}

/// Like `current`, and locks the settings until the transaction ends.
pub fn current_for_update(conn: &mut PgConnection) -> Result<Settings> {
    read(settings::table.select(SettingsRow::as_select()).for_update().first(conn)?)
}

fn read(row: SettingsRow) -> Result<Settings> {
    let scope = row.spacing_scope.parse().map_err(|()| Error::unexpected("unknown spacing scope"))?;
    Ok(Settings {
        company_name: row.company_name,
        zone: Zone::named(&row.time_zone),
        spacing: Spacing { minutes: row.spacing_minutes, scope },
        late_tolerance_minutes: row.late_tolerance_minutes,
    })
}

/// Saves the settings. The pending schedules must have been rewritten before.
pub fn save(conn: &mut PgConnection, saved: &Settings) -> Result<()> {
    diesel::update(settings::table)
        .set((
            settings::company_name.eq(&saved.company_name),
            settings::time_zone.eq(saved.zone.name()),
            settings::spacing_minutes.eq(saved.spacing.minutes),
            settings::spacing_scope.eq(saved.spacing.scope),
            settings::late_tolerance_minutes.eq(saved.late_tolerance_minutes),
            settings::updated_at.eq(clock_timestamp()),
        ))
        .execute(conn)?;
    Ok(())
}

/// What pages show of the company to visitors who have not signed in.
#[derive(Clone, Debug, Default, Queryable, Selectable)]
#[diesel(table_name = settings)]
pub struct Brand {
    pub company_name: String,
    #[diesel(column_name = logo_sha256)]
    pub logo: Option<ContentHash>,
}

pub fn brand(conn: &mut PgConnection) -> Result<Brand> {
    Ok(settings::table.select(Brand::as_select()).first(conn)?)
}

/// Sets the logo's blob, or none. A blob is kept while something refers to it.
pub fn save_logo(conn: &mut PgConnection, logo: Option<ContentHash>) -> Result<()> {
    diesel::update(settings::table)
        .set((settings::logo_sha256.eq(logo), settings::updated_at.eq(clock_timestamp())))
        .execute(conn)?;
    Ok(())
}

/// The media type of that file, if it is the company's logo.
pub fn logo_media_type(conn: &mut PgConnection, logo: ContentHash) -> Result<String> {
    Ok(settings::table
        .inner_join(blobs::table)
        .filter(settings::logo_sha256.eq(logo))
        .select(blobs::media_type)
        .first(conn)?)
}

/// Whether the database knows the time zone, too.
pub fn knows_zone(conn: &mut PgConnection, zone: Zone) -> Result<bool> {
    // As SQL text: reads a view of the database itself.
    Ok(db::prepared("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)")
        .bind(zone.name())
        .get_result(conn)?)
}
