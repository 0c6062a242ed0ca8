//! `/healthz` and `/readyz`, for monitoring.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::{HttpResponse, web};

use super::Health;
use crate::auth::Anyone;
use crate::db::{self, Db};
use crate::files::Files;

/// The process is alive and answers.
pub async fn healthz(_: Anyone) -> HttpResponse {
    text(StatusCode::OK, "ok\n")
}

/// Whether this process can do its work: one line for each part that fails. A refused schedule that may
/// itself be the cause does not make the process unready, nor does a virus scanner that does not answer: a line
/// reports it, and the status stays 200.
pub async fn readyz(
    _: Anyone,
    db: web::Data<Db>,
    health: web::Data<Health>,
    files: web::Data<Files>,
) -> HttpResponse {
    let database = match db.run(db::are_current).await {
        Ok(true) => None,
        Ok(false) => Some("database: migrations are missing\n".to_owned()),
        Err(error) => {
            tracing::warn!(%error, "not ready: the database");
            Some("database: unreachable\n".to_owned())
        }
    };
    let dispatcher = health.trouble().map(|trouble| format!("dispatcher: {trouble}\n"));
    match database.into_iter().chain(dispatcher).collect::<String>() {
        failing if failing.is_empty() => {
            let schedules = health.warning().map(|warning| format!("dispatcher: {warning}\n"));
            let scanner = scanner_warning(&files).await;
            let warnings: String = schedules.into_iter().chain(scanner.map(str::to_owned)).collect();
            text(StatusCode::OK, format!("ready\n{warnings}"))
        }
        failing => text(StatusCode::SERVICE_UNAVAILABLE, failing),
    }
}

async fn scanner_warning(files: &Files) -> Option<&'static str> {
    let is_missing = match files.scanner() {
        Some(scanner) => !scanner.answers().await,
        None => false,
    };
    is_missing.then_some("files: the virus scanner does not answer, and no file is accepted\n")
}

fn text(status: StatusCode, body: impl Into<String>) -> HttpResponse {
    HttpResponse::build(status)
        .content_type(ContentType::plaintext())
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body.into())
}
