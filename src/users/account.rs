//! What a new user needs.

use crate::auth::passwords::LENGTHS;
use crate::web::has_control_characters;

/// A name, an e-mail address in lower case, and a password of a good length, kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    name: String,
    email: String,
}

impl NewAccount {
    /// # Errors
    /// What is wrong, as one sentence for the operator.
    pub fn parse(name: &str, email: &str, password: &str) -> Result<Self, String> {
        let (name, email) = (name.trim(), email.trim().to_lowercase());
        if name.is_empty() || name.chars().count() > 100 || has_control_characters(name) {
            return Err("the name must have 1 to 100 characters".into());
        }
        let is_address =
            email.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
        if !is_address
            || email.len() > 254
            || email.contains(char::is_whitespace)
            || has_control_characters(&email)
        {
            return Err(format!("{email:?} is no e-mail address"));
        }
        if !LENGTHS.contains(&password.chars().count()) {
            return Err(format!(
                "the password must have {} to {} characters",
                LENGTHS.start(),
                LENGTHS.end()
            ));
        }
        Ok(Self { name: name.into(), email })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn email(&self) -> &str {
        &self.email
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_needs_a_name_an_address_and_a_password() {
        let account = NewAccount::parse(" Ana ", "Ana@Empresa.example", "12345678").unwrap();
        assert_eq!((account.name(), account.email()), ("Ana", "ana@empresa.example"));
        assert!(NewAccount::parse("", "a@b.c", "12345678").is_err());
        assert!(NewAccount::parse("Ana", "a b@c.d", "12345678").is_err());
        assert!(NewAccount::parse("Ana", "a@b.c", "1234567").is_err());
    }
}
