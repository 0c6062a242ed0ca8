//! A phone number: reads what Brazilians type, stores E.164.

/// The Brazilian area codes (<https://www.gov.br/anatel>, plano de numeração).
const AREAS: &[u8] = &[
    11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 24, 27, 28, 31, 32, 33, 34, 35, 37, 38, 41, 42, 43, 44, 45,
    46, 47, 48, 49, 51, 53, 54, 55, 61, 62, 63, 64, 65, 66, 67, 68, 69, 71, 73, 74, 75, 77, 79, 81, 82, 83,
    84, 85, 86, 87, 88, 89, 91, 92, 93, 94, 95, 96, 97, 98, 99,
];

/// Prefixes that links and other programs put before a number.
const PREFIXES: [&str; 5] = ["tel:", "whatsapp:", "callto:", "sms:", "phone:"];

/// Suffixes of numbers in programs built on WhatsApp Web.
const SUFFIXES: [&str; 2] = ["@c.us", "@s.whatsapp.net"];

/// The message for a number that a spreadsheet has rounded.
pub const ROUNDED: &str = "A planilha arredondou este número. Formate a coluna como texto, digite o número inteiro e salve de novo.";

/// A number in E.164, such as `+5511900000142`. A service number without area code, such as 0800 or 4004, is
/// stored as `+55` and its digits without the leading zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// Reads `(11) 90000-0142`, `011 90000 0142`, `+55 11 90000-0142`, `+351 912 345 678`, `0800 123 4567`,
    /// and the variants that spreadsheets and phones produce. The error is the message for the form.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = bare(text)?;
        let text = text.as_str();
        let mut digits = String::new();
        for (place, c) in text.chars().enumerate() {
            match c {
                c if c.is_ascii_digit() => digits.push(c),
                '+' if place == 0 => {}
                c if is_mark(c) || c.is_whitespace() => {}
                _ => return Err("Use só números, com o DDD, como em (11) 90000-0142."),
            }
        }
        // Two leading zeros mean an international call. "(00) …" is an area code, which does not exist.
        match (text.strip_prefix('+'), digits.strip_prefix("00")) {
            (Some(_), _) => international(&digits),
            (None, Some(abroad)) if text.starts_with('0') => international(abroad),
            _ => within_brazil(&digits),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits without `+` and without Brazil's 55.
    pub fn national(&self) -> &str {
        let digits = self.0.trim_start_matches('+');
        digits.strip_prefix("55").unwrap_or(digits)
    }

    /// Mobile numbers of Brazil have nine digits after the area code.
    pub fn is_brazilian_mobile(&self) -> bool {
        self.0.strip_prefix("+55").is_some_and(|national| national.len() == 11)
    }

    /// Service numbers, such as 0800 and 4004, only take calls.
    pub fn takes_messages(&self) -> bool {
        self.0.strip_prefix("+55").is_none_or(|national| service(national).is_none())
    }
}

/// Whether a word can be part of a number: digits with separators, and what programs put around them.
pub fn is_part(word: &str) -> bool {
    bare(word.trim_matches(['=', '"', '\''])).is_ok_and(|bare| {
        bare.chars().any(|c| c.is_ascii_digit())
            && bare.chars().all(|c| c.is_ascii_digit() || c == '+' || is_mark(c))
    })
}

fn is_mark(c: char) -> bool {
    matches!(c, '(' | ')' | '-' | '.' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Formats a Brazilian service number as it is dialled; `national` has no leading zero.
pub fn service(national: &str) -> Option<String> {
    let is_toll = ["300", "303", "500", "800", "900"].iter().any(|prefix| national.starts_with(prefix));
    match national.len() {
        10 if is_toll => Some(format!("0{} {} {}", &national[..3], &national[3..6], &national[6..])),
        // Old numbers have one digit less.
        9 if is_toll => Some(format!("0{} {} {}", &national[..3], &national[3..5], &national[5..])),
        8 if ["300", "400", "4020"].iter().any(|prefix| national.starts_with(prefix)) => {
            Some(format!("{}-{}", &national[..4], &national[4..]))
        }
        _ => None,
    }
}

/// Strips what people and programs put around a number: invisible characters, a prefix, spreadsheet quotes,
/// decimals that are zero.
fn bare(text: &str) -> Result<String, &'static str> {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).map(narrow).collect();
    let mut text = visible.trim();
    if let Some(quoted) = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        text = quoted.trim();
    }
    text = text.strip_prefix('\'').unwrap_or(text).trim();
    for prefix in PREFIXES {
        if text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
            let rest = text[prefix.len()..].trim_start_matches('/');
            text = rest.split(';').next().unwrap_or(rest).trim();
        }
    }
    text = SUFFIXES.iter().find_map(|suffix| text.strip_suffix(suffix)).unwrap_or(text);
    if let Some(inner) = text.strip_prefix("(+") {
        return Ok(format!("+{inner}"));
    }
    if let Some(whole) = from_scientific(text) {
        return whole;
    }
    if let Some((whole, decimals)) = text.split_once(['.', ',']) {
        let is_number = whole.trim_start_matches('+').len() >= 8
            && whole.trim_start_matches('+').bytes().all(|byte| byte.is_ascii_digit());
        if is_number && matches!(decimals, "0" | "00") {
            return Ok(whole.to_owned());
        }
    }
    // Placeholder for the carrier code, as in "(0xx11)".
    let lower = text.to_ascii_lowercase();
    Ok(match ["0xx", "0**"].iter().find(|mark| lower.contains(**mark)) {
        Some(mark) => lower.replacen(mark, "0", 1),
        None => text.to_owned(),
    })
}

