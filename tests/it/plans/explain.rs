//! The plan of each statement, read from the log to which `auto_explain` writes.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use serde_json::Value;

use crate::harness::Database;

/// Tables that grow without limit.
const LARGE: &[&str] = &[
    "attachments",
    "audit",
    "blobs",
    "contacts",
    "messages",
    "notifications",
    "people",
    "schedule_deliveries",
    "schedule_history",
    "schedule_texts",
    "schedules",
    "sessions",
    "tickets",
];

/// Maximum rows in one step of a plan. Counts by several filters and matches of one word read up to ten thousand.
const MOST_ROWS: f64 = 10_100.0;

/// Tables with at most this many rows may be read completely.
const SMALL: f64 = 2_500.0;

/// The plans of one database, read from the log.
pub struct Plans {
    log: File,
    /// Names of tables that may be read completely.
    small: Vec<String>,
}

impl Plans {
    /// Logs the plans of all connections to `database` that are opened from now on.
    pub fn of(database: &Database) -> Self {
        let name = database.texts("SELECT current_database()::text AS value").remove(0);
        for setting in [
            "session_preload_libraries = 'auto_explain'",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_format = json",
            "auto_explain.log_analyze = on",
            "auto_explain.log_timing = off",
            "auto_explain.log_nested_statements = on",
        ] {
            database.execute(&format!("ALTER DATABASE {name} SET {setting}"));
        }
        let directory = database.texts("SELECT current_setting('data_directory') AS value").remove(0);
        let mut log = File::open(format!("{directory}/server.log")).unwrap();
        log.seek(SeekFrom::End(0)).unwrap();
        let small = format!(
            "SELECT relname::text AS value FROM pg_class WHERE relkind = 'r' AND reltuples BETWEEN 0 AND {SMALL}"
        );
        Self { log, small: database.texts(&small) }
    }

    /// The problems of the statements since the last call, one per line, and the number of statements.
    pub fn judge(&mut self) -> (Vec<String>, usize) {
        let mut text = Vec::new();
        self.log.read_to_end(&mut text).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let explained =
            text.split("LOG:  duration: ").skip(1).filter_map(|entry| entry.split_once("plan:\n"));
        let mut problems = Vec::new();
        let mut count = 0;
        for (_, plan) in explained {
            let json: String = plan.lines().take_while(|line| line.starts_with('\t')).collect();
            let Ok(plan) = serde_json::from_str::<Value>(&json) else { panic!("no plan: {json}") };
            count += 1;
            let statement = plan["Query Text"].as_str().unwrap_or_default();
            let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ");
            let mut found = Vec::new();
            self.walk(&plan["Plan"], &mut found);
            let statement: String = statement.chars().take(400).collect();
            problems.extend(found.into_iter().map(|problem| format!("{problem}\n      {statement}")));
        }
        (problems, count)
    }

    fn walk(&self, node: &Value, problems: &mut Vec<String>) {
        let text = |key: &str| node[key].as_str().unwrap_or_default();
        let number = |key: &str| node[key].as_f64().unwrap_or_default();
        let (kind, relation, loops) = (text("Node Type"), text("Relation Name"), number("Actual Loops"));
        let removed =
            ["Rows Removed by Filter", "Rows Removed by Index Recheck", "Rows Removed by Join Filter"];
        let read = (number("Actual Rows") + removed.map(number).iter().sum::<f64>()) * loops;
        let place = if relation.is_empty() { kind.to_owned() } else { format!("{kind} on {relation}") };
        let is_seq = kind.ends_with("Seq Scan");
        if is_seq && LARGE.contains(&relation) && !self.small.iter().any(|small| small == relation) {
            problems.push(format!("{place} ({read} rows)"));
        } else if !is_seq && read > MOST_ROWS {
            problems.push(format!("{place} touches {read} rows"));
        }
        for child in node["Plans"].as_array().into_iter().flatten() {
            self.walk(child, problems);
        }
    }
}
