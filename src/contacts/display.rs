//! How telephone numbers and the line below a contact's name are displayed.

use crate::phone::service;

/// Formats an E.164 number for people. Brazilian numbers: `(11) 90000-0142` or `0800 123 4567`. Foreign
/// numbers: `+351 912 345 678`. A text that is no telephone number is returned unchanged.
pub fn phone(e164: &str) -> String {
    let is_digits = |rest: &&str| rest.len() >= 8 && rest.bytes().all(|byte| byte.is_ascii_digit());
    let Some(digits) = e164.strip_prefix('+').filter(is_digits) else { return e164.to_owned() };
    if let Some(dialled) = digits.strip_prefix("55").and_then(service) {
        return dialled;
    }
    let Some(national) = digits.strip_prefix("55").filter(|rest| matches!(rest.len(), 10 | 11)) else {
        return format_foreign(digits);
    };
    let (area, number) = national.split_at(2);
    let (start, end) = number.split_at(number.len() - 4);
    format!("({area}) {start}-{end}")
}

/// Country codes with two digits (ITU-T E.164, list of assigned codes). The codes 1 and 7 have one digit, all
/// others have three.
const TWO_DIGITS: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48",
    "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81",
    "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

/// The country code, then groups of three digits. The last group has four digits if one digit is left over.
fn format_foreign(digits: &str) -> String {
    let code = match digits {
        one if one.starts_with(['1', '7']) => 1,
        two if TWO_DIGITS.contains(&&two[..2]) => 2,
        _ => 3,
    };
    let (code, mut rest) = digits.split_at(code);
    let mut groups = vec![format!("+{code}")];
    while rest.len() > 4 {
        let (group, others) = rest.split_at(3);
        groups.push(group.to_owned());
        rest = others;
    }
    groups.push(rest.to_owned());
    groups.join(" ")
}

/// Formats the first part of a line whose parts are separated by ` · `. See [`phone`].
pub fn phone_in_first_part(line: &str) -> String {
    match line.split_once(" · ") {
        Some((first, rest)) => format!("{} · {rest}", phone(first)),
        None => phone(line),
    }
}

/// The line below a contact's name: the telephone number, or else the e-mail address, or else the channel.
pub fn subtitle(phone_number: &str, email: &str, channel: &str) -> String {
    match (phone_number, email) {
        ("", "") => channel.to_owned(),
        ("", email) => email.to_owned(),
        (number, _) => phone(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephones_read_as_in_brazil() {
        assert_eq!(phone("+5511900000142"), "(11) 90000-0142");
        assert_eq!(phone("+551133334444"), "(11) 3333-4444");
        assert_eq!(phone("+351912345678"), "+351 912 345 678");
        assert_eq!(phone("+15551234567"), "+1 555 123 4567");
        assert_eq!(phone("+442079460958"), "+44 207 946 0958");
        assert_eq!(phone("+4915112345678"), "+49 151 123 456 78");
        assert_eq!(phone("ana@casa.example"), "ana@casa.example");
        assert_eq!(subtitle("", "", "Chat do site"), "Chat do site");
    }
}
