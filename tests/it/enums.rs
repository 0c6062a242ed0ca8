//! Each enum of a column names the same words as the column's CHECK constraint.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::harness::Database;

/// Columns with a list of words that no enum of the code names: SQL alone writes and reads them.
const WITHOUT_ENUM: &[&str] = &["schedule_history.kind"];

/// Enums whose words are not those of a column, or of one without a list: names of form fields and filters, and the
/// actions of the audit.
const WITHOUT_LIST: &[&str] =
    &["Action", "ColumnTarget", "Direction", "Field", "Fold", "Group", "Part", "Preset", "Sort", "Standing"];

type Words = BTreeSet<String>;

#[test]
fn each_enum_of_a_column_names_the_words_of_its_check_constraint() {
    let (columns, enums) = (columns(), enums());
    assert!(columns.len() > 10 && enums.len() > 15, "{columns:?} {enums:?}");
    for (column, words) in &columns {
        let is_named = enums.iter().any(|(_, named)| named == words);
        assert!(
            is_named != WITHOUT_ENUM.contains(&column.as_str()),
            "{column}: no text_enum! names {words:?}"
        );
    }
    for (name, words) in &enums {
        let is_listed = columns.values().any(|listed| listed == words);
        assert!(is_listed || WITHOUT_LIST.contains(&name.as_str()), "{name}: no CHECK lists {words:?}");
    }
}

/// The words that CHECK constraints allow, by `table.column`.
fn columns() -> BTreeMap<String, Words> {
    let rows = Database::new().texts(
        "SELECT c.relname || '.' || a.attname || ' ' || pg_get_constraintdef(k.oid) AS value
           FROM pg_constraint k
           JOIN pg_class c ON c.oid = k.conrelid
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]
          WHERE k.contype = 'c' AND cardinality(k.conkey) = 1
                AND pg_get_constraintdef(k.oid) LIKE '%= ANY (ARRAY[%'",
    );
    let parse = |row: &String| {
        let (column, check) = row.split_once(' ').unwrap();
        (column.to_owned(), check.split('\'').skip(1).step_by(2).map(str::to_owned).collect())
    };
    rows.iter().map(parse).collect()
}

/// The words of each `text_enum!` of the code, with its name.
fn enums() -> Vec<(String, Words)> {
    let mut found = Vec::new();
    for source in sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        for text in source.split("text_enum! {").skip(1) {
            let Some((_, text)) = text.split_once("enum ") else { continue };
            let Some((name, body)) = text.split_once(" {") else { continue };
            let lines = body.lines().map(str::trim).take_while(|line| *line != "}");
            let words =
                lines.filter(|line| !line.starts_with("//")).filter_map(|line| line.split('"').nth(1));
            found.push((name.to_owned(), words.map(str::to_owned).collect()));
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => found.extend(sources(&path)),
            false if path.extension().is_some_and(|end| end == "rs") => {
                found.push(fs::read_to_string(path).unwrap());
            }
            false => {}
        }
    }
    found
}
