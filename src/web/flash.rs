//! A message that survives a redirect: what was done.

use std::str::FromStr;

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, web};

use crate::config::Config;
use crate::error::Error;

const COOKIE: &str = "pontual_flash";

/// All messages. The cookie holds only a code, so that nobody can inject a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flash {
    ScheduleSaved,
    ScheduleSavedAndTicketClosed,
    ScheduleSavedBefore,
    ScheduleCancelled,
    ScheduleNotPending,
    SchedulesCancelled,
    ScheduleMoved,
    NoScheduleChosen,
    ScheduleRun,
    TicketClosed,
    RoleSaved,
    RoleCreated,
    RoleDeleted,
    UserSaved,
    UserDeactivated,
    UserReactivated,
    SessionEnded,
    SessionsEnded,
    ProfileSaved,
    PasswordChanged,
    DepartmentSaved,
    DepartmentCreated,
    DepartmentDeactivated,
    DepartmentReactivated,
    MemberAdded,
    MemberNotOneself,
    MemberRemoved,
    NotificationRemoved,
    NotificationsRead,
    SettingsSaved,
    SetUp,
    ChannelSaved,
    ChannelDeactivated,
    ChannelReactivated,
    LogoSaved,
    LogoRemoved,
    NoticesChosen,
    FormNotKept,
    ContactSaved,
    ContactArchived,
    ContactRestored,
    ContactAnonymised,
    LinkRevoked,
    AccessesEnded,
    PersonSaved,
    PersonArchived,
    PersonRestored,
    ImportCancelled,
}

impl Flash {
    const ALL: &[(Self, &'static str, &'static str)] = &[
        (Self::ScheduleSaved, "schedule_saved", "Agendamento salvo."),
        (
            Self::ScheduleSavedAndTicketClosed,
            "schedule_saved_ticket_closed",
            "Agendamento salvo e chamado fechado.",
        ),
        (
            Self::ScheduleSavedBefore,
            "schedule_saved_before",
            "Este formulário já tinha criado este agendamento. Nada novo foi criado. Confira a situação.",
        ),
        (Self::ScheduleCancelled, "schedule_cancelled", "Agendamento cancelado."),
        (
            Self::ScheduleNotPending,
            "schedule_not_pending",
            "Este agendamento já não estava pendente. Confira a situação.",
        ),
        (Self::SchedulesCancelled, "schedules_cancelled", "Agendamentos selecionados cancelados."),
        (Self::ScheduleMoved, "schedule_moved", "Agendamento movido."),
        (Self::NoScheduleChosen, "no_schedule_chosen", "Selecione ao menos um agendamento pendente."),
        (Self::ScheduleRun, "schedule_run", "Agendamento disparado."),
        (Self::TicketClosed, "ticket_closed", "Chamado fechado."),
        (Self::RoleSaved, "role_saved", "Cargo salvo."),
        (Self::RoleCreated, "role_created", "Cargo criado."),
        (Self::RoleDeleted, "role_deleted", "Cargo excluído."),
        (Self::UserSaved, "user_saved", "Atendente salvo."),
        (Self::UserDeactivated, "user_deactivated", "Atendente desativado."),
        (Self::UserReactivated, "user_reactivated", "Atendente reativado."),
        (Self::SessionEnded, "session_ended", "Sessão encerrada."),
        (Self::SessionsEnded, "sessions_ended", "Sessões encerradas."),
        (Self::ProfileSaved, "profile_saved", "Perfil salvo."),
        (Self::PasswordChanged, "password_changed", "Senha trocada. As outras sessões foram encerradas."),
        (Self::DepartmentSaved, "department_saved", "Departamento salvo."),
        (Self::DepartmentCreated, "department_created", "Departamento criado. Escolha quem atende nele."),
        (Self::DepartmentDeactivated, "department_deactivated", "Departamento desativado."),
        (Self::DepartmentReactivated, "department_reactivated", "Departamento reativado."),
        (Self::MemberAdded, "member_added", "Atendente incluído no departamento."),
        (
            Self::MemberNotOneself,
            "member_not_oneself",
            "Quem inclui não pode passar a ver conversas por conta própria. Peça a outra pessoa para incluir.",
        ),
        (Self::MemberRemoved, "member_removed", "Atendente retirado do departamento."),
        (Self::NotificationRemoved, "notification_removed", "Notificação removida."),
        (Self::NotificationsRead, "notifications_read", "Todas as notificações foram marcadas como lidas."),
        (Self::SettingsSaved, "settings_saved", "Configurações salvas."),
        (Self::SetUp, "set_up", "Tudo pronto. Próximos passos:"),
        (Self::ChannelSaved, "channel_saved", "Conexão salva."),
        (Self::ChannelDeactivated, "channel_deactivated", "Conexão desativada."),
        (Self::ChannelReactivated, "channel_reactivated", "Conexão reativada."),
        (Self::LogoSaved, "logo_saved", "Logotipo salvo."),
        (Self::LogoRemoved, "logo_removed", "Logotipo removido."),
        (Self::NoticesChosen, "notices_chosen", "Avisos atualizados."),
        (
            Self::FormNotKept,
            "form_not_kept",
            "O formulário era de outra conta e não foi mostrado nem enviado.",
        ),
        (Self::ContactSaved, "contact_saved", "Contato salvo."),
        (Self::ContactArchived, "contact_archived", "Contato arquivado."),
        (Self::ContactRestored, "contact_restored", "Contato restaurado."),
        (Self::ContactAnonymised, "contact_anonymised", "Contato anonimizado."),
        (Self::AccessesEnded, "accesses_ended", "Acessos encerrados. O cliente entra de novo pelo link."),
        (Self::LinkRevoked, "link_revoked", "Link revogado. O novo link já pode ser enviado ao cliente."),
        (Self::PersonSaved, "person_saved", "Pessoa salva."),
        (Self::PersonArchived, "person_archived", "Pessoa arquivada."),
        (Self::PersonRestored, "person_restored", "Pessoa restaurada."),
        (Self::ImportCancelled, "import_cancelled", "Importação cancelada."),
    ];

