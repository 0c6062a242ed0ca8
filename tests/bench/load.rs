//! Data that the benchmarks write to the database.

use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use pontual::demo::large::{self, Sizes};

use crate::Outcome;
use crate::cluster::{Cluster, number, real};

/// The content of each file.
const CONTENT: &str = "Proposta comercial\n";

/// Makes `count` schedules that are all due at `due`, an SQL expression.
pub fn burst(conn: &mut PgConnection, count: u32, due: &str) -> Outcome {
    let sql = include_str!("sql/burst.sql").replace(":count", &count.to_string()).replace(":due", due);
    conn.transaction(|conn| conn.batch_execute(&sql))?;
    settle(conn)
}

/// The instant at which a burst is due, as an SQL expression.
pub struct Due(String);

/// Makes `count` schedules that are all due `lead` from now. `lead` must be long enough to make them and to start
/// a server.
pub fn upcoming_burst(conn: &mut PgConnection, count: u32, lead: Duration) -> Outcome<Due> {
    let lead = lead.as_secs();
    let at = number(conn, &format!("SELECT (extract(epoch FROM now()) + {lead})::bigint AS value"))?;
    let due = Due(format!("to_timestamp({at})"));
    burst(conn, count, &due.0)?;
    match due.left(conn)? {
        left if left < 1.0 => Err("the machine is too slow to make the schedules in time".into()),
        _ => Ok(due),
    }
}

impl Due {
    /// Seconds until then, by the database's clock.
    fn left(&self, conn: &mut PgConnection) -> Outcome<f64> {
        real(conn, &format!("SELECT extract(epoch FROM {} - clock_timestamp())::float8 AS value", self.0))
    }

    /// Waits until `before` that instant.
    pub fn wait_until(&self, conn: &mut PgConnection, before: Duration) -> Outcome {
        let left = self.left(conn)? - before.as_secs_f64();
        sleep(Duration::try_from_secs_f64(left.max(0.0))?);
        Ok(())
    }

    /// Number of pending schedules of the burst.
    pub fn pending(&self, conn: &mut PgConnection) -> Outcome<i64> {
        number(conn, &self.count("ALL"))
    }

    fn count(&self, limit: &str) -> String {
        format!(
            "SELECT count(*) AS value FROM (
                SELECT FROM schedules WHERE status = 'scheduled' AND due_at <= {} LIMIT {limit}) s",
            self.0
        )
    }

    /// Waits until none of the burst is pending. Returns the seconds since it was due.
    pub fn all_done(&self, conn: &mut PgConnection, patience: Duration) -> Outcome<f64> {
        let (any, began) = (self.count("1"), Instant::now());
        while number(conn, &any)? > 0 {
            if began.elapsed() > patience {
                return Err(format!("the burst was not over after {} s", patience.as_secs()).into());
            }
            // Each query scans past all completed schedules, so it must not run too often.
            sleep(Duration::from_millis(20));
        }
        Ok(-self.left(conn)?)
    }
}

/// Makes the file that all schedules of a burst send.
pub fn file(cluster: &Cluster, conn: &mut PgConnection) -> Outcome {
    conn.batch_execute(&format!(
        "INSERT INTO blobs (sha256, size, media_type) SELECT sha256('{CONTENT}'), {}, 'text/plain'",
        CONTENT.len()
    ))?;
    let name = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(CONTENT));
    let folder = cluster.folder.join("data/files").join(&name[..2]);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(&name), CONTENT)?;
    Ok(())
}

/// Makes `count` single schedules, due at random times within `seconds` seconds, which begin `lead` seconds from
/// now.
pub fn singles(conn: &mut PgConnection, count: usize, lead: u64, seconds: u64) -> Outcome {
    let sql = include_str!("sql/lateness.sql")
        .replace(":count", &count.to_string())
        .replace(":start", &format!("now() + interval '{lead} seconds'"))
        .replace(":seconds", &seconds.to_string());
    conn.transaction(|conn| conn.batch_execute(&sql))?;
    Ok(())
}

/// A company with this many schedules, in the proportions of the large demonstration.
pub fn usual(schedules: u32) -> Sizes {
    Sizes { schedules, contacts: schedules / 10, notifications: schedules * 2, reminders: 2 }
}

/// A company with fewer conversations and notifications: eight of ten schedules only notify, one attendant each.
/// Ten million schedules then need some 23 GB instead of 38.
pub fn lean(schedules: u32) -> Sizes {
    Sizes { schedules, contacts: schedules / 10, notifications: schedules, reminders: 8 }
}

/// Makes the demonstration company with these sizes.
pub fn company(conn: &mut PgConnection, sizes: Sizes) -> Outcome {
    match large::load(conn, sizes, |_| ())? {
        Ok(()) => Ok(()),
        Err(refusal) => Err(format!("the company cannot be made large: {refusal:?}").into()),
    }
}

pub fn check(conn: &mut PgConnection) -> Outcome {
    let findings = pontual::check::run(conn)?;
    match findings.iter().find(|finding| !finding.is_ok()) {
        Some(finding) => Err(format!("after the benchmark an invariant is broken: {finding}").into()),
        None => Ok(()),
    }
}

/// Brings the database into the state that it has some time after loading.
pub fn settle(conn: &mut PgConnection) -> Outcome {
    conn.batch_execute("VACUUM (ANALYZE)")?;
    conn.batch_execute("CHECKPOINT")?;
    Ok(())
}
