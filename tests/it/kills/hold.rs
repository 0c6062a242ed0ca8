//! Holds the sender within its own transactions: triggers of the test's database wait for an advisory lock.

use std::cell::RefCell;

use diesel::prelude::*;
use pontual::db::replanned;

use super::Step;
use crate::harness::{Database, until};

/// The lock for which the trigger of a step waits.
fn key(step: Step) -> i64 {
    4_711_000 + step as i64
}

pub struct Hold {
    /// Has the lock of the armed step.
    conn: RefCell<PgConnection>,
}

impl Hold {
    pub fn new(database: &Database) -> Self {
        let trigger = |step: Step, when: &str| {
            format!("CREATE TRIGGER hold_{} AFTER {when} EXECUTE FUNCTION hold('{}');", key(step), key(step))
        };
        database.execute(&format!(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN PERFORM pg_advisory_xact_lock_shared(TG_ARGV[0]::bigint); RETURN NULL; END $$;
             CREATE FUNCTION is_first(message bigint) RETURNS boolean LANGUAGE sql AS $$
             SELECT NOT EXISTS (SELECT FROM outbox o JOIN outbox other USING (contact_id)
                                 WHERE o.message_id = message AND other.message_id < message) $$;
             {}{}{}{}",
            trigger(Step::Leased, "INSERT ON outbox_attempts FOR EACH ROW"),
            trigger(
                Step::Attempted,
                "UPDATE OF provider_id ON outbox FOR EACH ROW WHEN (NEW.lease IS NOT NULL)"
            ),
            trigger(Step::Answered, "UPDATE OF state ON outbox FOR EACH ROW WHEN (NEW.state = 'sent')"),
            trigger(
                Step::Recorded,
                "INSERT ON outbox_attempts FOR EACH ROW WHEN (NOT is_first(NEW.message_id))"
            ),
        ));
        Self { conn: RefCell::new(database.connect()) }
    }

    pub fn arm(&self, step: Step) {
        self.run(&format!("SELECT pg_advisory_lock({}) IS NULL AS value", key(step)));
    }

    /// Whether the sender waits for the lock.
    pub fn is_reached(&self) -> bool {
        self.run(
            "SELECT EXISTS (SELECT FROM pg_stat_activity
                             WHERE datname = current_database() AND pg_backend_pid() = ANY (pg_blocking_pids(pid))) AS value",
        )
    }

    /// Lets what the dead process began end, and waits for that: without its process, nothing of it is committed.
    pub fn release(&self) {
        let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity
                                     WHERE datname = current_database() AND pid <> pg_backend_pid()
                                       AND state <> 'idle' AND query LIKE '%outbox%') AS value";
        self.run("SELECT pg_advisory_unlock_all() IS NULL AS value");
        until(|| !self.run(waits));
    }

    fn run(&self, sql: &str) -> bool {
        replanned(sql).get_result(&mut self.conn.borrow_mut()).unwrap()
    }
}
