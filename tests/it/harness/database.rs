//! Databases for tests. They are cloned from one migrated template, in one temporary cluster that ends with the
//! process.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use pontual::db::private::{PrivateServer, Tuning};
use pontual::db::replanned;

static CLUSTER: LazyLock<PrivateServer> = LazyLock::new(|| {
    let dir = std::env::temp_dir().join(format!("pontual-test-{}", std::process::id()));
    let server = PrivateServer::start(&dir, Tuning::ThrowAway).expect("the test cluster starts");
    let mut conn = pontual::db::connect(&server.url_of("pontual")).unwrap();
    pontual::db::migrate(&mut conn).expect("the migrations run");
    conn.batch_execute("CREATE DATABASE template_pontual TEMPLATE pontual").ok();
    server
});
static CREATING: Mutex<()> = Mutex::new(());
static COUNT: AtomicU32 = AtomicU32::new(0);

/// One test's own database, migrated and empty.
pub struct Database {
    pub url: String,
}

impl Database {
    pub fn new() -> Self {
        Self::from_template("template_pontual")
    }

    /// A database without any table.
    pub fn blank() -> Self {
        Self::from_template("template0")
    }

    fn from_template(template: &str) -> Self {
        let cluster = &*CLUSTER;
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let _one_at_a_time = CREATING.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut conn = PgConnection::establish(&cluster.url_of("postgres")).unwrap();
        let options = if cluster_has_strategies(&mut conn) { " STRATEGY file_copy" } else { "" };
        conn.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}{options}")).unwrap();
        Self { url: cluster.url_of(&name) }
    }

    pub fn connect(&self) -> PgConnection {
        pontual::db::connect(&self.url).unwrap()
    }

    pub fn execute(&self, sql: &str) {
        self.connect().batch_execute(sql).unwrap();
    }

    /// Tries a change that the database should refuse, and returns its message.
    pub fn connect_and_try(&self, sql: &str) -> Result<(), String> {
        self.connect().batch_execute(sql).map_err(|error| error.to_string())
    }

    /// The one number of `SELECT … AS value`.
    pub fn number(&self, sql: &str) -> i64 {
        replanned(sql).get_result(&mut self.connect()).unwrap()
    }

    /// The plan that `EXPLAIN` shows.
    pub fn explain(&self, sql: &str) -> String {
        // EXPLAIN's column has no usable name, but a function's result has one.
        self.execute(
            "CREATE OR REPLACE FUNCTION explained(sql text) RETURNS SETOF text LANGUAGE plpgsql
             AS $$ BEGIN RETURN QUERY EXECUTE sql; END $$",
        );
        let quoted = sql.replace('\'', "''");
        self.texts(&format!("SELECT line AS value FROM explained('{quoted}') AS line")).join("\n")
    }

    /// The texts of `SELECT … AS value`.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        replanned(sql).load(&mut self.connect()).unwrap()
    }
}

/// PostgreSQL 15 introduced `STRATEGY`. Earlier versions always copy files.
fn cluster_has_strategies(conn: &mut PgConnection) -> bool {
    let sql = "SELECT current_setting('server_version_num')::bigint AS value";
    replanned(sql).get_result::<i64>(conn).unwrap() >= 150_000
}
