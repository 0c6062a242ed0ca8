//! Splits a text into words, numbers and signs, without regard to case and accents.

use std::ops::Range;

use super::numbers;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    /// Where it stands in the text, in bytes.
    pub place: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In lower case, without accents.
    Word(String),
    Number(Number),
    Sign(char),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    pub value: u32,
    /// How many digits were typed; 0 for a number in words.
    pub digits: usize,
    /// `vinte e cinco`, which as an hour is 20:05.
    pub tens_and_unit: bool,
}

pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::<Token>::new();
    // Nested remarks are one remark.
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ => add(&mut tokens, at, c),
        }
    }
    numbers::in_digits(without_hyphens(tokens))
}

fn add(tokens: &mut Vec<Token>, at: usize, c: char) {
    let place = at..at + c.len_utf8();
    let last = tokens.last_mut().filter(|last| last.place.end == at);
    if c.is_whitespace() {
        return;
    }
    if is_accent(c) {
        if let Some(last) = last {
            last.place.end = place.end;
        }
        return;
    }
    if let Some(digit) = c.to_digit(10) {
        match last {
            Some(Token { kind: Kind::Number(number), place }) => {
                number.value = number.value.saturating_mul(10).saturating_add(digit);
                number.digits += 1;
                place.end += 1;
            }
            _ => {
                let number = Number { value: digit, digits: 1, tens_and_unit: false };
                tokens.push(Token { kind: Kind::Number(number), place });
            }
        }
        return;
    }
    if !c.is_alphabetic() || matches!(c, 'º' | 'ª') {
        return tokens.push(Token { kind: Kind::Sign(c), place });
    }
    match last {
        Some(Token { kind: Kind::Word(word), place: whole }) => {
            word.extend(plain(c));
            whole.end = place.end;
        }
        _ => tokens.push(Token { kind: Kind::Word(plain(c).collect()), place }),
    }
}

/// A combining accent, as in text that was decomposed.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

pub fn plain(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().filter(|c| !is_accent(*c)).map(|c| match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        other => other,
    })
}

/// Removes the hyphens of compounds: `segunda-feira`, `meio-dia`. Those between numbers stay.
fn without_hyphens(tokens: Vec<Token>) -> Vec<Token> {
    let is_word = |token: Option<&Token>| matches!(token, Some(Token { kind: Kind::Word(_), .. }));
    let inner = |at: usize| is_word(tokens.get(at + 1)) && at > 0 && is_word(tokens.get(at - 1));
    let stays = |at: usize, token: &Token| token.kind != Kind::Sign('-') || !inner(at);
    let kept: Vec<bool> = tokens.iter().enumerate().map(|(at, token)| stays(at, token)).collect();
    tokens.into_iter().zip(kept).filter_map(|(token, stays)| stays.then_some(token)).collect()
}
