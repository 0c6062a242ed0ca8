//! The preview of a message with variables, while the form is filled in.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::Result;
use crate::schedules::form::ScheduleInput;
use crate::schedules::views::MessagePreview;
use crate::web::{Posted, Shell};

/// The message comes in the body of a POST, because it may be too long for an address.
pub async fn show(
    viewer: Can<ManageSchedules>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
) -> Result<HttpResponse> {
    let (zone, typed) = (viewer.zone, ScheduleInput::read(&form));
    let preview = db.run(move |conn| MessagePreview::of(conn, zone, &typed)).await?;
    shell.fragment(StatusCode::OK, preview)
}
