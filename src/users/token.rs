//! The token of a one-time link for choosing a password.

use sha2::{Digest, Sha256};

use crate::keys::random_bytes;

/// Hours until a link expires.
pub const HOURS: i32 = 48;

/// 256 random bits as 64 hex digits; the table keeps only their SHA-256.
pub struct Token(String);

impl Token {
    pub fn new() -> Self {
        Self(hex::encode(random_bytes::<32>()))
    }

    /// Parses the token in a path. `None` if it has not the form of a token.
    pub fn parse(text: &str) -> Option<Self> {
        let is_one = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_one.then(|| Self(text.to_owned()))
    }

    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.as_bytes()).to_vec()
    }

    pub fn path(&self) -> String {
        format!("/access/{}", self.0)
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_can_be_parsed_as_one() {
        let token = Token::new();
        let text = token.path().trim_start_matches("/access/").to_owned();
        assert_eq!(Token::parse(&text).unwrap().hash(), token.hash());
        assert_ne!(Token::new().hash(), token.hash());
        for bad in ["", "abc", &text[1..], &text.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")] {
            assert!(Token::parse(bad).is_none(), "{bad}");
        }
    }
}
