//! Finished data for the templates of channels.

use askama::Template;

use super::colour::PALETTE;
use super::form::{
    ChannelFields, EmailSignIn, KindFields, OFFERED, WebChatFields, colour_name, security_label,
};
use super::health::Health;
use super::queries::{COUNT_LIMIT, Channel, Department, StateRow, Unread, Usage};
use super::stored::StoredChannel;
use super::tools::Tools;
use super::{ChannelKind, Secrets, incoming, queries};
use crate::auth::Account;
use crate::clock::Zone;
use crate::ids::ChannelId;
use crate::refusal::FieldErrors;
use crate::web::{RefusedForm, StaleNotice};

#[derive(Template)]
#[template(path = "channels/index.html")]
pub struct Index {
    lines: Vec<Line>,
}

struct Line {
    id: String,
    name: String,
    kind: &'static str,
    /// What customers or the other side see: a name, an address.
    shown_as: Option<String>,
    department: String,
    is_active: bool,
    /// `None` for the web chat.
    health: Option<Health>,
}

impl Index {
    pub fn new(channels: Vec<Channel>, states: &[StateRow], zone: Zone) -> Self {
        let line = |channel: Channel| Line {
            id: channel.id.to_string(),
            kind: channel.kind.label(),
            shown_as: shown_as(&channel),
            health: states
                .iter()
                .find(|state| state.channel_id == channel.id)
                .map(|state| Health::new(state, zone)),
            name: channel.name,
            department: channel.department,
            is_active: channel.is_active,
        };
        Self { lines: channels.into_iter().map(line).collect() }
    }
}

fn shown_as(channel: &Channel) -> Option<String> {
    let setting = |name: &str| channel.settings.get(name)?.as_str().map(str::to_owned);
    match channel.kind {
        ChannelKind::WebChat => (!channel.public_name.is_empty()).then(|| channel.public_name.clone()),
        ChannelKind::Webhook => {
            let url = url::Url::parse(&setting("url")?).ok()?;
            url.host_str().map(str::to_owned)
        }
        _ => setting("address"),
    }
}

/// The choice of the kind of a new channel.
#[derive(Template)]
#[template(path = "channels/new.html")]
pub struct Kinds {
    kinds: Vec<Kind>,
}

struct Kind {
    value: &'static str,
    label: &'static str,
    icon: &'static str,
    /// What it is for, and what one needs to have at hand.
    purpose: &'static str,
    needs: &'static str,
}

impl Kinds {
    pub fn new() -> Self {
        let kind = |kind: &ChannelKind| {
            let (icon, purpose, needs) = match kind {
                ChannelKind::WebChat => (
                    "messages",
                    "Uma página de conversa que cada cliente abre pelo link dele.",
                    "Não precisa de nada além do nome e do departamento.",
                ),
                ChannelKind::Email => (
                    "send-2",
                    "As mensagens saem por e-mail, e as respostas dos clientes chegam nos chamados.",
                    "Tenha à mão o servidor SMTP, o usuário e a senha. Para receber as respostas, também o servidor IMAP.",
                ),
                _ => (
                    "plug-connected",
                    "As mensagens vão para um sistema da empresa, que também pode enviar as dos clientes.",
                    "Tenha à mão o endereço do sistema que recebe as mensagens. O segredo que as assina é criado aqui.",
                ),
            };
            Kind { value: kind.as_str(), label: kind.label(), icon, purpose, needs }
        };
        Self { kinds: OFFERED.iter().map(kind).collect() }
    }
}

#[derive(Template)]
#[template(path = "channels/form.html")]
pub struct FormPage {
    kind: ChannelKind,
    stored: Option<Stored>,
    typed: ChannelFields,
    departments: Vec<Department>,
    errors: FieldErrors,
    stale: Option<StaleNotice>,
    allows_private_addresses: bool,
}

/// What the page of an existing channel shows besides its form.
struct Stored {
    id: ChannelId,
    is_active: bool,
    secrets: Secrets,
    has_unreadable_secrets: bool,
    health: Option<Health>,
    unread: Vec<UnreadLine>,
    inbox_url: String,
    tested: Option<TestResult>,
}

/// An incoming message that could not be taken.
struct UnreadLine {
    id: String,
    title: String,
    received: String,
    problem: String,
    /// Whether its content is here.
    can_retry: bool,
}

