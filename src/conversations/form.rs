//! What an attendant writes: a message to the customer, or a comment for the team.

use super::reply::Reply;
use super::thread::{Body, BodyError, Kind};
use crate::web::Fields;

pub fn parse(fields: &Fields) -> Result<Reply, BodyError> {
    let body = Body::parse(fields.get("body"))?;
    Ok(Reply { kind: kind(fields), body, client_key: fields.get("client_key").parse().ok() })
}

/// Anything but an explicit message is a comment, so that nothing reaches the customer by mistake.
pub fn kind(fields: &Fields) -> Kind {
    match fields.get("kind") {
        "message" => Kind::Attendant,
        _ => Kind::Comment,
    }
}
