//! The field "Conexão" of the form.

use askama::Template;

use crate::channels::Capabilities;
use crate::schedules::draft::ContactChannel;

/// "Conexão", for a contact with several. With one there is nothing to choose, and nothing is shown.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "schedules/_channel.html")]
pub struct ChannelField {
    choices: Vec<ChannelChoice>,
    pub(super) error: Option<String>,
}

#[derive(Clone, Debug)]
struct ChannelChoice {
    /// Empty for the contact's first channel.
    value: String,
    text: String,
    is_chosen: bool,
}

impl ChannelField {
    /// The field with what was chosen; empty for the contact's first.
    pub fn new(channels: &[ContactChannel], chosen: &str) -> Self {
        if channels.len() < 2 {
            return Self::default();
        }
        let choice = |channel: &ContactChannel| {
            let value = if channel.is_first { String::new() } else { channel.id.to_string() };
            let note = match (channel.is_active, Capabilities::of(channel.kind)) {
                (false, _) => " (desativada)",
                (true, None) => " (ainda não envia mensagens)",
                (true, Some(_)) => "",
            };
            let kind = channel.kind.label();
            let text = match channel.name.eq_ignore_ascii_case(kind) {
                true => format!("{}{note}", channel.name),
                false => format!("{} · {kind}{note}", channel.name),
            };
            ChannelChoice { is_chosen: value == chosen.trim(), value, text }
        };
        Self { choices: channels.iter().map(choice).collect(), error: None }
    }

    /// The field for a contact that was chosen just now: the channel that worked last, unless another is given.
    pub fn proposing(channels: &[ContactChannel], chosen: Option<&str>) -> Self {
        let mut field = Self::new(channels, chosen.unwrap_or_default());
        if chosen.is_none() {
            for (index, choice) in field.choices.iter_mut().enumerate() {
                choice.is_chosen = index == 0;
            }
        }
        field
    }

    /// The name of the chosen channel, if there was a choice.
    pub fn in_words(&self) -> Option<String> {
        self.choices.iter().find(|choice| choice.is_chosen).map(|choice| choice.text.clone())
    }
}
