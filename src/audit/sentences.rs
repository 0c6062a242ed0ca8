//! Turns audit entries into Portuguese sentences. A new action does not compile until it has a sentence here.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::details::detail;
use super::{Action, Change};
use crate::auth::{Account, Permission};
use crate::text_enum;

text_enum! {
    /// The topics by which the page filters actions.
    pub enum Group {
        Access = "access",
        Users = "users",
        Departments = "departments",
        Roles = "roles",
        Schedules = "schedules",
        Tickets = "tickets",
        Contacts = "contacts",
        Channels = "channels",
        Company = "company",
    }
}

impl Group {
    pub fn label(self) -> &'static str {
        match self {
            Self::Access => "Entradas e saídas",
            Self::Users => "Atendentes",
            Self::Departments => "Departamentos",
            Self::Roles => "Cargos",
            Self::Schedules => "Agendamentos",
            Self::Tickets => "Chamados",
            Self::Contacts => "Contatos e pessoas",
            Self::Channels => "Conexões",
            Self::Company => "Empresa",
        }
    }

    pub fn of(action: Action) -> Self {
        Words::of(action).group
    }

    /// The actions in this group.
    pub fn actions(self) -> Vec<Action> {
        Action::ALL.iter().copied().filter(|action| Self::of(*action) == self).collect()
    }
}

/// The parts of an action's sentence: `Ana Prado criou o agendamento nº 12`.
struct Words {
    group: Group,
    /// What was done; stands before the record.
    verb: &'static str,
    /// The kind of record that was changed.
    record: RecordKind,
    /// The subject of the sentence when the entry has no user.
    default_actor: &'static str,
}

/// The kinds of records that actions are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RecordKind {
    None,
    User,
    Department,
    Role,
    Schedule,
    Ticket,
    Contact,
    /// A group of contacts.
    Person,
    Import,
    Channel,
}

const PLATFORM: &str = "A plataforma";

impl Words {
    fn of(action: Action) -> Self {
        let (group, verb, record) = words(action);
        Self { group, verb, record, default_actor: default_actor(action) }
    }
}

