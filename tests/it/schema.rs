//! `src/schema.rs` is generated from the migrated database: `UPDATE_SCHEMA=1 cargo test schema`
//! writes it again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use diesel::migration::{MigrationConnection, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use pontual::db::{MigrationError, replanned};

use crate::harness::Database;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/schema.rs");

pontual::row! {
    struct Column {
        table_name: String,
        column_name: String,
        type_name: String,
        is_nullable: bool,
    }
}

pontual::row! {
    struct Key {
        table_name: String,
        columns: String,
        target: String,
    }
}

#[test]
fn the_schema_file_is_current() {
    let database = Database::new();
    let generated = generate(&mut database.connect());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(PATH, &generated).unwrap();
    }
    let kept = std::fs::read_to_string(PATH).unwrap();
    assert_eq!(kept, generated, "run UPDATE_SCHEMA=1 cargo test schema");
}

#[test]
fn every_migration_is_reversible() {
    let database = Database::blank();
    let mut conn = database.connect();
    let source = FileBasedMigrations::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
    let mut migrations = MigrationSource::<Pg>::migrations(&source).unwrap();
    migrations.sort_by_key(|migration| migration.name().to_string());
    conn.setup().unwrap();
    let mut shapes = vec![shape(&database)];
    for migration in &migrations {
        conn.run_migration(migration).unwrap();
        shapes.push(shape(&database));
    }
    for migration in migrations.iter().rev() {
        shapes.pop();
        conn.revert_migration(migration).unwrap();
        assert_eq!(Some(&shape(&database)), shapes.last(), "after reverting {}", migration.name());
    }
}

#[test]
fn migrations_started_by_three_processes_run_once() {
    let database = Database::blank();
    let ran: Vec<usize> = std::thread::scope(|scope| {
        let run = || pontual::db::migrate(&mut database.connect()).unwrap();
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let applied = database.number("SELECT count(*) AS value FROM __diesel_schema_migrations");
    assert_eq!(ran.iter().sum::<usize>() as i64, applied);
    assert_eq!(ran.iter().filter(|count| **count == 0).count(), 2);
}

#[test]
fn a_database_of_a_newer_version_serves_and_one_of_another_history_is_refused() {
    let database = Database::new();
    let mut conn = database.connect();
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
    assert_eq!(pontual::db::migrate(&mut conn).unwrap(), 0);
    database.execute("DELETE FROM __diesel_schema_migrations WHERE version <> '9999'");
    let refused = pontual::db::migrate(&mut conn).unwrap_err();
    assert!(matches!(&refused, MigrationError::Foreign(version) if version == "9999"), "{refused:?}");
}

/// Everything that a migration can make, with definitions: relations, columns, constraints, indexes, triggers,
/// functions.
fn shape(database: &Database) -> BTreeSet<String> {
    let own = "n.nspname = 'public' AND NOT EXISTS
        (SELECT FROM pg_depend d WHERE d.objid = o.oid AND d.deptype = 'e')";
    let sql = format!(
        "SELECT 'relation ' || o.relname || coalesce((SELECT string_agg(concat_ws(' ', a.attname,
                 format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
                 pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attname)
                 FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                 WHERE a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped), '') AS value
           FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
          WHERE {own} AND o.relname NOT LIKE '\\_\\_diesel%'
         UNION ALL SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i
           JOIN pg_class o ON o.oid = i.indexrelid JOIN pg_namespace n ON n.oid = o.relnamespace
          WHERE {own} AND o.relname NOT LIKE '\\_\\_diesel%'
         UNION ALL SELECT pg_get_functiondef(o.oid) FROM pg_proc o
           JOIN pg_namespace n ON n.oid = o.pronamespace WHERE {own}
         UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(o.oid) FROM pg_constraint o
           JOIN pg_namespace n ON n.oid = o.connamespace WHERE {own} AND conname NOT LIKE '\\_\\_diesel%'
         UNION ALL SELECT pg_get_triggerdef(o.oid) FROM pg_trigger o WHERE NOT tgisinternal
         UNION ALL SELECT 'extension ' || extname FROM pg_extension"
    );
    database.texts(&sql).into_iter().collect()
}

fn generate(conn: &mut PgConnection) -> String {
    let columns: Vec<Column> = replanned(
        "SELECT table_name::text, column_name::text, udt_name::text AS type_name,
                is_nullable = 'YES' AS is_nullable
           FROM information_schema.columns
          WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%'
          ORDER BY table_name, ordinal_position",
    )
    .load(conn)
    .unwrap();
    let keys = "SELECT c.conrelid::regclass::text AS table_name, c.confrelid::regclass::text AS target,
                (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(num, n)
                   JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num) AS columns
           FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
          WHERE n.nspname = 'public' AND c.contype = ";
    let primary: Vec<Key> =
        replanned(keys.replace("c.confrelid::regclass::text", "''") + "'p'").load(conn).unwrap();
    let foreign: Vec<Key> = replanned(format!("{keys}'f' ORDER BY 1, 3")).load(conn).unwrap();

    let mut tables: BTreeMap<&str, Vec<&Column>> = BTreeMap::new();
    for column in &columns {
        tables.entry(&column.table_name).or_default().push(column);
    }
    let mut out = String::from("// Generated from the migrated database; see tests/it/schema.rs.\n\n");
    for (table, columns) in &tables {
        let key = primary.iter().find(|key| key.table_name == *table).unwrap();
        writeln!(out, "diesel::table! {{\n    {table} ({}) {{", key.columns).unwrap();
        for column in columns {
            writeln!(out, "        {} -> {},", column.column_name, rust_type(column)).unwrap();
        }
        out.push_str("    }\n}\n\n");
    }
    for key in &foreign {
        let is_only =
            foreign.iter().filter(|k| (&k.table_name, &k.target) == (&key.table_name, &key.target)).count()
                == 1;
        // Diesel cannot join a table with itself.
        if is_only && !key.columns.contains(',') && key.table_name != key.target {
            writeln!(out, "diesel::joinable!({} -> {} ({}));", key.table_name, key.target, key.columns)
                .unwrap();
        }
    }
    out.push_str("\ndiesel::allow_tables_to_appear_in_same_query!(\n");
    for table in tables.keys() {
        writeln!(out, "    {table},").unwrap();
    }
    out.push_str(");\n");
    out
}

fn rust_type(column: &Column) -> String {
    let name = match column.type_name.as_str() {
        "int8" => "Int8",
        "int4" => "Int4",
        "text" => "Text",
        "bool" => "Bool",
        "uuid" => "Uuid",
        "bytea" => "Bytea",
        "jsonb" => "Jsonb",
        "interval" => "Interval",
        "timestamp" => "Timestamp",
        "timestamptz" => "Timestamptz",
        "_int8" => "Array<Int8>",
        "_text" => "Array<Text>",
        other => panic!("no Rust type for {other}"),
    };
    if column.is_nullable { format!("Nullable<{name}>") } else { name.to_owned() }
}
