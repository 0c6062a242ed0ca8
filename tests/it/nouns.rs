//! Addresses, handlers and permissions belong together: a stranger finds a handler by its address, and its signature says
//! who may call it (docs/architecture.md).

use std::fs;
use std::path::{Path, PathBuf};

/// Words of addresses whose handlers have another name.
const OTHER_NAMES: &[(&str, &str)] = &[("", "layout::home"), ("c", "conversations::chat")];

/// They end the noun that stands before them: its handler is a `destroy`.
const ENDINGS: &[&str] = &["removal", "ending"];

/// The types that say who may call a handler.
const PERMISSIONS: &[&str] = &["Anyone", "Viewer", "SignedIn", "Attendant", "Can<", "Customer", "ValidLink"];

#[test]
fn the_last_noun_of_an_address_names_its_handler() {
    let missed: Vec<_> = routes().into_iter().filter(|route| !route.is_found_by_its_noun()).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn the_signature_of_a_handler_says_who_may_call_it() {
    for route in routes() {
        let signature = route.signature();
        assert!(
            PERMISSIONS.iter().any(|permission| signature.contains(permission)),
            "{route:?}: {signature}"
        );
    }
}

#[derive(Debug)]
struct Route {
    path: String,
    handler: String,
}

impl Route {
    fn is_found_by_its_noun(&self) -> bool {
        let nouns: Vec<&str> = self.path.split('/').filter(|part| !part.starts_with('{')).collect();
        let [.., before, last] = nouns[..] else { return false };
        if let Some((_, handler)) = OTHER_NAMES.iter().find(|(word, _)| *word == last) {
            return self.handler.starts_with(handler);
        }
        let function = self.handler.rsplit("::").next().unwrap();
        self.names(last) || (ENDINGS.contains(&last) && self.names(before) && function.starts_with("destroy"))
    }

    /// Whether the handler's path contains `noun`, be it in the plural or not. `webhook::files` answers `/webhook-files`.
    fn names(&self, noun: &str) -> bool {
        let singular = |text: &str| text.trim_end_matches('s').replace(['-', '.'], "_");
        let path = self.handler.split("::").map(singular).collect::<Vec<_>>().join("_");
        format!("_{path}_").contains(&format!("_{}_", singular(noun)))
    }

    /// The arguments of the handler.
    fn signature(&self) -> String {
        let (module, name) = self.handler.rsplit_once("::").unwrap();
        let file = |folder: &str| {
            let path: PathBuf =
                [env!("CARGO_MANIFEST_DIR"), folder, &module.replace("::", "/")].iter().collect();
            [path.with_extension("rs"), path.join("mod.rs"), path.join("handlers.rs")]
        };
        let files = file("src").into_iter().chain(file("src/web"));
        let texts = files.filter_map(|path| fs::read_to_string(path).ok());
        let starts = [format!("fn {name}("), format!("fn {name}<")];
        let found = texts.filter_map(|text| {
            let at = starts.iter().find_map(|start| text.find(start))?;
            Some(text[at..].split("->").next()?.to_owned())
        });
        found.into_iter().next().unwrap_or_else(|| panic!("{self:?} has no handler"))
    }
}

/// The lines `get("/path", handler)` of `src/routes.rs`.
fn routes() -> Vec<Route> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/routes.rs")).unwrap();
    let line = |line: &str| {
        let rest = line.trim().strip_prefix("get(\"").or_else(|| line.trim().strip_prefix("post(\""))?;
        let (path, handler) = rest.split_once("\", ")?;
        let handler = handler.strip_suffix("),")?.to_owned();
        // The ending of a file's name is no noun.
        Some(Route { path: path.trim_end_matches(".css").to_owned(), handler })
    };
    let routes: Vec<_> = text.lines().filter_map(line).collect();
    assert!(routes.len() > 150, "only {} addresses found", routes.len());
    routes
}
