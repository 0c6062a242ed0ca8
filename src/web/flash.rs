//! One sentence that survives a redirect: what was done.

use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite, time::Duration};

const COOKIE: &str = "pontual_flash";

/// The sentences there are. The cookie carries the code, so a visitor cannot plant a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flash {
    ScheduleSaved,
    ScheduleSavedAndTicketClosed,
    ScheduleCancelled,
    ScheduleNotPending,
    TicketClosed,
    RoleSaved,
    NotificationRemoved,
    NotificationsRead,
}

impl Flash {
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::ScheduleSaved, "schedule_saved", "Agendamento salvo."),
        (
            Self::ScheduleSavedAndTicketClosed,
            "schedule_saved_ticket_closed",
            "Agendamento salvo e chamado fechado.",
        ),
        (Self::ScheduleCancelled, "schedule_cancelled", "Agendamento cancelado."),
        (
            Self::ScheduleNotPending,
            "schedule_not_pending",
            "Este agendamento já não estava pendente. Confira a situação.",
        ),
        (Self::TicketClosed, "ticket_closed", "Chamado fechado."),
        (Self::RoleSaved, "role_saved", "Cargo salvo."),
        (Self::NotificationRemoved, "notification_removed", "Notificação removida."),
        (Self::NotificationsRead, "notifications_read", "Todas as notificações foram marcadas como lidas."),
    ];

    /// What the visitor reads.
    pub fn text(self) -> &'static str {
        Self::ALL.iter().find(|(flash, ..)| *flash == self).map_or("", |(_, _, text)| text)
    }

    fn code(self) -> &'static str {
        Self::ALL.iter().find(|(flash, ..)| *flash == self).map_or("", |(_, code, _)| code)
    }

    /// What the previous answer left for this page.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.cookie(COOKIE)?.value().parse().ok()
    }

    pub fn cookie(self) -> Cookie<'static> {
        let cookie = Cookie::build(COOKIE, self.code()).path("/").http_only(true);
        cookie.same_site(SameSite::Lax).max_age(Duration::minutes(1)).finish()
    }

    /// The cookie that ends the one that was shown.
    pub fn shown() -> Cookie<'static> {
        let mut cookie = Cookie::build(COOKIE, "").path("/").http_only(true).finish();
        cookie.make_removal();
        cookie
    }
}

impl FromStr for Flash {
    type Err = ();
    fn from_str(code: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|(_, known, _)| *known == code).map(|(flash, ..)| *flash).ok_or(())
    }
}