fn words(action: Action) -> (Group, &'static str, RecordKind) {
    match action {
        Action::SignedIn => (Group::Access, "entrou", RecordKind::None),
        Action::SignInRefused => (Group::Access, "tentou entrar e foi recusado", RecordKind::User),
        Action::SignedOut => (Group::Access, "saiu", RecordKind::None),
        Action::SignInThrottled => {
            (Group::Access, "passou do limite de tentativas de entrar", RecordKind::User)
        }
        Action::AccessRefused => (Group::Access, "teve o acesso negado", RecordKind::None),
        Action::LimitReached => (Group::Access, "passou do limite de pedidos", RecordKind::None),
        Action::UserCreated => (Group::Users, "criou o usuário", RecordKind::User),
        Action::SessionsEnded => (Group::Access, "encerrou sessões de", RecordKind::User),
        Action::UserInvited => (Group::Users, "convidou", RecordKind::User),
        Action::UserEdited => (Group::Users, "editou o atendente", RecordKind::User),
        Action::UserDeactivated => (Group::Users, "desativou o atendente", RecordKind::User),
        Action::UserReactivated => (Group::Users, "reativou o atendente", RecordKind::User),
        Action::AccessLinkMade => (Group::Access, "gerou um link de acesso para", RecordKind::User),
        Action::AccessLinkUsed => (Group::Access, "criou a senha pelo link de acesso", RecordKind::None),
        Action::PasswordChanged => (Group::Access, "trocou a senha de", RecordKind::User),
        Action::DepartmentCreated => (Group::Departments, "criou o departamento", RecordKind::Department),
        Action::DepartmentEdited => (Group::Departments, "editou o departamento", RecordKind::Department),
        Action::DepartmentMoved => {
            (Group::Departments, "mudou a ordem do departamento", RecordKind::Department)
        }
        Action::DepartmentDeactivated => {
            (Group::Departments, "desativou o departamento", RecordKind::Department)
        }
        Action::DepartmentReactivated => {
            (Group::Departments, "reativou o departamento", RecordKind::Department)
        }
        Action::MemberAdded => {
            (Group::Departments, "incluiu um atendente no departamento", RecordKind::Department)
        }
        Action::MemberRemoved => {
            (Group::Departments, "retirou um atendente do departamento", RecordKind::Department)
        }
        Action::ChannelRedirected => {
            (Group::Channels, "mudou o departamento da conexão", RecordKind::Channel)
        }
        Action::RoleCreated => (Group::Roles, "criou o cargo", RecordKind::Role),
        Action::RoleDeleted => (Group::Roles, "excluiu o cargo", RecordKind::Role),
        Action::TicketHandedOver => (Group::Tickets, "transferiu o chamado", RecordKind::Ticket),
        Action::UserNoticesChosen => (Group::Users, "escolheu os próprios avisos", RecordKind::None),
        Action::RoleEdited => (Group::Roles, "editou o cargo", RecordKind::Role),
        Action::ScheduleCreated => (Group::Schedules, "criou o agendamento", RecordKind::Schedule),
        Action::ScheduleEdited => (Group::Schedules, "editou o agendamento", RecordKind::Schedule),
        Action::ScheduleCancelled => (Group::Schedules, "cancelou o agendamento", RecordKind::Schedule),
        Action::ScheduleCompleted => (Group::Schedules, "concluiu o agendamento", RecordKind::Schedule),
        Action::ScheduleFailed => (Group::Schedules, "encerrou com erro o agendamento", RecordKind::Schedule),
        Action::TicketOpened => (Group::Tickets, "abriu o chamado", RecordKind::Ticket),
        Action::TicketClosed => (Group::Tickets, "fechou o chamado", RecordKind::Ticket),
        Action::MessageRequeued => {
            (Group::Tickets, "mandou enviar de novo uma mensagem do chamado", RecordKind::Ticket)
        }
        Action::MessageDiscarded => {
            (Group::Tickets, "descartou uma mensagem não entregue do chamado", RecordKind::Ticket)
        }
        Action::ContactCreated => (Group::Contacts, "criou o contato", RecordKind::Contact),
        Action::ContactEdited => (Group::Contacts, "editou o contato", RecordKind::Contact),
        Action::ContactArchived => (Group::Contacts, "arquivou o contato", RecordKind::Contact),
        Action::ContactRestored => (Group::Contacts, "restaurou o contato", RecordKind::Contact),
        Action::ContactLinkRevoked => (Group::Contacts, "revogou o link do contato", RecordKind::Contact),
        Action::ContactAccessesEnded => {
            (Group::Contacts, "encerrou acessos pelo link do contato", RecordKind::Contact)
        }
        Action::ContactExported => (Group::Contacts, "exportou os dados do contato", RecordKind::Contact),
        Action::ContactAnonymised => (Group::Contacts, "anonimizou o contato", RecordKind::Contact),
        Action::ContactMerged => (Group::Contacts, "juntou o contato", RecordKind::Contact),
        Action::ContactSeparated => (Group::Contacts, "separou o contato", RecordKind::Contact),
        Action::PersonCreated => (Group::Contacts, "criou a pessoa", RecordKind::Person),
        Action::PersonEdited => (Group::Contacts, "editou a pessoa", RecordKind::Person),
        Action::PersonArchived => (Group::Contacts, "arquivou a pessoa", RecordKind::Person),
        Action::PersonRestored => (Group::Contacts, "restaurou a pessoa", RecordKind::Person),
        Action::PersonAnonymised => (Group::Contacts, "anonimizou a pessoa", RecordKind::Person),
        Action::ImportConfirmed => (Group::Contacts, "confirmou a importação", RecordKind::Import),
        Action::ImportCancelled => (Group::Contacts, "cancelou a importação", RecordKind::Import),
        Action::ImportFinished => (Group::Contacts, "terminou a importação", RecordKind::Import),
        Action::ContactsExported => (Group::Contacts, "exportou a lista de contatos", RecordKind::None),
        Action::SchedulesExported => (Group::Schedules, "exportou a lista de agendamentos", RecordKind::None),
        Action::AuditExported => (Group::Company, "exportou a auditoria", RecordKind::None),
        Action::SettingsEdited => (Group::Company, "mudou as configurações da empresa", RecordKind::None),
        Action::RetentionEdited => (Group::Company, "mudou a retenção de dados", RecordKind::None),
        Action::SetUp => (Group::Company, "configurou a plataforma", RecordKind::None),
        Action::ChannelCreated => (Group::Channels, "criou a conexão", RecordKind::Channel),
        Action::ChannelEdited => (Group::Channels, "editou a conexão", RecordKind::Channel),
        Action::ChannelDeactivated => (Group::Channels, "desativou a conexão", RecordKind::Channel),
        Action::ChannelReactivated => (Group::Channels, "reativou a conexão", RecordKind::Channel),
        Action::ChannelPaused => (Group::Channels, "pausou o envio da conexão", RecordKind::Channel),
        Action::ChannelResumed => (Group::Channels, "retomou o envio da conexão", RecordKind::Channel),
        Action::ChannelMessageRetried => {
            (Group::Channels, "mandou ler de novo uma mensagem recebida pela conexão", RecordKind::Channel)
        }
    }
}