    /// The message after a schedule was saved.
    pub fn saved(closed_ticket: bool) -> Self {
        if closed_ticket { Self::ScheduleSavedAndTicketClosed } else { Self::ScheduleSaved }
    }

    /// The text on the page.
    pub fn text(self) -> &'static str {
        Self::ALL.iter().find(|(flash, ..)| *flash == self).map_or("", |(_, _, text)| text)
    }

    /// Links to pages that the user may want next.
    pub fn links(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::SetUp => &[
                ("/contacts/new", "Criar um contato"),
                ("/users/new", "Convidar atendentes"),
                ("/help", "Ler a ajuda"),
            ],
            _ => &[],
        }
    }

    fn code(self) -> &'static str {
        Self::ALL.iter().find(|(flash, ..)| *flash == self).map_or("", |(_, code, _)| code)
    }

    /// The message that the previous response left for this page.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.cookie(COOKIE)?.value().parse().ok()
    }

    fn cookie(self, is_https: bool) -> Cookie<'static> {
        let cookie = Cookie::build(COOKIE, self.code()).path("/").http_only(true).secure(is_https);
        cookie.same_site(SameSite::Lax).max_age(Duration::minutes(1)).finish()
    }

    /// The cookie that deletes the message once it was shown.
    pub fn shown() -> Cookie<'static> {
        let mut cookie = Cookie::build(COOKIE, "").path("/").http_only(true).finish();
        cookie.make_removal();
        cookie
    }
}

/// Middleware: stores the response's message in a cookie.
pub async fn keep(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let is_https = request.app_data::<web::Data<Config>>().is_some_and(|config| config.is_https());
    let mut answer = next.call(request).await?;
    let flash = answer.response().extensions().get::<Flash>().copied();
    if let Some(flash) = flash {
        answer.response_mut().add_cookie(&flash.cookie(is_https)).map_err(Error::unexpected)?;
    }
    Ok(answer)
}

impl FromStr for Flash {
    type Err = ();
    fn from_str(code: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|(_, known, _)| *known == code).map(|(flash, ..)| *flash).ok_or(())
    }
}
