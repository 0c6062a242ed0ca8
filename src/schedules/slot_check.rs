//! Whether the time that is typed in the form is free.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::ScheduleInput;
use super::views::SlotView;
use super::{queries, slot};
use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::Result;
use crate::web::Shell;

#[derive(Deserialize)]
pub struct SlotQuery {
    #[serde(default)]
    department_id: String,
    #[serde(default)]
    attendant_id: String,
    #[serde(default)]
    contact_id: String,
    #[serde(default)]
    due_at: String,
    #[serde(default)]
    due_fold: String,
    #[serde(default)]
    schedule_id: String,
}

pub async fn show(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<SlotQuery>,
) -> Result<HttpResponse> {
    let query = query.into_inner();
    let except = query.schedule_id.parse().ok();
    let typed = ScheduleInput {
        contact_id: query.contact_id,
        department_id: query.department_id,
        attendant_id: query.attendant_id,
        due_at: query.due_at,
        due_fold: query.due_fold,
        ..ScheduleInput::default()
    };
    let slot = db
        .run(move |conn| {
            let facts = queries::facts(conn, typed.ids(), except)?;
            slot::check(conn, &typed, &facts, except)
        })
        .await?;
    shell.fragment(StatusCode::OK, SlotView::new(&viewer, slot))
}
