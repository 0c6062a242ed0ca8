//! What somebody looks for, for columns that the function `plain` of the database made.

/// More words than these narrow nothing.
const MOST_WORDS: usize = 6;

/// Of these the longest are taken.
const MOST_READ: usize = 50;

/// The words of a search, each as a pattern of LIKE: `%word%`.
///
/// A column is compared with the longest alone, which an index serves, and then with all:
/// `col LIKE plain($1) AND col LIKE ALL (SELECT plain(p) FROM unnest($2::text[]) AS p)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    patterns: Vec<String>,
}

impl Search {
    /// `None` when nothing was typed. What is written like a telephone, `(11) 90000-0142`, is its digits.
    pub fn parse(typed: &str) -> Option<Self> {
        let is_mark = |c: char| matches!(c, '(' | ')' | '-' | '.' | '+') || c.is_whitespace();
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        let is_number = digits.len() >= 3 && typed.chars().all(|c| c.is_ascii_digit() || is_mark(c));
        let mut words: Vec<String> = match is_number {
            true => vec![digits],
            false => typed.split_whitespace().take(MOST_READ).map(escape).collect(),
        };
        words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
        let mut words = without_implied(words);
        words.truncate(MOST_WORDS);
        let patterns: Vec<String> = words.into_iter().map(|word| format!("%{word}%")).collect();
        (!patterns.is_empty()).then_some(Self { patterns })
    }

    /// The pattern that narrows most.
    pub fn longest(&self) -> &str {
        self.patterns.first().map_or("%", String::as_str)
    }

    /// Says, in SQL, whether `column` matches every pattern; `array` is the parameter that holds them. Each is a
    /// condition of its own, so that the index serves them all: the longest word is not always the rarest.
    pub fn condition(&self, column: &str, array: &str) -> String {
        let each = |place| format!("{column} LIKE plain(({array}::text[])[{place}])");
        (1..=self.patterns.len()).map(each).collect::<Vec<_>>().join(" AND ")
    }

    /// Every pattern.
    pub fn all(&self) -> &[String] {
        &self.patterns
    }
}

/// Without words that stand in a longer one, or twice: what has the one has the other. The longest come first.
fn without_implied(words: Vec<String>) -> Vec<String> {
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
        assert_eq!(Search::parse("a1 b2 c3 d4 e5 f6 g7 h8").unwrap().all().len(), MOST_WORDS);
    }

    #[test]
    fn a_telephone_is_its_digits() {
        assert_eq!(Search::parse("(11) 90000-0142").unwrap().longest(), "%11900000142%");
        assert_eq!(Search::parse("+55 11").unwrap().longest(), "%5511%");
        assert_eq!(Search::parse("12").unwrap().longest(), "%12%");
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
            "c.search LIKE plain(($3::text[])[1]) AND c.search LIKE plain(($3::text[])[2])"
        );
    }

    #[test]
    fn nothing_typed_is_no_search() {
        assert_eq!(Search::parse("  \t"), None);
    }
}
