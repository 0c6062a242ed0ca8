//! The build script:
//! - rebuilds when a file is added to a folder that the binary embeds (cargo alone sees only changes of known
//!   files);
//! - makes the word lists of `auth/passwords/lists.rs` from npm packages;
//! - tells the linker which libpq functions to redirect to our wrappers;
//! - strips the indentation from the templates.

#[path = "src/auth/passwords/folding.rs"]
mod folding;

use std::collections::HashSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The libpq functions that we wrap: `db::sqlstate` the first, `db::wait_limit` the others, which can block.
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

/// Leaked passwords, the most used first.
const PASSWORDS: &str = "language-common/src/passwords.json";

/// Brazilian names and words. Names come first because more passwords contain them.
const WORDS: [&str; 4] = [
    "language-pt-br/src/firstnames.json",
    "language-pt-br/src/lastnames.json",
    "language-pt-br/src/commonWords.json",
    "language-pt-br/src/wikipedia.json",
];

/// Where askama looks for templates. Must match askama.toml.
const TEMPLATES: &str = ".templates";

/// Minimum length of a word, in characters. Shorter words occur in good passwords by chance.
const SHORTEST_WORD: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    for directory in ["static", "migrations", "templates"] {
        println!("cargo:rerun-if-changed={directory}");
    }
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        for function in WRAPPED {
            println!("cargo:rustc-link-arg=-Wl,--wrap={function}");
        }
    }
    let templates = write_templates(Path::new("templates"), Path::new(TEMPLATES))?;
    remove_others(Path::new(TEMPLATES), &templates)?;
    let target = PathBuf::from(env::var("OUT_DIR")?);
    write_list(&target.join("common_passwords.txt"), &[PASSWORDS], 1)?;
    write_list(&target.join("words.txt"), &WORDS, SHORTEST_WORD)
}

/// Copies the templates without their indentation, which would make pages 6 % larger. Line numbers stay the
/// same, so that compiler errors point to the right line. Returns the paths of the copies.
fn write_templates(source: &Path, target: &Path) -> Result<HashSet<PathBuf>, Box<dyn Error>> {
    fs::create_dir_all(target)?;
    let mut copies = HashSet::new();
    for entry in fs::read_dir(source)? {
        let entry = entry?;
        let copy = target.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copies.extend(write_templates(&entry.path(), &copy)?);
        } else {
            let text = fs::read_to_string(entry.path())?;
            let text: String = text.split_inclusive('\n').map(|line| line.trim_start_matches(' ')).collect();
            // Rewriting an unchanged file would trigger a rebuild.
            if fs::read_to_string(&copy).ok().as_ref() != Some(&text) {
                fs::write(&copy, text)?;
            }
        }
        copies.insert(copy);
    }
    Ok(copies)
}

/// Removes copies of templates that no longer exist.
fn remove_others(folder: &Path, kept: &HashSet<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match (kept.contains(&path), path.is_dir()) {
            (true, true) => remove_others(&path, kept)?,
            (true, false) => {}
            (false, true) => fs::remove_dir_all(path)?,
            (false, false) => fs::remove_file(path)?,
        }
    }
    Ok(())
}

/// Writes the entries of `lists`, one per line, in lower case without accents, in order and without
/// duplicates.
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
            let entry = folding::fold(&entry);
            if entry.chars().count() >= shortest && known.insert(entry.clone()) {
                text += &entry;
                text.push('\n');
            }
        }
    }
    Ok(fs::write(target, text)?)
}
