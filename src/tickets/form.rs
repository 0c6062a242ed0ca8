//! What an attendant writes: to the customer, or for the team only.

use uuid::Uuid;

use crate::conversations::thread::{Body, BodyError, Kind};
use crate::web::Fields;

/// A reply or an internal comment that can be written.
#[derive(Clone, Debug)]
pub struct Reply {
    pub kind: Kind,
    pub body: Body,
    pub client_key: Option<Uuid>,
}

impl Reply {
    /// # Errors
    /// The text is no message.
    pub fn parse(fields: &Fields) -> Result<Self, BodyError> {
        let body = Body::parse(fields.get("body"))?;
        Ok(Self { kind: kind(fields), body, client_key: fields.get("client_key").parse().ok() })
    }
}

/// What is not plainly a message stays with the team.
pub fn kind(fields: &Fields) -> Kind {
    match fields.get("kind") {
        "message" => Kind::Attendant,
        _ => Kind::Comment,
    }
}
