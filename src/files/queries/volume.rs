//! Limits how much a sender can upload within a time.

use diesel::pg::PgConnection;

use crate::db;
use crate::error::Result;
use crate::files::Sender;

/// Maximum bytes per account and hour. Deleted uploads count too, because their content stays on the disk
/// until the sweeper runs.
pub const MAX_BYTES_PER_HOUR: i64 = 512 * 1024 * 1024;

/// Maximum bytes per customer and day. Their files stay in the conversation, so this bounds what whoever has a
/// link can write to the disk.
pub const MAX_BYTES_PER_DAY: i64 = 256 * 1024 * 1024;

/// How long a sender above the limit must wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    pub minutes: i32,
}

/// Adds `size` bytes to the volume of `sender`. Above the limit, adds nothing and returns the time until the
/// hour or day is over. Visitors who are not known have no volume, and so nothing that they send is kept.
pub fn count(conn: &mut PgConnection, sender: Sender, size: u64) -> Result<Result<(), Wait>> {
    let (table, key, began_at, span, most, id) = match sender {
        Sender::User(user) => {
            ("upload_volumes", "user_id", "hour_began_at", "1 hour", MAX_BYTES_PER_HOUR, user.0)
        }
        Sender::Customer(contact) => {
            ("customer_upload_volumes", "contact_id", "day_began_at", "1 day", MAX_BYTES_PER_DAY, contact.0)
        }
        Sender::Visitor => return Ok(Err(Wait { minutes: 60 })),
    };
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let is_running = format!("v.{began_at} > clock_timestamp() - interval '{span}'");
    // The builder's ON CONFLICT has no CASE.
    let counted = db::prepared(format!(
        "INSERT INTO {table} AS v ({key}, bytes) VALUES ($1, $2)
         ON CONFLICT ({key}) DO UPDATE SET
            bytes = CASE WHEN {is_running} THEN v.bytes + $2 ELSE $2 END,
            {began_at} = CASE WHEN {is_running} THEN v.{began_at} ELSE clock_timestamp() END
          WHERE NOT ({is_running}) OR v.bytes + $2 <= $3"
    ))
    .bind(id)
    .bind(size)
    .bind(most)
    .execute(conn)?;
    if counted == 1 {
        return Ok(Ok(()));
    }
    // The builder has no arithmetic with times.
    let minutes = db::prepared(format!(
        "SELECT greatest(1, ceil(extract(epoch FROM {began_at} + interval '{span}' - clock_timestamp()) / 60))::int
           FROM {table} WHERE {key} = $1"
    ))
    .bind(id)
    .get_result(conn)?;
    Ok(Err(Wait { minutes }))
}

impl Wait {
    /// The message to a sender above the limit.
    pub fn refusal(self) -> String {
        let (number, unit) = match self.minutes {
            1 => (1, "minuto"),
            minutes @ ..=90 => (minutes, "minutos"),
            minutes => ((minutes + 59) / 60, "horas"),
        };
        format!("Você enviou muitos arquivos em pouco tempo. Aguarde {number} {unit} e envie de novo.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_wait_is_told_in_hours() {
        let told = |minutes| Wait { minutes }.refusal();
        assert!(told(1).contains("Aguarde 1 minuto e"));
        assert!(told(60).contains("Aguarde 60 minutos e"));
        assert!(told(1_440).contains("Aguarde 24 horas e"));
    }
}
