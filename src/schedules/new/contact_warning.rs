//! The warnings about the contact that is chosen in the form.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::Result;
use crate::schedules::draft::ChosenIds;
use crate::schedules::form::ScheduleInput;
use crate::schedules::queries;
use crate::schedules::views::{ContactFacts, ContactWarning};
use crate::web::Shell;

#[derive(Deserialize)]
pub struct ContactQuery {
    #[serde(default)]
    pub contact_id: String,
}

pub async fn show(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<ContactQuery>,
) -> Result<HttpResponse> {
    let chosen = ChosenIds { contact: query.contact_id.parse().ok(), ..ChosenIds::default() };
    let user = viewer.id;
    let facts = db
        .run(move |conn| {
            let facts = queries::facts(conn, chosen, None)?;
            ContactFacts::of(conn, &facts, user, &ScheduleInput::default())
        })
        .await?;
    shell.fragment(StatusCode::OK, ContactWarning::new(&viewer, facts, true))
}
