//! Limits how much an account can upload per hour.

use diesel::pg::PgConnection;

use crate::db;
use crate::error::Result;
use crate::ids::UserId;

/// Maximum bytes per account and hour. Deleted uploads count too, because their content stays on the disk
/// until the sweeper runs.
pub const MAX_BYTES_PER_HOUR: i64 = 512 * 1024 * 1024;

/// Adds `size` bytes to the volume of `uploader`. Above the limit, adds nothing and returns the minutes until
/// the hour is over.
pub fn count(conn: &mut PgConnection, uploader: UserId, size: u64) -> Result<Result<(), i32>> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    // The builder's ON CONFLICT has no CASE.
    let counted = db::prepared(
        "INSERT INTO upload_volumes AS v (user_id, bytes) VALUES ($1, $2)
         ON CONFLICT (user_id) DO UPDATE SET
            bytes = CASE WHEN v.hour_began_at > clock_timestamp() - interval '1 hour' THEN v.bytes + $2 ELSE $2 END,
            hour_began_at = CASE WHEN v.hour_began_at > clock_timestamp() - interval '1 hour'
                                 THEN v.hour_began_at ELSE clock_timestamp() END
          WHERE v.hour_began_at <= clock_timestamp() - interval '1 hour' OR v.bytes + $2 <= $3",
    )
    .bind(uploader)
    .bind(size)
    .bind(MAX_BYTES_PER_HOUR)
    .execute(conn)?;
    if counted == 1 {
        return Ok(Ok(()));
    }
    // The builder has no arithmetic with times.
    let minutes = db::prepared(
        "SELECT greatest(1, ceil(extract(epoch FROM hour_began_at + interval '1 hour' - clock_timestamp()) / 60))::int
           FROM upload_volumes WHERE user_id = $1",
    )
    .bind(uploader)
    .get_result(conn)?;
    Ok(Err(minutes))
}

/// The message when an account is over the limit.
pub fn refusal(minutes: i32) -> String {
    let unit = if minutes == 1 { "minuto" } else { "minutos" };
    format!("Você enviou muitos arquivos em pouco tempo. Aguarde {minutes} {unit} e envie de novo.")
}
