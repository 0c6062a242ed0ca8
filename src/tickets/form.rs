//! What an attendant writes: a message to the customer, or a comment for the team.

use uuid::Uuid;

use crate::conversations::thread::{Body, BodyError, Kind};
use crate::web::Fields;

/// A valid reply or internal comment.
#[derive(Clone, Debug)]
pub struct Reply {
    pub kind: Kind,
    pub body: Body,
    pub client_key: Option<Uuid>,
}

impl Reply {
    pub fn parse(fields: &Fields) -> Result<Self, BodyError> {
        let body = Body::parse(fields.get("body"))?;
        Ok(Self { kind: kind(fields), body, client_key: fields.get("client_key").parse().ok() })
    }
}

/// Anything but an explicit message is a comment, so that nothing reaches the customer by mistake.
pub fn kind(fields: &Fields) -> Kind {
    match fields.get("kind") {
        "message" => Kind::Attendant,
        _ => Kind::Comment,
    }
}
