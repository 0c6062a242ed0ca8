//! A text cut into plain parts and links, so that templates escape both and no HTML is ever built
//! from what somebody wrote.

use url::Url;

const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// A part of a message's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    Text(String),
    /// An http, https or mailto address, shown as it was written.
    Link(String),
}

/// Cuts `text` at the addresses in it; together the segments say exactly `text`.
pub fn segments(text: &str) -> Vec<Segment> {
    let mut found = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    while let Some(offset) = text[at..].find(['h', 'H', 'm', 'M']) {
        let start = at + offset;
        match link_at(text, start) {
            Some(link) => {
                if plain_from < start {
                    found.push(Segment::Text(text[plain_from..start].to_owned()));
                }
                found.push(Segment::Link(link.to_owned()));
                at = start + link.len();
                plain_from = at;
            }
            None => at = start + 1,
        }
    }
    if plain_from < text.len() {
        found.push(Segment::Text(text[plain_from..].to_owned()));
    }
    found
}

fn link_at(text: &str, start: usize) -> Option<&str> {
    if text[..start].chars().next_back().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let rest = &text[start..];
    let has_scheme =
        |scheme: &&str| rest.get(..scheme.len()).is_some_and(|lead| lead.eq_ignore_ascii_case(scheme));
    SCHEMES.iter().find(|scheme| has_scheme(scheme))?;
    let end = rest.find(ends_address).unwrap_or(rest.len());
    let link = without_closing_marks(&rest[..end]);
    let url = Url::parse(link).ok()?;
    let leads_somewhere = match url.scheme() {
        "mailto" => url.path().contains('@'),
        _ => url.has_host(),
    };
    leads_somewhere.then_some(link)
}

/// White space, quotes, and the invisible marks that could make an address look like another.
fn ends_address(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '“' | '”' | '`' | '\u{200B}'..='\u{200F}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Without the marks that end a sentence, and without a bracket that was opened before the address.
fn without_closing_marks(link: &str) -> &str {
    let mut link = link;
    loop {
        let shorter = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*']);
        let is_unpaired = |open: char, close: char| {
            shorter.ends_with(close) && shorter.matches(close).count() > shorter.matches(open).count()
        };
        let shorter = match is_unpaired('(', ')') || is_unpaired('[', ']') {
            true => &shorter[..shorter.len() - 1],
            false => shorter,
        };
        if shorter.len() == link.len() {
            return link;
        }
        link = shorter;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        let parts = segments(text);
        let whole: String = parts
            .iter()
            .map(|part| match part {
                Segment::Text(text) | Segment::Link(text) => text.as_str(),
            })
            .collect();
        assert_eq!(whole, text, "nothing may be lost");
        parts
            .into_iter()
            .filter_map(|part| match part {
                Segment::Link(link) => Some(link),
                Segment::Text(_) => None,
            })
            .collect()
    }

    #[test]
    fn addresses_become_links_without_the_marks_around_them() {
        assert_eq!(links("veja https://a.example/x?y=1&z=2."), ["https://a.example/x?y=1&z=2"]);
        assert_eq!(links("(http://a.example/b_(c)), ok"), ["http://a.example/b_(c)"]);
        assert_eq!(links("mailto:a@b.example!"), ["mailto:a@b.example"]);
        assert_eq!(links("HTTPS://A.example\nhttp://b.example"), ["HTTPS://A.example", "http://b.example"]);
        assert_eq!(links("<https://a.example>"), ["https://a.example"]);
    }

    #[test]
    fn nothing_else_becomes_a_link() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,x",
            "xhttp://a.example",
            "http://",
            "https:// a",
            "mailto:ninguém",
            "//a.example",
            "",
            "há amanhã",
            "h",
        ] {
            assert_eq!(links(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_link_ends_where_the_direction_of_text_could_turn() {
        assert_eq!(links("https://a.example/\u{202E}gpj.exe"), ["https://a.example/"]);
    }
}
