//! Help ("ajuda"): what a schedule is and which rules it follows. The examples use the company's own settings.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::{Account, Permission, Viewer};
use crate::db::Db;
use crate::error::Result;
use crate::schedules::{Spacing, Status};
use crate::settings::sentences::{duration, spacing_sentence};
use crate::settings::{self, Settings};
use crate::web::Shell;

#[derive(Template)]
#[template(path = "help/show.html")]
struct Help {
    can_schedule: bool,
    can_change_roles: bool,
    can_change_settings: bool,
    spacing: Spacing,
    spacing_sentence: String,
    zone: String,
    tolerance: String,
    has_tolerance: bool,
}

impl Help {
    fn new(viewer: &Account, settings: &Settings) -> Self {
        Self {
            can_schedule: viewer.can_schedule(),
            can_change_roles: viewer.may(Permission::Roles),
            can_change_settings: viewer.may(Permission::Settings),
            spacing: settings.spacing,
            spacing_sentence: spacing_sentence(settings.spacing),
            zone: settings::zone_label(settings.zone.name()),
            tolerance: duration(settings.late_tolerance_minutes),
            has_tolerance: settings.late_tolerance_minutes > 0,
        }
    }

    /// Each status and its meaning.
    fn statuses(&self) -> [(Status, &'static str); 4] {
        [
            (Status::Scheduled, "Aguarda a data. Pode ser editado ou cancelado."),
            (
                Status::Completed,
                "Foi feito o que estava programado. A entrega e a leitura da mensagem aparecem à parte, no histórico.",
            ),
            (
                Status::Failed,
                "Não foi feito. O motivo aparece no agendamento, e o atendente recebe uma notificação.",
            ),
            (Status::Cancelled, "Alguém cancelou antes da data. Nada foi enviado."),
        ]
    }
}

pub async fn show(viewer: Viewer, shell: Shell, db: web::Data<Db>) -> Result<HttpResponse> {
    let current = db.run(settings::current).await?;
    shell.page("Ajuda", Help::new(&viewer, &current))
}
