//! The settings and the logo.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Integer, Nullable, Text};

use crate::clock::Zone;
use crate::db;
use crate::error::{Error, Result};
use crate::files::ContentHash;
use crate::schedules::Spacing;
use crate::settings::Settings;

#[derive(QueryableByName)]
struct SettingsRow {
    #[diesel(sql_type = Text)]
    company_name: String,
    #[diesel(sql_type = Text)]
    time_zone: String,
    #[diesel(sql_type = Integer)]
    spacing_minutes: i32,
    #[diesel(sql_type = Text)]
    spacing_scope: String,
    #[diesel(sql_type = Integer)]
    late_tolerance_minutes: i32,
}

const SELECT: &str = "SELECT company_name, time_zone, spacing_minutes, spacing_scope, late_tolerance_minutes
   FROM settings";

/// The saved settings.
pub fn current(conn: &mut PgConnection) -> Result<Settings> {
    read(db::prepared(SELECT).get_result(conn)?)
}

/// Like `current`, and locks the settings until the transaction ends.
pub fn current_for_update(conn: &mut PgConnection) -> Result<Settings> {
    read(db::prepared(format!("{SELECT} FOR UPDATE")).get_result(conn)?)
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
pub fn save(conn: &mut PgConnection, settings: &Settings) -> Result<()> {
    db::prepared(
        "UPDATE settings SET company_name = $1, time_zone = $2, spacing_minutes = $3, spacing_scope = $4,
                late_tolerance_minutes = $5, updated_at = clock_timestamp()",
    )
    .bind::<Text, _>(&settings.company_name)
    .bind::<Text, _>(settings.zone.name())
    .bind::<Integer, _>(settings.spacing.minutes)
    .bind::<Text, _>(settings.spacing.scope)
    .bind::<Integer, _>(settings.late_tolerance_minutes)
    .execute(conn)?;
    Ok(())
}

/// What pages show of the company to visitors who have not signed in.
#[derive(Clone, Debug, Default, QueryableByName)]
pub struct Brand {
    #[diesel(sql_type = Text)]
    pub company_name: String,
    #[diesel(sql_type = Nullable<Binary>)]
    pub logo: Option<ContentHash>,
}

pub fn brand(conn: &mut PgConnection) -> Result<Brand> {
    Ok(db::prepared("SELECT company_name, logo_sha256 AS logo FROM settings").get_result(conn)?)
}

/// Sets the logo's blob, or none. A blob is kept while something refers to it.
pub fn save_logo(conn: &mut PgConnection, logo: Option<ContentHash>) -> Result<()> {
    db::prepared("UPDATE settings SET logo_sha256 = $1, updated_at = clock_timestamp()")
        .bind::<Nullable<Binary>, _>(logo)
        .execute(conn)?;
    Ok(())
}

#[derive(QueryableByName)]
struct MediaTypeRow {
    #[diesel(sql_type = Text)]
    media_type: String,
}

/// The media type of that file, if it is the company's logo.
pub fn logo_media_type(conn: &mut PgConnection, logo: ContentHash) -> Result<String> {
    let row: MediaTypeRow = db::prepared(
        "SELECT b.media_type FROM settings s JOIN blobs b ON b.sha256 = s.logo_sha256 WHERE s.logo_sha256 = $1",
    )
    .bind::<Binary, _>(logo)
    .get_result(conn)?;
    Ok(row.media_type)
}

#[derive(QueryableByName)]
struct FlagRow {
    #[diesel(sql_type = Bool)]
    flag: bool,
}

/// Whether the database knows the time zone, too.
pub fn knows_zone(conn: &mut PgConnection, zone: Zone) -> Result<bool> {
    let row: FlagRow = db::prepared("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1) AS flag")
        .bind::<Text, _>(zone.name())
        .get_result(conn)?;
    Ok(row.flag)
}
