//! An e-mail address in the form in which it is stored and compared: lower case, with a Unicode domain.
//!
//! Browsers convert a domain such as `pão.example` to punycode (`xn--po-sia.example`); both are the same
//! address.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// Maximum length of an address, in bytes, with the domain in punycode (RFC 5321, 4.5.3.1.3).
const LONGEST: usize = 254;

const WRONG: &str = "Informe um e-mail completo, como nome@empresa.com.br.";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The error is the message for the form.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || is_mark(c));
        let (local, domain) = text.split_once('@').ok_or(WRONG)?;
        // Lower-casing can denormalise the text, so normalise afterwards.
        let local = ComposingNormalizerBorrowed::new_nfc().normalize(&local.to_lowercase()).into_owned();
        if local.is_empty() || !local.chars().all(is_of_local_part) {
            return Err(WRONG);
        }
        let ascii = idna::domain_to_ascii(domain).map_err(|_| WRONG)?;
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_host = ascii.contains('.') && ascii.split('.').all(is_label);
        let (letters, decoded) = idna::domain_to_unicode(&ascii);
        if !is_host || decoded.is_err() || local.len() + 1 + ascii.len() > LONGEST {
            return Err(WRONG);
        }
        Ok(Self(format!("{local}@{letters}")))
    }

    /// The address that was typed to sign in. Text that is no address is only lower-cased; no account has it.
    pub fn normalized(text: &str) -> String {
        Self::parse(text).map_or_else(|_| text.trim().to_lowercase(), |email| email.0)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Finds the addresses in a text with other words.
pub fn within(text: &str) -> impl Iterator<Item = Email> {
    let is_between = |c: char| c == '/' || !(c == '@' || is_of_local_part(c) || is_mark(c));
    text.split(is_between).filter_map(|word| Email::parse(word.trim_matches(['.', '\''])).ok())
}

/// The spelling of a word in stored addresses: a domain in punycode becomes letters, also if the word is only a part of
/// an address.
pub fn as_stored(word: &str) -> Cow<'_, str> {
    if let Ok(email) = Email::parse(word) {
        return Cow::Owned(email.0);
    }
    let (local, domain) = word.rsplit_once('@').map_or((None, word), |(local, domain)| (Some(local), domain));
    if !domain.to_lowercase().contains("xn--") {
        return Cow::Borrowed(word);
    }
    match (idna::domain_to_unicode(domain), local) {
        ((_, Err(_)), _) => Cow::Borrowed(word),
        ((letters, Ok(())), None) => Cow::Owned(letters),
        ((letters, Ok(())), Some(local)) => Cow::Owned(format!("{local}@{letters}")),
    }
}

/// Zero-width characters that get copied along with an address.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn is_of_local_part(c: char) -> bool {
    !c.is_whitespace()
        && !c.is_control()
        && !is_mark(c)
        && !matches!(c, '@' | '<' | '>' | ',' | ';' | '"' | '(' | ')' | '[' | ']' | ':' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> String {
        Email::parse(typed).unwrap().0
    }

    #[test]
    fn an_address_is_kept_in_lower_case() {
        assert_eq!(read(" Ana.Prado@Empresa.com.br "), "ana.prado@empresa.com.br");
        assert_eq!(read("A.B+c@d-e.example"), "a.b+c@d-e.example");
    }

    #[test]
    fn a_domain_in_letters_and_in_punycode_is_one() {
        for typed in [
            "raul@pão.example",
            "Raul@PÃO.example",
            "raul@xn--po-sia.example",
            "raul@XN--PO-SIA.Example",
            "raul@pa\u{303}o.example",
            "\u{202a}raul@pão。example\u{202c}",
        ] {
            assert_eq!(read(typed), "raul@pão.example", "{typed}");
        }
        assert_eq!(read("jose\u{301}@casa.example"), "josé@casa.example");
        assert_eq!(read(&read("raul@xn--po-sia.example")), "raul@pão.example");
    }

    #[test]
    fn an_invalid_address_is_refused() {
        for typed in [
            "",
            "a",
            "ana",
            "ana@",
            "@b.c",
            "ana@b",
            "ana@b..c",
            "a@.c",
            "a@b.",
            "a b@c.d",
            "a@b@c.d",
            "a\r\nb@c.d",
            "a@b.c\nx@y.z",
            "<a>@b.c",
            "a\u{202e}@b.c",
            "a@-b.c",
            "a@b_c.d",
            "a@xn--zzzzzzz--.example",
        ] {
            assert!(Email::parse(typed).is_err(), "{typed:?}");
        }
        assert!(Email::parse(&format!("{}@b.com", "x".repeat(250))).is_err());
    }

    #[test]
    fn addresses_are_found_among_other_words() {
        let found = |text: &str| within(text).map(|email| email.0).collect::<Vec<_>>();
        assert_eq!(
            found("Raul <RAUL@xn--po-sia.example>; mailto:ana@casa.example, x@"),
            ["raul@pão.example", "ana@casa.example"]
        );
        assert_eq!(
            found("casa: 'raul@pão。example'/ana@casa.example."),
            ["raul@pão.example", "ana@casa.example"]
        );
        assert!(found("Maria, 11 90000-0142 @casa").is_empty());
    }

    #[test]
    fn a_word_that_is_looked_for_is_spelled_as_addresses_are_stored() {
        for (typed, stored) in [
            ("Raul@XN--po-sia.example", "raul@pão.example"),
            ("xn--po-sia.example", "pão.example"),
            ("@xn--po-sia.example", "@pão.example"),
            ("l@xn--po-sia", "l@pão"),
            ("xn--", "xn--"),
            ("Pão", "Pão"),
        ] {
            assert_eq!(as_stored(typed), stored, "{typed}");
        }
    }

    #[test]
    fn a_text_that_is_no_address_is_nobodys() {
        assert_eq!(Email::normalized(" Raul@XN--po-sia.example"), "raul@pão.example");
        assert_eq!(Email::normalized(" Ninguém "), "ninguém");
    }
}
