//! The text of a message.

use crate::text::too_long;

/// Maximum characters of a message, as in the database's CHECK.
pub const BODY_LIMIT: usize = 4096;

/// 1 to 4,096 characters, without white space at either end; empty only for a message that consists of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body(String);

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    Empty,
    /// Holds the number of characters.
    TooLong(usize),
}

impl BodyError {
    /// The text shown below the message field.
    pub fn sentence(self) -> String {
        match self {
            Self::Empty => "Escreva a mensagem.".into(),
            Self::TooLong(used) => too_long(used, BODY_LIMIT),
        }
    }
}

impl Body {
    pub fn parse(text: &str) -> Result<Self, BodyError> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(BodyError::Empty),
            1..=BODY_LIMIT => Ok(Self(text.to_owned())),
            used => Err(BodyError::TooLong(used)),
        }
    }

    /// Like [`parse`](Self::parse), for a message that may consist of files.
    pub fn parse_beside_files(text: &str, has_files: bool) -> Result<Self, BodyError> {
        match Self::parse(text) {
            Err(BodyError::Empty) if has_files => Ok(Self::without_text()),
            parsed => parsed,
        }
    }

    /// The text of a message that consists of files.
    pub fn without_text() -> Self {
        Self(String::new())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_1_to_4096_characters() {
        assert_eq!(Body::parse(" oi\nok \n").unwrap().as_str(), "oi\nok");
        assert_eq!(Body::parse(" \n "), Err(BodyError::Empty));
        assert!(Body::parse(&"é".repeat(4096)).is_ok());
        assert_eq!(Body::parse(&"é".repeat(4097)), Err(BodyError::TooLong(4097)));
    }
}