/// The answer of a service to a test.
pub struct TestResult {
    worked: bool,
    sentence: String,
}

impl TestResult {
    pub fn new(result: Result<String, String>) -> Self {
        match result {
            Ok(sentence) => Self { worked: true, sentence },
            Err(sentence) => Self { worked: false, sentence },
        }
    }
}

impl FormPage {
    /// The form of a new channel.
    pub async fn new(tools: &Tools, kind: ChannelKind) -> crate::Result<Self> {
        let departments = tools.db.run(queries::departments).await?;
        Ok(Self {
            kind,
            stored: None,
            typed: ChannelFields::new(kind)?,
            departments,
            errors: FieldErrors::default(),
            stale: None,
            allows_private_addresses: tools.transports.allows_private_addresses,
        })
    }

    /// The page of a channel.
    pub async fn load(tools: &Tools, viewer: &Account, id: ChannelId) -> crate::Result<Self> {
        let (channel, departments, state, unread) = tools
            .db
            .run(move |conn| {
                let channel = queries::find(conn, id)?;
                let hands_over = channel.kind.hands_over();
                let state = hands_over.then(|| queries::state(conn, id)).transpose()?;
                let unread = if hands_over { queries::unread(conn, id)? } else { Vec::new() };
                Ok((channel, queries::departments(conn)?, state, unread))
            })
            .await?;
        let stored = StoredChannel::open(channel, &tools.cipher);
        let typed = ChannelFields::of(&stored)?;
        let StoredChannel { channel, secrets, has_unreadable_secrets } = stored;
        let zone = viewer.zone;
        let line = |unread: Unread| UnreadLine {
            id: unread.id.to_string(),
            title: incoming::title(channel.kind, &unread),
            received: zone.date_time(unread.received_at),
            can_retry: !unread.beginning.is_empty(),
            problem: unread.problem,
        };
        Ok(Self {
            kind: channel.kind,
            stored: Some(Stored {
                id,
                is_active: channel.is_active,
                secrets,
                has_unreadable_secrets,
                health: state.map(|state| Health::new(&state, zone)),
                unread: unread.into_iter().map(line).collect(),
                inbox_url: tools.inbox_url(id),
                tested: None,
            }),
            typed,
            departments,
            errors: FieldErrors::default(),
            stale: None,
            allows_private_addresses: tools.transports.allows_private_addresses,
        })
    }

    pub fn refused(self, refused: RefusedForm) -> crate::Result<Self> {
        let typed = ChannelFields::read(&refused.form, self.kind)?;
        let (errors, stale) = refused.shown(|field, value| self.name_of(field, value));
        Ok(Self { typed, errors, stale, ..self })
    }

    pub fn tested(mut self, result: TestResult) -> Self {
        if let Some(stored) = &mut self.stored {
            stored.tested = Some(result);
        }
        self
    }

    /// The name of a choice that the form offers. "Other" colour has none: its field `colour` says which.
    fn name_of(&self, field: &str, value: &str) -> Option<String> {
        match field {
            "palette" => Some(colour_name(value).unwrap_or_default().to_owned()),
            "smtp_security" | "imap_security" => Some(security_label(value).to_owned()),
            "sign_in" => Some(value.parse::<EmailSignIn>().map_or("", EmailSignIn::label).to_owned()),
            "department_id" => {
                let chosen = self.departments.iter().find(|department| department.id.to_string() == value);
                Some(chosen.map(|department| department.name.clone()).unwrap_or_default())
            }
            _ => None,
        }
    }

