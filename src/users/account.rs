//! A user's name, and the data of a new account.

use crate::auth::passwords::{self, Owner};
use crate::email::Email;
use crate::text::has_control_characters;

/// One line of 1 to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    pub const LIMIT: usize = 100;

    /// Parses a name. The error is the message for the form.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() || has_control_characters(text) {
            return Err("Informe o nome.");
        }
        if text.chars().count() > Self::LIMIT {
            return Err("Use até 100 caracteres.");
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name and the e-mail address in lower case of an account whose password was accepted. Does not hold the
/// password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    name: Name,
    email: Email,
}

impl NewAccount {
    /// Parses an account at `company`. The error is a sentence for the operator.
    pub fn parse(name: &str, email: &str, password: &str, company: &str) -> Result<Self, String> {
        let name = Name::parse(name).map_err(|_| "the name must have 1 to 100 characters")?;
        let address = Email::parse(email).map_err(|_| format!("{:?} is no e-mail address", email.trim()))?;
        let owner = Owner {
            company: company.to_owned(),
            name: name.as_str().to_owned(),
            email: address.as_str().to_owned(),
        };
        match passwords::refusal(password, &owner) {
            None => Ok(Self { name, email: address }),
            Some(refusal) => Err(refusal.reason().into()),
        }
    }

    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    pub fn email(&self) -> &str {
        self.email.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_needs_a_name_an_address_and_a_good_password() {
        let parse = |name, email, password| NewAccount::parse(name, email, password, "Clínica Horizonte");
        let account = parse(" Ana ", "Ana@Empresa.example", "cavalo, trem e gaita").unwrap();
        assert_eq!((account.name(), account.email()), ("Ana", "ana@empresa.example"));
        assert!(parse("", "a@b.c", "cavalo, trem e gaita").is_err());
        for bad in ["1234567", "12345678", "clinicahorizonte", "Horizonte-1!"] {
            assert!(parse("Ana", "a@b.c", bad).is_err(), "{bad}");
        }
    }
}
