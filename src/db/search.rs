//! Parses search words, for columns made by the database function `searchable`.

use crate::{email, phone};

/// Maximum words that are searched for. More do not narrow the result.
const MAX_WORDS: usize = 6;

/// Maximum words that are read. The longest of them are searched for.
const MAX_WORDS_READ: usize = 50;

/// The words of a search, each as a LIKE pattern: `%word%`.
///
/// A query compares the column with the longest word alone, for which it can use an index, and then with all:
/// `col LIKE searchable($1) AND col LIKE ALL (SELECT searchable(p) FROM unnest($2::text[]) AS p)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    patterns: Vec<String>,
}

impl Search {
    /// `None` if the text holds no words. Finds a phone number and an e-mail address in every spelling that forms
    /// accept.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut words: Vec<String> = with_telephones(typed.split_whitespace().take(MAX_WORDS_READ).collect())
            .iter()
            .map(|word| word.trim_matches(is_mark))
            .filter(|word| !word.is_empty())
            .map(|word| escape(&email::as_stored(word)))
            .collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
        let mut words = without_contained(words);
        words.truncate(MAX_WORDS);
        let patterns: Vec<String> = words.into_iter().map(|word| format!("%{word}%")).collect();
        (!patterns.is_empty()).then_some(Self { patterns })
    }

    /// The longest word's pattern.
    pub fn longest(&self) -> &str {
        self.patterns.first().map_or("%", String::as_str)
    }

    /// SQL condition: `column` matches every pattern. `array` is the parameter that holds them. Each pattern
    /// is a separate condition, so that the index can be used for all: the longest word is not always the
    /// rarest.
    pub fn condition(&self, column: &str, array: &str) -> String {
        let each = |place| format!("{column} LIKE searchable(({array}::text[])[{place}])");
        (1..=self.patterns.len()).map(each).collect::<Vec<_>>().join(" AND ")
    }

    /// All patterns.
    pub fn all(&self) -> &[String] {
        &self.patterns
    }
}

/// Characters that are ignored at the beginning and the end of a word.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '`' | '´' | '‘'..='‟' | '‹' | '›' | '«' | '»' | '(' | ')' | '[' | ']' | '{' | '}'
            | '.' | ',' | ';' | ':' | '/' | '+' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}'
            | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// Joins the words that form a phone number into one: its digits, as they are stored.
fn with_telephones(words: Vec<&str>) -> Vec<String> {
    words
        .chunk_by(|one, next| phone::is_part(one) && phone::is_part(next))
        .flat_map(|run| match phone::Phone::parse(&run.join(" ")) {
            Ok(phone) => vec![phone.national().to_owned()],
            Err(_) => match beginning_of_service_number(run) {
                Some(digits) => vec![digits],
                None => run.iter().map(|word| (*word).to_owned()).collect(),
            },
        })
        .collect()
}

/// The first digits of a number such as 0800 123 0036, which is stored without the 0.
fn beginning_of_service_number(run: &[&str]) -> Option<String> {
    let digits: String = run.concat().chars().filter(char::is_ascii_digit).collect();
    let is_service = ["0300", "0500", "0800", "0900"].iter().any(|prefix| digits.starts_with(prefix));
    is_service.then(|| digits[1..].to_owned())
}

/// Drops words that are contained in another, because every match of the longer one matches them too. `words`
/// must begin with the longest.
fn without_contained(words: Vec<String>) -> Vec<String> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for word in words {
        let lower = word.to_lowercase();
        if !kept.iter().any(|(_, longer)| longer.contains(&lower)) {
            kept.push((word, lower));
        }
    }
    kept.into_iter().map(|(word, _)| word).collect()
}

