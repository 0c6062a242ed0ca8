//! Turns audit entries into Portuguese sentences. A new action does not compile until it has a sentence here.

use chrono::{DateTime, Utc};
use serde_json::Value;

use self::RecordKind as R;
use super::details::detail;
use super::{Action, Action as A, Change};
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

fn words(action: A) -> (Group, &'static str, R) {
    match action {
        A::SignedIn => (Group::Access, "entrou", R::None),
        A::SignInRefused => (Group::Access, "tentou entrar e foi recusado", R::User),
        A::SignedOut => (Group::Access, "saiu", R::None),
        A::SignInThrottled => (Group::Access, "passou do limite de tentativas de entrar", R::User),
        A::AccessRefused => (Group::Access, "teve o acesso negado", R::None),
        A::LimitReached => (Group::Access, "passou do limite de pedidos", R::None),
        A::UserCreated => (Group::Users, "criou o usuário", R::User),
        A::SessionsEnded => (Group::Access, "encerrou sessões de", R::User),
        A::UserInvited => (Group::Users, "convidou", R::User),
        A::UserEdited => (Group::Users, "editou o atendente", R::User),
        A::UserDeactivated => (Group::Users, "desativou o atendente", R::User),
        A::UserReactivated => (Group::Users, "reativou o atendente", R::User),
        A::AccessLinkMade => (Group::Access, "gerou um link de acesso para", R::User),
        A::AccessLinkUsed => (Group::Access, "criou a senha pelo link de acesso", R::None),
        A::PasswordChanged => (Group::Access, "trocou a senha de", R::User),
        A::DepartmentCreated => (Group::Departments, "criou o departamento", R::Department),
        A::DepartmentEdited => (Group::Departments, "editou o departamento", R::Department),
        A::DepartmentMoved => (Group::Departments, "mudou a ordem do departamento", R::Department),
        A::DepartmentDeactivated => (Group::Departments, "desativou o departamento", R::Department),
        A::DepartmentReactivated => (Group::Departments, "reativou o departamento", R::Department),
        A::MemberAdded => (Group::Departments, "incluiu um atendente no departamento", R::Department),
        A::MemberRemoved => (Group::Departments, "retirou um atendente do departamento", R::Department),
        A::ChannelRedirected => (Group::Channels, "mudou o departamento da conexão", R::Channel),
        A::RoleCreated => (Group::Roles, "criou o cargo", R::Role),
        A::RoleDeleted => (Group::Roles, "excluiu o cargo", R::Role),
        A::TicketHandedOver => (Group::Tickets, "transferiu o chamado", R::Ticket),
        A::UserNoticesChosen => (Group::Users, "escolheu os próprios avisos", R::None),
        A::RoleEdited => (Group::Roles, "editou o cargo", R::Role),
        A::ScheduleCreated => (Group::Schedules, "criou o agendamento", R::Schedule),
        A::ScheduleEdited => (Group::Schedules, "editou o agendamento", R::Schedule),
        A::ScheduleCancelled => (Group::Schedules, "cancelou o agendamento", R::Schedule),
        A::ScheduleCompleted => (Group::Schedules, "concluiu o agendamento", R::Schedule),
        A::ScheduleFailed => (Group::Schedules, "encerrou com erro o agendamento", R::Schedule),
        A::TicketOpened => (Group::Tickets, "abriu o chamado", R::Ticket),
        A::TicketClosed => (Group::Tickets, "fechou o chamado", R::Ticket),
        A::ContactCreated => (Group::Contacts, "criou o contato", R::Contact),
        A::ContactEdited => (Group::Contacts, "editou o contato", R::Contact),
        A::ContactArchived => (Group::Contacts, "arquivou o contato", R::Contact),
        A::ContactRestored => (Group::Contacts, "restaurou o contato", R::Contact),
        A::ContactLinkRevoked => (Group::Contacts, "revogou o link do contato", R::Contact),
        A::ContactAccessesEnded => (Group::Contacts, "encerrou acessos pelo link do contato", R::Contact),
        A::ContactExported => (Group::Contacts, "exportou os dados do contato", R::Contact),
        A::ContactAnonymised => (Group::Contacts, "anonimizou o contato", R::Contact),
        A::ContactMerged => (Group::Contacts, "juntou o contato", R::Contact),
        A::ContactSeparated => (Group::Contacts, "separou o contato", R::Contact),
        A::PersonCreated => (Group::Contacts, "criou a pessoa", R::Person),
        A::PersonEdited => (Group::Contacts, "editou a pessoa", R::Person),
        A::PersonArchived => (Group::Contacts, "arquivou a pessoa", R::Person),
        A::PersonRestored => (Group::Contacts, "restaurou a pessoa", R::Person),
        A::PersonAnonymised => (Group::Contacts, "anonimizou a pessoa", R::Person),
        A::ImportConfirmed => (Group::Contacts, "confirmou a importação", R::Import),
        A::ImportCancelled => (Group::Contacts, "cancelou a importação", R::Import),
        A::ImportFinished => (Group::Contacts, "terminou a importação", R::Import),
        A::ContactsExported => (Group::Contacts, "exportou a lista de contatos", R::None),
        A::SchedulesExported => (Group::Schedules, "exportou a lista de agendamentos", R::None),
        A::AuditExported => (Group::Company, "exportou a auditoria", R::None),
        A::SettingsEdited => (Group::Company, "mudou as configurações da empresa", R::None),
        A::RetentionEdited => (Group::Company, "mudou a retenção de dados", R::None),
        A::SetUp => (Group::Company, "configurou a plataforma", R::None),
        A::ChannelCreated => (Group::Channels, "criou a conexão", R::Channel),
        A::ChannelEdited => (Group::Channels, "editou a conexão", R::Channel),
        A::ChannelDeactivated => (Group::Channels, "desativou a conexão", R::Channel),
        A::ChannelReactivated => (Group::Channels, "reativou a conexão", R::Channel),
        A::ChannelPaused => (Group::Channels, "pausou o envio da conexão", R::Channel),
        A::ChannelResumed => (Group::Channels, "retomou o envio da conexão", R::Channel),
        A::ChannelMessageRetried => {
            (Group::Channels, "mandou ler de novo uma mensagem recebida pela conexão", R::Channel)
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
