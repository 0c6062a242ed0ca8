//! A file imports only from its own floor and from those below it (docs/architecture.md).

use std::fs;
use std::path::{Path, PathBuf};

/// The folders and files directly in `src`, from the lowest floor to the highest. All others are features.
const GROUND: &[&str] = &[
    "clock",
    "config",
    "db",
    "email",
    "error",
    "ids",
    "keys",
    "log",
    "phone",
    "refusal",
    "schema",
    "text",
    "theme",
    "Error",
    "Result",
    "text_enum",
];
const BELOW_FEATURES: [&[&str]; 4] = [GROUND, &["web"], &["connections"], &["auth"]];
const LAYOUT: &str = "layout";
const ASSEMBLY: &[&str] = &["app", "check", "cli", "demo", "lib", "main", "routes", "server"];

#[test]
fn no_file_imports_from_a_floor_above_its_own() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut breaches, mut imports) = (Vec::new(), 0);
    for file in rust_files(&source) {
        let path = file.strip_prefix(&source).unwrap();
        let own = path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod").next().unwrap().lines();
        let code: String = code.filter(|line| !line.trim_start().starts_with("//")).collect();
        for used in code.split("crate::").skip(1).flat_map(first_names) {
            imports += 1;
            if floor(used) > floor(own) {
                breaches.push(format!("{} imports {used}", path.display()));
            }
        }
    }
    assert!(imports > 1_000, "only {imports} imports found");
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

/// The name after `crate::`, or the names of a list in braces. Lists inside that list hold no first names.
fn first_names(path: &str) -> Vec<&str> {
    let Some(list) = path.strip_prefix('{') else { return first_name(path).into_iter().collect() };
    let (mut names, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, sign) in list.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.extend(first_name(&list[start..at]));
                start = at + 1;
                if sign == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn first_name(path: &str) -> Option<&str> {
    path.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|name| !name.is_empty())
}

#[test]
fn the_names_after_a_list_in_a_list_are_read_too() {
    assert_eq!(first_names("web::{self, Fields}; use std"), ["web"]);
    assert_eq!(
        first_names("{web::{a, b::{c}}, layout, auth::Rights,}; fn f() { g, h }"),
        ["web", "layout", "auth"]
    );
}

fn floor(name: &str) -> usize {
    let below = BELOW_FEATURES.iter().position(|floor| floor.contains(&name));
    let features = BELOW_FEATURES.len();
    below.unwrap_or(match name {
        LAYOUT => features + 1,
        name if ASSEMBLY.contains(&name) => features + 2,
        _ => features,
    })
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let is_code =
        |path: &PathBuf| path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs");
    let rust = files.into_iter().filter(is_code);
    rust.chain(folders.iter().flat_map(|folder| rust_files(folder))).collect()
}
