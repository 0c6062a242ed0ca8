//! The stylesheet of a chat page's colour.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

use super::Colour;
use crate::auth::Anyone;
use crate::error::{Error, Result};

/// It never changes, so browsers may cache it for ever.
pub async fn show(_: Anyone, colour: web::Path<String>) -> Result<HttpResponse> {
    let colour: Colour = colour.parse().map_err(|_| Error::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(stylesheet(colour)))
}

fn stylesheet(colour: Colour) -> String {
    let button: String =
        ["bg", "hover-bg", "active-bg"].map(|state| format!("--tblr-btn-{state}:{colour};")).concat();
    format!(
        ".webchat>header{{background:{colour}}}\n\
         .webchat .btn-primary{{{button}}}\n\
         .webchat .btn-primary:hover{{filter:brightness(.92)}}\n"
    )
}
