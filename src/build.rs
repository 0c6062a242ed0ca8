//! Builds anew when a file is added to what the binary embeds (cargo itself sees only changes of files that it
//! knows), makes the lists of `auth/passwords/lists.rs` out of what npm brings, and tells the linker which of
//! libpq's functions are called through ours.

#[path = "auth/passwords/plain.rs"]
mod plain;

use std::collections::HashSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// See `db::sqlstate` for the first, and `db::patience` for the others, which wait for the server.
const WRAPPED: [&str; 10] = [
    "PQresultErrorField",
    "PQexec",
    "PQprepare",
    "PQgetResult",
    "PQsendQueryParams",
    "PQsendQueryPrepared",
    "PQputCopyData",
    "PQputCopyEnd",
    "PQgetCopyData",
    "PQfinish",
];

/// Passwords that leaked, the most used first.
const PASSWORDS: &str = "language-common/src/passwords.json";

/// Names and words of Brazil; the names first, since more passwords hold them.
const WORDS: [&str; 4] = [
    "language-pt-br/src/firstnames.json",
    "language-pt-br/src/lastnames.json",
    "language-pt-br/src/commonWords.json",
    "language-pt-br/src/wikipedia.json",
];

/// Shorter words stand in many good passwords by chance.
const SHORTEST_WORD: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    for directory in ["static", "migrations"] {
        println!("cargo:rerun-if-changed={directory}");
    }
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        for function in WRAPPED {
            println!("cargo:rustc-link-arg=-Wl,--wrap={function}");
        }
    }
    let target = PathBuf::from(env::var("OUT_DIR")?);
    write_list(&target.join("common_passwords.txt"), &[PASSWORDS], 1)?;
    write_list(&target.join("words.txt"), &WORDS, SHORTEST_WORD)
}

/// Writes what `lists` hold, one a line, in small letters without accents, each once and in their order.
fn write_list(target: &Path, lists: &[&str], shortest: usize) -> Result<(), Box<dyn Error>> {
    let (mut text, mut known) = (String::new(), HashSet::new());
    for list in lists {
        let source = Path::new("node_modules/@zxcvbn-ts").join(list);
        println!("cargo:rerun-if-changed={}", source.display());
        let json = fs::read(&source).map_err(|error| {
            format!(
                "{}: {error}. Run bin/setup first: it fetches the lists of common passwords",
                source.display()
            )
        })?;
        for entry in serde_json::from_slice::<Vec<String>>(&json)? {
            let entry = plain::fold(&entry);
            if entry.chars().count() >= shortest && known.insert(entry.clone()) {
                text += &entry;
                text.push('\n');
            }
        }
    }
    Ok(fs::write(target, text)?)
}
