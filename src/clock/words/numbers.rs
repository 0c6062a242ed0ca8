//! Numbers in words, from one to sixty-nine.

use super::phrases::month_named;
use super::tokens::{Kind, Number, Token};

const UP_TO_NINETEEN: [&[&str]; 20] = [
    &["zero"],
    &["um", "uma"],
    &["dois", "duas"],
    &["tres"],
    &["quatro"],
    &["cinco"],
    &["seis"],
    &["sete"],
    &["oito"],
    &["nove"],
    &["dez"],
    &["onze"],
    &["doze"],
    &["treze"],
    &["catorze", "quatorze"],
    &["quinze"],
    &["dezesseis", "dezasseis"],
    &["dezessete", "dezassete"],
    &["dezoito"],
    &["dezenove", "dezanove"],
];
const TENS: [&str; 5] = ["vinte", "trinta", "quarenta", "cinquenta", "sessenta"];

/// Replaces numbers in words by numbers.
pub fn in_digits(tokens: Vec<Token>) -> Vec<Token> {
    let mut read = Vec::<Token>::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let (number, length) = match &token.kind {
            Kind::Word(word) if !is_month(&read, word) => number(word, &tokens[at + 1..]),
            _ => (None, 1),
        };
        let first = is_first(&tokens, at).then_some(plain(1));
        let end = tokens[at + length - 1].place.end;
        read.push(match number.or(first) {
            Some(number) => Token { kind: Kind::Number(number), place: token.place.start..end },
            None => token.clone(),
        });
        at += length;
    }
    read
}

/// Whether `primeiro` is the first of a month there, and not that of something else: `primeiro dia útil`.
fn is_first(tokens: &[Token], at: usize) -> bool {
    let is = |at: Option<usize>, word: &str| {
        let token = at.and_then(|at| tokens.get(at));
        matches!(token, Some(Token { kind: Kind::Word(found), .. }) if found == word)
    };
    is(Some(at), "primeiro")
        && (is(at.checked_sub(1), "dia") || is(Some(at + 1), "de") || is(Some(at + 1), "do"))
}

/// The number that begins with `word`, and how many tokens it takes.
fn number(word: &str, rest: &[Token]) -> (Option<Number>, usize) {
    if let Some(value) = small(word) {
        return (Some(plain(value)), 1);
    }
    let Some(tens) = TENS.iter().position(|name| *name == word) else { return (None, 1) };
    let tens = (tens as u32 + 2) * 10;
    if let [Token { kind: Kind::Word(and), .. }, Token { kind: Kind::Word(unit), .. }, ..] = rest
        && let (true, Some(unit @ 1..=9)) = (and == "e", small(unit))
    {
        let number = Number { value: tens + unit, digits: 0, tens_and_unit: true };
        return (Some(number), 3);
    }
    (Some(plain(tens)), 1)
}

fn small(word: &str) -> Option<u32> {
    UP_TO_NINETEEN.iter().position(|names| names.contains(&word)).map(|value| value as u32)
}

fn plain(value: u32) -> Number {
    Number { value, digits: 0, tens_and_unit: false }
}

/// Whether `dez` is the month: it is after a number, as in `5 dez` and `5 de dez`.
fn is_month(before: &[Token], word: &str) -> bool {
    let is_number = |token: Option<&Token>| matches!(token, Some(Token { kind: Kind::Number(_), .. }));
    let is_of =
        |token: Option<&Token>| matches!(token, Some(Token { kind: Kind::Word(of), .. }) if of == "de");
    let mut before = before.iter().rev();
    let last = before.next();
    month_named(word).is_some() && (is_number(last) || is_of(last) && is_number(before.next()))
}