    pub fn title(&self) -> &'static str {
        if self.stored.is_some() { "Editar conexão" } else { "Nova conexão" }
    }

    fn subtitle(&self) -> &'static str {
        match self.kind {
            ChannelKind::WebChat => "Chat do site: a página que o cliente abre pelo link dele.",
            ChannelKind::Email => "E-mail: as mensagens saem e as respostas chegam por uma conta de e-mail.",
            _ => "Webhook: as mensagens vão para um sistema da empresa e vêm dele.",
        }
    }

    fn action(&self) -> String {
        self.stored.as_ref().map_or("/channels".into(), |stored| format!("/channels/{}", stored.id))
    }

    /// The hint of a field for a secret. A stored one is never shown again.
    fn secret_hint(&self, name: &str) -> &'static str {
        match self.stored.as_ref().is_some_and(|stored| stored.secrets.has(name)) {
            true => "Está guardada e não aparece de novo. Preencha só para trocar.",
            false => "Fica guardada com criptografia e não aparece de novo.",
        }
    }

    /// The options for the security of a connection. None is offered only where it is allowed.
    fn securities(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let values: &[&str] =
            if self.allows_private_addresses { &["tls", "starttls", "none"] } else { &["tls", "starttls"] };
        values.iter().map(|value| (*value, security_label(value)))
    }

    fn ways_to_sign_in(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        EmailSignIn::ALL.iter().map(|way| (way.as_str(), way.label()))
    }

    fn palette(&self, chat: &WebChatFields) -> impl Iterator<Item = Swatch> + use<> {
        let swatch = |(value, name): &(&'static str, &'static str)| Swatch {
            value,
            name,
            class: &value[1..],
            is_chosen: chat.palette == *value,
        };
        PALETTE.iter().map(swatch).collect::<Vec<_>>().into_iter()
    }
}

/// The secret of a webhook, shown once.
#[derive(Template)]
#[template(path = "channels/secret.html")]
pub struct NewSecret {
    id: ChannelId,
    name: String,
    secret: String,
    inbox_url: String,
    is_rotated: bool,
}

impl NewSecret {
    /// For a channel that was just created.
    pub fn created(id: ChannelId, name: String, secret: String, inbox_url: String) -> Self {
        Self { id, name, secret, inbox_url, is_rotated: false }
    }

    /// For a channel that had another secret before.
    pub fn rotated(id: ChannelId, name: String, secret: String, inbox_url: String) -> Self {
        Self { id, name, secret, inbox_url, is_rotated: true }
    }
}

struct Swatch {
    value: &'static str,
    name: &'static str,
    class: &'static str,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "channels/deactivation.html")]
pub struct Deactivation {
    id: String,
    name: String,
    sentences: Vec<String>,
}

impl Deactivation {
    pub fn new(channel: &Channel, usage: Usage, queued: i64) -> Self {
        let Usage { contacts, schedules_opening_tickets, schedules_notifying, open_tickets } = usage;
        let (of_one, of_several) = match channel.kind.hands_over() {
            false => ("O link dele deixa de abrir a conversa.", "Os links deles deixam de abrir a conversa."),
            true => ("Ele deixa de receber mensagens por ela.", "Eles deixam de receber mensagens por ela."),
        };
        let mut sentences = vec![match contacts {
            0 => "Nenhum contato usa esta conexão.".to_owned(),
            1 => format!("1 contato usa esta conexão. {of_one}"),
            n => format!("{} contatos usam esta conexão. {of_several}", capped_count(n)),
        }];
        sentences.extend(match queued {
            0 => None,
            1 => Some("1 mensagem está na fila. Ela fica guardada e só é enviada se a conexão for reativada.".into()),
            n => Some(format!("{} mensagens estão na fila. Elas ficam guardadas e só são enviadas se a conexão for reativada.", capped_count(n))),
        });
        sentences.extend(match open_tickets {
            0 => None,
            1 => Some("1 chamado está aberto. A equipe ainda pode ler e fechar, mas o contato não recebe respostas.".into()),
            n => Some(format!("{} chamados estão abertos. A equipe ainda pode ler e fechar, mas os contatos não recebem respostas.", capped_count(n))),
        });
        sentences.extend(match schedules_opening_tickets {
            0 => None,
            1 => Some("1 agendamento pendente abre chamado por esta conexão. Se ela não for reativada até a data, ele termina em erro e avisa o atendente.".into()),
            n => Some(format!("{} agendamentos pendentes abrem chamado por esta conexão. Se ela não for reativada até a data, eles terminam em erro e avisam os atendentes.", capped_count(n))),
        });
        sentences.extend(match schedules_notifying {
            0 => None,
            1 => Some("1 agendamento pendente só notifica o atendente e continua valendo.".into()),
            n => Some(format!(
                "{} agendamentos pendentes só notificam atendentes e continuam valendo.",
                capped_count(n)
            )),
        });
        Self { id: channel.id.to_string(), name: channel.name.clone(), sentences }
    }
}

fn capped_count(count: i64) -> String {
    if count > COUNT_LIMIT { "Mais de 1.000".into() } else { count.to_string() }
}
