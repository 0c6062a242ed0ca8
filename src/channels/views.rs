//! Finished data for the templates of channels.

use askama::Template;

use super::colour::PALETTE;
use super::form::{ChannelFields, colour_name};
use super::queries::{COUNT_LIMIT, Channel, Department, Usage};
use crate::refusal::FieldErrors;
use crate::web::{RefusedForm, Stale};

#[derive(Template)]
#[template(path = "channels/index.html")]
pub struct Index {
    lines: Vec<Line>,
}

struct Line {
    id: String,
    name: String,
    public_name: String,
    department: String,
    is_active: bool,
}

impl Index {
    pub fn new(channels: Vec<Channel>) -> Self {
        let line = |channel: Channel| Line {
            id: channel.id.to_string(),
            name: channel.name,
            public_name: channel.public_name,
            department: channel.department,
            is_active: channel.is_active,
        };
        Self { lines: channels.into_iter().map(line).collect() }
    }
}

#[derive(Template)]
#[template(path = "channels/form.html")]
pub struct FormPage {
    channel: Option<Channel>,
    typed: ChannelFields,
    departments: Vec<Department>,
    errors: FieldErrors,
    stale: Option<Stale>,
}

impl FormPage {
    pub fn new(channel: Option<Channel>, typed: ChannelFields, departments: Vec<Department>) -> Self {
        let errors = FieldErrors::default();
        Self { channel, typed, departments, errors, stale: None }
    }

    pub fn refused(self, refused: RefusedForm) -> Self {
        let (errors, stale) = refused.shown(|field, value| self.name_of(field, value));
        Self { errors, stale, ..self }
    }

    /// The name of a choice that the form offers. "Other" colour has none: its field `colour` says which.
    fn name_of(&self, field: &str, value: &str) -> Option<String> {
        match field {
            "palette" => Some(colour_name(value).unwrap_or_default().to_owned()),
            "department_id" => {
                let chosen = self.departments.iter().find(|department| department.id.to_string() == value);
                Some(chosen.map(|department| department.name.clone()).unwrap_or_default())
            }
            _ => None,
        }
    }

    pub fn title(&self) -> &'static str {
        if self.channel.is_some() { "Editar conexão" } else { "Nova conexão" }
    }

    fn action(&self) -> String {
        self.channel.as_ref().map_or("/channels".into(), |channel| format!("/channels/{}", channel.id))
    }

    fn palette(&self) -> impl Iterator<Item = Swatch> {
        let swatch = |(value, name): &(&'static str, &'static str)| Swatch {
            value,
            name,
            class: &value[1..],
            is_chosen: self.typed.palette == *value,
        };
        PALETTE.iter().map(swatch).collect::<Vec<_>>().into_iter()
    }

    fn has_other_colour(&self) -> bool {
        self.typed.palette == "other"
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
    pub fn new(channel: &Channel, usage: Usage) -> Self {
        let Usage { contacts, schedules_opening_tickets, schedules_notifying, open_tickets } = usage;
        let mut sentences = vec![match contacts {
            0 => "Nenhum contato usa esta conexão.".to_owned(),
            1 => "1 contato usa esta conexão. O link dele deixa de abrir a conversa.".into(),
            n => format!(
                "{} contatos usam esta conexão. Os links deles deixam de abrir a conversa.",
                capped_count(n)
            ),
        }];
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
