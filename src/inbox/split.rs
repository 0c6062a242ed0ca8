//! Splits a text that is longer than a message may be.

/// Splits `text` into parts of at most `limit` characters: after a paragraph, else a line, else a word, else in the middle
/// of a word. Only white space at the cuts is lost. An empty text has no parts.
pub fn split(text: &str, limit: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    while let Some((end, _)) = rest.char_indices().nth(limit) {
        // White space right behind the limit is a good place to cut, too.
        let reach = end + rest[end..].chars().next().map_or(0, char::len_utf8);
        let cut = place_to_cut(&rest[..reach], end);
        parts.push(rest[..cut].trim_end().to_owned());
        rest = rest[cut..].trim_start();
    }
    if !rest.is_empty() {
        parts.push(rest.to_owned());
    }
    parts
}

/// Where to cut `head`. Paragraphs and lines count only in its second half, so that no part becomes needlessly short.
fn place_to_cut(head: &str, end: usize) -> usize {
    let in_second_half = |cut: &usize| *cut > end / 2;
    let paragraph = head.rfind("\n\n").filter(in_second_half);
    let line = || head.rfind('\n').filter(in_second_half);
    let word = || head.rfind(char::is_whitespace).filter(|cut| *cut > 0);
    paragraph.or_else(line).or_else(word).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_stays_whole() {
        assert_eq!(split(" oi\n\ntudo bem? \n", 20), ["oi\n\ntudo bem?"]);
        assert_eq!(split("12345", 5), ["12345"]);
        assert_eq!(split(" \n ", 5), [""; 0]);
    }

    #[test]
    fn a_long_text_is_cut_where_a_reader_pauses() {
        assert_eq!(split("um dois\n\ntrês quatro", 12), ["um dois", "três quatro"]);
        assert_eq!(split("um dois\ntrês quatro", 12), ["um dois", "três quatro"]);
        assert_eq!(split("um dois três", 7), ["um dois", "três"]);
        assert_eq!(split("a\n\nb c d e f g h", 12), ["a\n\nb c d e f", "g h"], "the first half is too short");
        assert_eq!(split("ééééé", 2), ["éé", "éé", "é"]);
    }

    #[test]
    fn nothing_but_white_space_is_lost() {
        let text =
            "Uma linha curta.\n\nOutra, com é e 🙂, que é mais comprida do que a primeira.\n".repeat(200);
        for limit in [1, 2, 3, 7, 50, 4096] {
            let parts = split(&text, limit);
            assert!(parts.iter().all(|part| (1..=limit).contains(&part.chars().count())), "{limit}");
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(bare(&parts.concat()), bare(&text), "{limit}");
        }
    }
}
