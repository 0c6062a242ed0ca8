//! Splits a text into plain parts and links. Templates escape both, so no HTML is built from what people wrote.

use url::Url;

const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// A part of a message's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    Text(String),
    /// The link as written, and its target.
    Link {
        text: String,
        href: String,
    },
}

/// A link within a text: its range of bytes, and its target.
struct FoundLink {
    from: usize,
    until: usize,
    href: String,
}

/// Splits `text` at its links. Joined again, the segments are exactly `text`.
pub fn segments(text: &str) -> Vec<Segment> {
    let mut parts = Vec::new();
    let (mut plain_from, mut at) = (0, 0);
    while let Some(offset) = text[at..].find(['h', 'H', 'm', 'M', 'w', 'W', '@']) {
        let place = at + offset;
        let found = match text.as_bytes()[place] {
            b'@' => mail_around(text, place, plain_from),
            _ => link_at(text, place),
        };
        let Some(FoundLink { from, until, href }) = found else {
            at = place + 1;
            continue;
        };
        if plain_from < from {
            parts.push(Segment::Text(text[plain_from..from].to_owned()));
        }
        parts.push(Segment::Link { text: text[from..until].to_owned(), href });
        (at, plain_from) = (until, until);
    }
    if plain_from < text.len() {
        parts.push(Segment::Text(text[plain_from..].to_owned()));
    }
    parts
}

/// A link that begins at `from` with a scheme or with "www.".
fn link_at(text: &str, from: usize) -> Option<FoundLink> {
    if text[..from].chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '@') {
        return None;
    }
    let rest = &text[from..];
    let begins_with =
        |lead: &str| rest.get(..lead.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(lead));
    let is_bare = begins_with("www.");
    if !is_bare && !SCHEMES.iter().any(|scheme| begins_with(scheme)) {
        return None;
    }
    let end = rest.find(ends_address).unwrap_or(rest.len());
    let link = without_closing_marks(&rest[..end]);
    let href = if is_bare { format!("https://{link}") } else { link.to_owned() };
    let url = Url::parse(&href).ok()?;
    let leads_somewhere = match url.scheme() {
        "mailto" => url.path().contains('@'),
        _ if is_bare => url.username().is_empty() && url.host_str().is_some_and(is_public_name),
        _ => url.has_host(),
    };
    leads_somewhere.then(|| FoundLink { from, until: from + link.len(), href })
}

/// Whether a domain, not a single word, follows "www.".
fn is_public_name(host: &str) -> bool {
    let domain = host.strip_prefix("www.").unwrap_or_default();
    domain.contains('.') && domain.split('.').all(|label| !label.is_empty())
}

/// The e-mail address around the "@" at `at`; it does not begin before `floor`.
fn mail_around(text: &str, at: usize, floor: usize) -> Option<FoundLink> {
    let is_local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let before = &text[floor..at];
    let local = before[before.trim_end_matches(is_local).len()..].trim_start_matches(['.', '-', '+']);
    let after = &text[at + 1..];
    let domain = &after[..after.find(|c| !is_domain(c)).unwrap_or(after.len())];
    let domain = domain.trim_end_matches(['.', '-']);
    let is_single = !before.ends_with('@') && !after[domain.len()..].starts_with('@');
    let labels: Vec<&str> = domain.split('.').collect();
    let is_name = labels.len() > 1
        && labels.iter().all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
        && labels
            .last()
            .is_some_and(|last| last.chars().count() > 1 && last.chars().all(char::is_alphabetic));
    if local.is_empty() || !is_single || !is_name {
        return None;
    }
    let from = at - local.len();
    let joined = text[floor..from].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '@');
    let until = at + 1 + domain.len();
    (!joined).then(|| FoundLink { from, until, href: format!("mailto:{}", &text[from..until]) })
}

/// White space, quotes, and invisible characters that could make a link look like another.
fn ends_address(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '“' | '”' | '`' | '\u{200B}'..='\u{200F}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// Removes the punctuation that ends a sentence, and a closing bracket that was opened before the link.
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
                Segment::Text(text) | Segment::Link { text, .. } => text.as_str(),
            })
            .collect();
        assert_eq!(whole, text, "nothing may be lost");
        parts
            .into_iter()
            .filter_map(|part| match part {
                Segment::Link { text, href } => {
                    let leads =
                        [&text, &format!("https://{text}"), &format!("mailto:{text}")].contains(&&href);
                    assert!(leads, "{text} leads to {href}");
                    Some(text)
                }
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
            "www",
            "www.",
            "www.exemplo",
            "wwww.a.example",
            "www..a.example",
            "@ana",
            "a @ b.example",
            "ana@",
            "ana@empresa",
            "ana@empresa.c",
            "ana@10.0.0.1",
            "ana@-a.example",
            "ana@@a.example",
            "é@a.example",
        ] {
            assert_eq!(links(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_people_write_without_a_scheme_becomes_a_link_too() {
        assert_eq!(links("veja www.exemplo.com.br/a?b=1."), ["www.exemplo.com.br/a?b=1"]);
        assert_eq!(links("(WWW.Pão.example), ok"), ["WWW.Pão.example"]);
        assert_eq!(links("fale com ana.prado+x@empresa.com.br, hoje"), ["ana.prado+x@empresa.com.br"]);
        assert_eq!(links("<ana@pão.example>; bia@b.example."), ["ana@pão.example", "bia@b.example"]);
        assert_eq!(links("www.ana@a.example"), ["www.ana@a.example"], "an address of a person");
        assert_eq!(links("https://ana@a.example/"), ["https://ana@a.example/"]);
        assert_eq!(links("E-mail:ana@a.example"), ["ana@a.example"]);
        let both = segments("www.a.example ana@a.example");
        let leads: Vec<_> = both
            .iter()
            .filter_map(|part| match part {
                Segment::Link { href, .. } => Some(href.as_str()),
                Segment::Text(_) => None,
            })
            .collect();
        assert_eq!(leads, ["https://www.a.example", "mailto:ana@a.example"]);
    }

    #[test]
    fn a_link_ends_where_the_direction_of_text_could_turn() {
        assert_eq!(links("https://a.example/\u{202E}gpj.exe"), ["https://a.example/"]);
    }
}