/// The subject of the sentence when the entry has no user.
fn default_actor(action: Action) -> &'static str {
    match action {
        Action::TicketOpened | Action::ContactAccessesEnded => "O contato",
        Action::UserCreated => "O operador",
        Action::SignInRefused | Action::SignInThrottled | Action::AccessRefused | Action::LimitReached => {
            "Alguém"
        }
        _ => PLATFORM,
    }
}

/// An audit entry as a sentence, in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub who: String,
    /// The text before the record: `Ana Prado criou o`.
    pub lead: String,
    /// The record's name, and the path of its page if the viewer may open it.
    pub record: Option<(String, Option<String>)>,
    /// Further details: changed fields, counts.
    pub detail: String,
}

impl Sentence {
    /// `subject` is the record's id, and its name if the record still exists and has one.
    pub fn of(
        action: Action,
        actor: Option<&str>,
        subject: Option<(i64, Option<&str>)>,
        details: &Value,
        viewer: &Account,
    ) -> Self {
        let words = Words::of(action);
        let who = actor.unwrap_or(words.default_actor);
        let is_of_somebody = matches!(action, Action::SignInRefused | Action::SignInThrottled);
        let joint = if is_of_somebody && subject.is_some() { " como" } else { "" };
        let named = |(id, name): (i64, Option<&str>)| {
            let label = name.map_or_else(|| format!("nº {id}"), str::to_owned);
            (label, words.record.page(id, viewer))
        };
        let record = subject.filter(|_| words.record != RecordKind::None).map(named);
        let lead = format!("{who} {}{joint}", words.verb);
        Self { who: who.to_owned(), lead, record, detail: detail(details) }
    }

    /// The sentence without its links.
    pub fn text(&self) -> String {
        let record = self.record.as_ref().map(|(label, _)| format!(" {label}")).unwrap_or_default();
        let detail = if self.detail.is_empty() { String::new() } else { format!(" ({})", self.detail) };
        format!("{}{record}{detail}", self.lead)
    }
}

impl RecordKind {
    fn page(self, id: i64, viewer: &Account) -> Option<String> {
        let (permission, path) = match self {
            Self::None => return None,
            Self::User => (Permission::Users, "users"),
            Self::Department => (Permission::Departments, "departments"),
            Self::Role => (Permission::Roles, "roles"),
            Self::Schedule => (Permission::Schedules, "schedules"),
            Self::Ticket => (Permission::TicketsAll, "tickets"),
            Self::Contact => (Permission::Contacts, "contacts"),
            Self::Person => (Permission::Contacts, "people"),
            Self::Import => (Permission::Contacts, "contacts/imports"),
            Self::Channel => (Permission::Channels, "channels"),
        };
        viewer.may(permission).then(|| format!("/{path}/{id}"))
    }
}

/// The history of one record as sentences, newest first. The last one is its creation: `created_at` is used
/// if `changes` lacks it, either because the audit has no such entry or because newer ones fill the limit.
pub fn history(changes: &[Change], created_at: DateTime<Utc>, viewer: &Account) -> Vec<String> {
    let sentence_of = |change: &Change| {
        let action = change.action.parse().ok()?;
        let sentence = Sentence::of(action, change.actor.as_deref(), None, &change.details, viewer);
        let text = match (&change.department, membership(action)) {
            (Some(department), Some(verb)) => format!("{} {verb} {department}", sentence.who),
            _ => sentence.text(),
        };
        Some(format!("{text}, {}", viewer.zone.date_time(change.at)))
    };
    let mut all: Vec<String> = changes.iter().filter_map(sentence_of).collect();
    let is_creation =
        |change: &Change| matches!(change.action.rsplit('.').next(), Some("created" | "invited"));
    if !changes.iter().any(is_creation) {
        all.push(format!("Criação, {}", viewer.zone.date_time(created_at)));
    }
    all
}

/// How a user's own history words a change of membership. The department's history says "um atendente"
/// instead.
fn membership(action: Action) -> Option<&'static str> {
    match action {
        Action::MemberAdded => Some("incluiu no departamento"),
        Action::MemberRemoved => Some("retirou do departamento"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_in_one_group() {
        let count: usize = Group::ALL.iter().map(|group| group.actions().len()).sum();
        assert_eq!(count, Action::ALL.len());
    }
}
