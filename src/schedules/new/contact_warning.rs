//! The warnings about the contact that is chosen in the form, and the choice of its channel.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::auth::{Can, ManageSchedules};
use crate::db::Db;
use crate::error::Result;
use crate::schedules::draft::ChosenIds;
use crate::schedules::form::ScheduleInput;
use crate::schedules::queries;
use crate::schedules::views::{ChannelField, ContactFacts, ContactWarning};
use crate::web::Shell;

#[derive(Deserialize)]
pub struct ContactQuery {
    #[serde(default)]
    pub contact_id: String,
    /// The channel that the form showed before the browser's "back"; absent where a contact was chosen just now.
    pub channel_id: Option<String>,
}

pub async fn show(
    viewer: Can<ManageSchedules>,
    shell: Shell,
    db: web::Data<Db>,
    query: web::Query<ContactQuery>,
) -> Result<HttpResponse> {
    let chosen = ChosenIds { contact: query.contact_id.parse().ok(), ..ChosenIds::default() };
    let user = viewer.id;
    let (warning, channels) = db
        .run(move |conn| {
            let facts = queries::facts(conn, chosen, None)?;
            Ok((ContactFacts::of(conn, &facts, user, &ScheduleInput::default())?, facts.channels))
        })
        .await?;
    let channel = ChannelField::proposing(&channels, query.channel_id.as_deref());
    shell.fragment(StatusCode::OK, ContactWarning::new(&viewer, warning, Some(channel)))
}
