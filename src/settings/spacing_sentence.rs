//! The sentence that explains the spacing while it is typed.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::SettingsInput;
use super::views::Sentence;
use crate::auth::{Can, ManageSettings};
use crate::error::Result;
use crate::web::Shell;

#[derive(Deserialize)]
pub struct SentenceQuery {
    #[serde(default)]
    spacing_minutes: String,
    #[serde(default)]
    spacing_scope: String,
}

/// The sentence that explains the spacing that is being typed.
pub async fn show(
    _: Can<ManageSettings>,
    shell: Shell,
    query: web::Query<SentenceQuery>,
) -> Result<HttpResponse> {
    let SentenceQuery { spacing_minutes, spacing_scope } = query.into_inner();
    let input = SettingsInput { spacing_minutes, spacing_scope, ..SettingsInput::default() };
    shell.fragment(StatusCode::OK, Sentence::of(input.spacing()))
}
