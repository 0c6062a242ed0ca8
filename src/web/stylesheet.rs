//! The stylesheet of all pages. `static/css/app.css` imports its files in order; they are sent as one.

/// Its path in `static/`.
pub const PATH: &str = "css/app.css";

/// Replaces each `@import "name.css";` by the file, and removes comments and indentation. An import of a
/// missing file is left as it is.
pub fn join(read: impl Fn(&str) -> Option<String>) -> String {
    let list = compact(&read(PATH).unwrap_or_default());
    let file_of = |line: &str| {
        let name = line.strip_prefix("@import \"")?.strip_suffix("\";")?;
        read(&format!("css/{name}"))
    };
    list.lines().map(|line| file_of(line).map_or_else(|| format!("{line}\n"), |css| compact(&css))).collect()
}

/// The text without comments, indentation and empty lines. Its strings must not contain `/*`.
fn compact(css: &str) -> String {
    let mut text = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        text += before;
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    text += rest;
    text.lines().map(str::trim).filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(path: &str) -> Option<String> {
        let css = match path {
            "css/app.css" => {
                "/* In this order. */\n@import \"b.css\";\n@import \"a.css\";\n@import \"none.css\";\n"
            }
            "css/a.css" => ".a {\n  color: red; /* as ever */\n}\n",
            "css/b.css" => "/* Two\n   lines. */\n.b,\n.c {\n  grid-area:\n    1 / 2;\n}\n\n",
            _ => return None,
        };
        Some(css.to_owned())
    }

    #[test]
    fn files_are_joined_in_the_order_of_their_imports() {
        let joined = ".b,\n.c {\ngrid-area:\n1 / 2;\n}\n.a {\ncolor: red;\n}\n@import \"none.css\";\n";
        assert_eq!(join(files), joined);
    }
}
