//! Finds telephone numbers among the words of a cell: "(11) 3333-1052 ramal 12", "Maria (11) 90000-0142". A
//! form can ask the user for the number alone, but an imported file cannot be changed.

use crate::phone::{Phone, ROUNDED};

/// Maximum words in a run of digits that is searched for several numbers.
const MAX_WORDS: usize = 20;

/// A text with one of these words has no telephone numbers, though its digits may look like one.
const OTHER_NUMBERS: [&str; 5] = ["cpf", "cnpj", "rg", "cep", "fax"];

/// Words that join two numbers.
const JOINING_WORDS: [&str; 5] = ["e", "ou", "y", "and", "or"];

/// The numbers in a text that is not a number as a whole, and the other words. A run of digits that can be
/// divided into numbers in more than one way stays among the words. `None` if no number is found.
pub fn find_in_text(text: &str) -> Option<(Vec<Phone>, String)> {
    let is_other = |word: &str| OTHER_NUMBERS.contains(&word.to_lowercase().as_str());
    let is_rounded = Phone::parse(text) == Err(ROUNDED);
    if is_rounded || text.contains('@') || text.split(|c: char| !c.is_alphabetic()).any(is_other) {
        return None;
    }
    let (mut phones, mut rest) = (Vec::new(), String::new());
    let mut before = ' ';
    for run in runs(text) {
        let starts_apart = !(before.is_alphabetic() && run.starts_with(|c: char| c.is_ascii_digit()));
        match numbers(run).filter(|_| is_of_number(run) && starts_apart) {
            Some(found) => {
                phones.extend(found);
                rest.push(' ');
            }
            None => rest.push_str(run),
        }
        before = run.chars().next_back().unwrap_or(' ');
    }
    let is_edge = |c: char| !c.is_alphanumeric();
    let words = rest.split_whitespace().map(|word| word.trim_matches(is_edge));
    let words =
        words.filter(|word| !word.is_empty() && !JOINING_WORDS.contains(&word.to_lowercase().as_str()));
    let rest = words.collect::<Vec<_>>().join(" ");
    (!phones.is_empty()).then_some((phones, rest))
}

/// Whether the text has digits and no letters.
fn is_of_number(text: &str) -> bool {
    text.chars().all(|c| !c.is_alphabetic()) && text.contains(|c: char| c.is_ascii_digit())
}

/// Splits the text into runs with letters and runs without letters.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_of_letters = rest.chars().next()?.is_alphabetic();
        let end = rest.find(|c: char| c.is_alphabetic() != is_of_letters).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

/// One number, or several separated by spaces. `None` if there is more than one way to divide them.
fn numbers(run: &str) -> Option<Vec<Phone>> {
    let run = run.trim_start_matches(|c: char| !c.is_ascii_digit() && !matches!(c, '(' | '+'));
    let run = run.trim_end_matches(|c: char| !c.is_ascii_digit());
    if let Ok(phone) = Phone::parse(run) {
        return Some(vec![phone]);
    }
    let words: Vec<&str> = run.split_whitespace().collect();
    let mut found = Vec::new();
    if words.len() <= MAX_WORDS {
        split_into_numbers(&words, &mut Vec::new(), &mut found);
    }
    match found.len() {
        1 => found.pop(),
        _ => None,
    }
}

/// Finds the ways to divide all the words into Brazilian numbers; it stops after two. Foreign numbers have no
/// fixed length, so they are not recognised among several numbers.
fn split_into_numbers(words: &[&str], before: &mut Vec<Phone>, found: &mut Vec<Vec<Phone>>) {
    /// Maximum words in one number, such as "+55 11 9 0000 0142".
    const MAX_WORDS_PER_NUMBER: usize = 6;
    if words.is_empty() {
        found.push(before.clone());
        return;
    }
    for count in 1..=words.len().min(MAX_WORDS_PER_NUMBER) {
        let Ok(phone) = Phone::parse(&words[..count].join(" ")) else { continue };
        if phone.as_str().starts_with("+55") && found.len() < 2 {
            before.push(phone);
            split_into_numbers(&words[count..], before, found);
            before.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_text(text: &str) -> Option<String> {
        let (phones, rest) = find_in_text(text)?;
        let phones: Vec<&str> = phones.iter().map(Phone::as_str).collect();
        Some(format!("{}|{rest}", phones.join(" ")))
    }

    #[test]
    fn a_number_among_words_is_found_and_the_words_are_kept() {
        for (text, expected) in [
            ("(11) 3333-1052 ramal 12", "+551133331052|ramal 12"),
            ("+55 (11) 90000-2010 (WhatsApp)", "+5511900002010|WhatsApp"),
            ("Maria (11) 90000-2009", "+5511900002009|Maria"),
            ("Tel.: 11 90000-2009", "+5511900002009|Tel"),
            ("(11) 90000-2007 e (11) 90000-2008", "+5511900002007 +5511900002008|"),
            ("(11) 90000-2007 (11) 90000-2008", "+5511900002007 +5511900002008|"),
            ("11900002007 11900002008", "+5511900002007 +5511900002008|"),
            ("11 90000 2007 11 3333 2008", "+5511900002007 +551133332008|"),
            ("+55 11 9 0000 2007 +55 11 9 0000 2008 casa", "+5511900002007 +5511900002008|casa"),
        ] {
            assert_eq!(as_text(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_may_be_something_else_is_no_number() {
        for text in [
            "Maria",
            "90000-2009 Maria",
            "CPF 119.000.020-09",
            "fax (11) 3333-1052",
            "A11900002009",
            "ana11900002009@casa.example",
            "Maria 2 (11) 90000-2009",
            "5,5519900010E+12",
            "(11) 3333-1052 12",
        ] {
            assert_eq!(as_text(text), None, "{text}");
        }
    }
}
