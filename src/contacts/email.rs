//! An e-mail address, in lower case.

/// The longest that a mail server takes (RFC 5321, 4.5.3.1.3).
const LONGEST: usize = 254;

const WRONG: &str = "Confira o e-mail, como em nome@empresa.com.br.";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// # Errors
    /// What the form says about it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim().to_lowercase();
        let Some((local, domain)) = text.split_once('@') else { return Err(WRONG) };
        let is_clean = |c: char| {
            !c.is_whitespace()
                && !c.is_control()
                && !matches!(c, '@' | '<' | '>' | ',' | ';' | '"' | '(' | ')' | ':' | '\\')
        };
        let has_dot = domain.split('.').all(|part| !part.is_empty()) && domain.contains('.');
        let is_whole = !local.is_empty() && has_dot && text.len() <= LONGEST;
        let is_named = domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
        if is_whole && is_named && local.chars().all(is_clean) { Ok(Self(text)) } else { Err(WRONG) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case() {
        assert_eq!(Email::parse(" Ana.Prado@Empresa.com.br ").unwrap().as_str(), "ana.prado@empresa.com.br");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for typed in
            ["", "ana", "ana@", "@b.c", "ana@b", "ana@b..c", "a b@c.d", "a@b@c.d", "a\r\nb@c.d", "<a>@b.c"]
        {
            assert!(Email::parse(typed).is_err(), "{typed:?}");
        }
        assert!(Email::parse(&format!("{}@b.com", "x".repeat(250))).is_err());
    }
}