/// Reads `5,511900010028E+12`. If digits are missing, the number was rounded, which is an error.
fn from_scientific(text: &str) -> Option<Result<String, &'static str>> {
    let (mantissa, exponent) = text.split_once(['E', 'e'])?;
    let exponent: usize = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    let (one, decimals) = mantissa.split_once([',', '.']).unwrap_or((mantissa, ""));
    let is_number = one.len() == 1 && (one.to_owned() + decimals).bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return None;
    }
    Some(if decimals.len() == exponent { Ok(format!("{one}{decimals}")) } else { Err(ROUNDED) })
}

/// Direction marks, joiners, variation selectors and the like, which phones copy along with a number.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Converts full-width characters and digits of other scripts to ASCII.
fn narrow(c: char) -> char {
    let code = u32::from(c);
    let ascii = match c {
        '\u{ff01}'..='\u{ff5e}' => code - 0xfee0,
        '\u{660}'..='\u{669}' => code - 0x660 + 0x30,
        '\u{6f0}'..='\u{6f9}' => code - 0x6f0 + 0x30,
        '\u{3000}' => 0x20,
        _ => code,
    };
    char::from_u32(ascii).unwrap_or(c)
}

fn international(digits: &str) -> Result<Phone, &'static str> {
    if let Some(national) = digits.strip_prefix("55") {
        // "+55 (011) 9…" contains the zero of a domestic call.
        return brazilian(national.strip_prefix('0').unwrap_or(national));
    }
    // ITU-T E.164: at most 15 digits in all; a country code never starts with 0.
    let is_number = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
    if is_number { Ok(Phone(format!("+{digits}"))) } else { Err("Confira o código do país e o número.") }
}

fn within_brazil(digits: &str) -> Result<Phone, &'static str> {
    let without_zero = digits.strip_prefix('0').unwrap_or(digits);
    // No other number has these lengths with a zero, and 30, 50, 80 and 90 are not area codes.
    if service(without_zero).is_some() && (digits.starts_with('0') || digits.len() == 8) {
        return Ok(Phone(format!("+55{without_zero}")));
    }
    let digits = match (digits.strip_prefix('0'), digits.len()) {
        // The trunk zero, or the zero and the two digits of a carrier.
        (Some(national), 11 | 12) => national,
        (Some(_), 13 | 14) => &digits[3..],
        _ => digits,
    };
    match (digits.len(), digits.strip_prefix("55")) {
        (12 | 13, Some(national)) => brazilian(national),
        (8 | 9, _) => Err("Inclua o DDD, como em (11) 90000-0142."),
        _ => brazilian(digits),
    }
}

/// Mobile numbers have nine digits after the area code and start with 9; landlines have eight and start with
/// 2 to 5.
fn brazilian(national: &str) -> Result<Phone, &'static str> {
    if service(national).is_some() {
        return Ok(Phone(format!("+55{national}")));
    }
    if !matches!(national.len(), 10 | 11) {
        return Err("Confira o número: DDD e 8 ou 9 dígitos, como em (11) 90000-0142.");
    }
    let (area, number) = national.split_at(2);
    if !area.parse().is_ok_and(|area: u8| AREAS.contains(&area)) {
        return Err("Este DDD não existe. Para outro país, comece com + e o código do país.");
    }
    match (number.len(), number.as_bytes().first()) {
        (9, Some(b'9')) | (8, Some(b'2'..=b'5')) => Ok(Phone(format!("+55{national}"))),
        (8, Some(b'6'..=b'9')) => Err("Celulares têm 9 dígitos depois do DDD. Inclua o 9 no início."),
        _ => Err("Confira o número: DDD e 8 ou 9 dígitos, como em (11) 90000-0142."),
    }
}

#[cfg(test)]
pub mod tests;
