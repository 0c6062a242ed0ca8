//! A telephone number, as Brazilians type it and as it is stored: E.164.

/// The area codes of Brazil (<https://www.gov.br/anatel>, plano de numeração).
const AREAS: &[u8] = &[
    11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 24, 27, 28, 31, 32, 33, 34, 35, 37, 38, 41, 42, 43, 44, 45,
    46, 47, 48, 49, 51, 53, 54, 55, 61, 62, 63, 64, 65, 66, 67, 68, 69, 71, 73, 74, 75, 77, 79, 81, 82, 83,
    84, 85, 86, 87, 88, 89, 91, 92, 93, 94, 95, 96, 97, 98, 99,
];

/// A number in E.164, such as `+5511900000142`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// Reads `(11) 90000-0142`, `011 90000 0142`, `+55 11 90000-0142`, `+351 912 345 678`.
    ///
    /// # Errors
    /// What the form says about it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let is_mark = |c: char| matches!(c, '(' | ')' | '-' | '.' | '/' | '\u{2010}'..='\u{2014}');
        let mut digits = String::new();
        for (place, c) in text.chars().enumerate() {
            match c {
                c if c.is_ascii_digit() => digits.push(c),
                '+' if place == 0 => {}
                c if is_mark(c) || c.is_whitespace() => {}
                _ => return Err("Use só números, com o DDD, como em (11) 90000-0142."),
            }
        }
        // Two zeros lead abroad; in brackets they are an area code, which does not exist.
        match (text.strip_prefix('+'), digits.strip_prefix("00")) {
            (Some(_), _) => international(&digits),
            (None, Some(abroad)) if text.starts_with('0') => international(abroad),
            _ => within_brazil(&digits),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn international(digits: &str) -> Result<Phone, &'static str> {
    if let Some(national) = digits.strip_prefix("55") {
        return brazilian(national);
    }
    // ITU-T E.164: a country code, which begins with 1 to 9, and at most 15 digits in all.
    let is_number = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
    if is_number { Ok(Phone(format!("+{digits}"))) } else { Err("Confira o código do país e o número.") }
}

fn within_brazil(digits: &str) -> Result<Phone, &'static str> {
    let digits = match (digits.strip_prefix('0'), digits.len()) {
        // The trunk's zero, or the zero and the two digits of a carrier.
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

/// Mobile numbers have nine digits after the area code and begin with 9; others eight, from 2 to 5.
fn brazilian(national: &str) -> Result<Phone, &'static str> {
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
mod tests {
    use super::*;

    #[test]
    fn what_brazilians_type_is_understood() {
        for typed in [
            "(11) 90000-0142",
            "11 90000 0142",
            "11900000142",
            "011 90000-0142",
            "0 15 11 90000-0142",
            "+55 11 90000-0142",
            "55 11 90000-0142",
            "0055 11 90000 0142",
            " 11\u{a0}90000–0142 ",
        ] {
            assert_eq!(Phone::parse(typed).unwrap().as_str(), "+5511900000142", "{typed}");
        }
        assert_eq!(Phone::parse("(55) 3333-4444").unwrap().as_str(), "+555533334444");
        assert_eq!(Phone::parse("55 5533334444").unwrap().as_str(), "+555533334444");
        assert_eq!(Phone::parse("55 99999-4444").unwrap().as_str(), "+5555999994444");
    }

    #[test]
    fn other_countries_need_their_code() {
        assert_eq!(Phone::parse("+351 912 345 678").unwrap().as_str(), "+351912345678");
        assert_eq!(Phone::parse("00351912345678").unwrap().as_str(), "+351912345678");
        assert!(Phone::parse("+0 11 90000").is_err());
        assert!(Phone::parse("+1234567").is_err());
        assert!(Phone::parse("+1234567890123456").is_err());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (typed, said) in [
            ("90000-0142", "Inclua o DDD"),
            ("(10) 90000-0142", "DDD não existe"),
            ("abc", "só números"),
            ("(11) 80000-0142", "Confira o número"),
            ("(11) 8000-0142", "9 dígitos"),
            ("11", "Confira"),
            ("11 90000-0142 +", "só números"),
            ("", "Confira"),
            ("0800 123 4567", "DDD"),
        ] {
            let error = Phone::parse(typed).unwrap_err();
            assert!(error.contains(said), "{typed}: {error}");
        }
    }
}