fn escape(word: &str) -> String {
    let mut escaped = String::with_capacity(word.len());
    for c in word.chars().filter(|c| *c != '\0') {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_word_comes_first() {
        let search = Search::parse("  de  Duarte ").unwrap();
        assert_eq!(search.longest(), "%Duarte%");
        assert_eq!(search.all(), ["%Duarte%", "%de%"]);
    }

    #[test]
    fn words_that_say_nothing_more_are_left_out() {
        assert_eq!(Search::parse("silva Silva SILVA sil souza").unwrap().all(), ["%silva%", "%souza%"]);
        assert_eq!(Search::parse("a1 b2 c3 d4 e5 f6 g7 h8").unwrap().all().len(), MAX_WORDS);
    }

    #[test]
    fn the_beginning_of_a_service_number_is_searched_without_its_zero() {
        assert_eq!(Search::parse("SAC 0800").unwrap().all(), ["%SAC%", "%800%"]);
        assert_eq!(Search::parse("0800-123").unwrap().all(), ["%800123%"]);
        assert_eq!(Search::parse("0142").unwrap().all(), ["%0142%"]);
    }

    #[test]
    fn a_telephone_is_its_digits_in_every_spelling_that_a_form_takes() {
        for typed in phone::tests::SPELLINGS {
            assert_eq!(Search::parse(typed).unwrap().all(), ["%11900000142%"], "{typed}");
        }
        assert_eq!(Search::parse("(55) 99999-4444").unwrap().all(), ["%55999994444%"]);
        for typed in ["0800 123 0036", "08001230036", "0800-123-0036", "Ligar 0800 123 0036"] {
            assert_eq!(Search::parse(typed).unwrap().all()[0], "%8001230036%", "{typed}");
        }
        for typed in ["+351 912 345 678", "00351912345678", "tel:+351-912-345-678"] {
            assert_eq!(Search::parse(typed).unwrap().all(), ["%351912345678%"], "{typed}");
        }
        assert_eq!(Search::parse("Ana 11 90000-0142").unwrap().all(), ["%11900000142%", "%Ana%"]);
    }

    #[test]
    fn an_address_in_punycode_is_looked_for_in_letters() {
        for typed in ["raul@xn--po-sia.example", "(Raul@XN--PO-SIA.example)", "raul@pão.example"] {
            assert_eq!(Search::parse(typed).unwrap().all(), ["%raul@pão.example%"], "{typed}");
        }
        assert_eq!(Search::parse("xn--po-sia").unwrap().all(), ["%pão%"]);
    }

    #[test]
    fn numbers_that_are_no_telephone_stay_as_they_are() {
        assert_eq!(Search::parse("+55 11").unwrap().all(), ["%55%", "%11%"]);
        assert_eq!(Search::parse("90000-0142").unwrap().all(), ["%90000-0142%"]);
        assert_eq!(
            Search::parse("pedido 45-678, 10.500").unwrap().all(),
            ["%pedido%", "%45-678%", "%10.500%"]
        );
        assert_eq!(Search::parse("15-12-2026 10").unwrap().all(), ["%15-12-2026%", "%10%"]);
        assert_eq!(Search::parse("12").unwrap().all(), ["%12%"]);
    }

    #[test]
    fn marks_between_words_say_nothing() {
        assert_eq!(
            Search::parse("“Ana” - Duarte (matriz)").unwrap().all(),
            ["%Duarte%", "%matriz%", "%Ana%"]
        );
        assert_eq!(Search::parse(" — \u{200b} "), None);
    }

    #[test]
    fn signs_of_patterns_stand_for_themselves() {
        assert_eq!(Search::parse("100%_\\").unwrap().longest(), "%100\\%\\_\\\\%");
    }

    #[test]
    fn each_word_is_a_condition() {
        let condition = Search::parse("Ana Duarte").unwrap().condition("c.search", "$3");
        assert_eq!(
            condition,
            "c.search LIKE searchable(($3::text[])[1]) AND c.search LIKE searchable(($3::text[])[2])"
        );
    }

    #[test]
    fn nothing_typed_is_no_search() {
        assert_eq!(Search::parse("  \t"), None);
    }
}
