//! What the time that is typed in the form means, and whether it is free.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::form::ScheduleInput;
use super::suggestions::Suggestions;
use super::views::{SlotView, SuggestionsView};
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
    when: String,
    #[serde(default)]
    when_read: String,
    #[serde(default)]
    due_at: String,
    #[serde(default)]
    due_shown: String,
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
        when: query.when,
        when_read: query.when_read,
        due_at: query.due_at,
        due_shown: query.due_shown,
        due_fold: query.due_fold,
        ..ScheduleInput::default()
    };
    let words = typed.when.clone();
    let (slot, suggestions) = db
        .run(move |conn| {
            let facts = queries::facts(conn, typed.ids(), except)?;
            let slot = slot::check(conn, &typed, &facts, except)?;
            let suggestions = Suggestions::load(conn, &slot, &facts, except)?;
            Ok((slot, suggestions))
        })
        .await?;
    let suggestions = SuggestionsView::new(viewer.zone, &suggestions, slot.now);
    let view = SlotView::new(&viewer, slot, &words).suggesting(suggestions).alone();
    shell.fragment(StatusCode::OK, view)
}
