//! The form of a contact: parses the typed strings into a contact that may be saved.

use super::identities::Identity;
use crate::channels::{ChannelKind, IdentityKind};
use crate::email::Email;
use crate::ids::{ChannelId, ContactId, DepartmentId, PersonId, UserId};
use crate::phone::Phone;
use crate::refusal::FieldErrors;
use crate::text::has_control_characters;
use crate::web::Fields;

/// Maximum length of a name, in characters.
pub const NAME_LIMIT: usize = 120;

/// The form as it was typed, kept so that it can be shown again.
#[derive(Clone, Debug, Default)]
pub struct ContactInput {
    pub name: String,
    pub phone: String,
    pub email: String,
    pub channel_id: String,
    pub person_id: String,
    pub default_department_id: String,
    pub default_attendant_id: String,
    /// Contacts with the same number or address that the visitor has seen in the warning and accepts.
    pub accepted_duplicates: Vec<ContactId>,
    /// Version of the contact that the form showed.
    pub version: String,
}

/// The ids chosen in the form's selects.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChosenIds {
    pub channel: Option<ChannelId>,
    pub person: Option<PersonId>,
    pub department: Option<DepartmentId>,
    pub attendant: Option<UserId>,
}

/// The records that the form refers to, as found in the database.
#[derive(Clone, Debug)]
pub struct ReferencedRecords {
    /// The channel and its kind, if the channel is active or is the contact's current one.
    pub channel: Option<(ChannelId, ChannelKind)>,
    /// The contact's current channel. `None` for a new contact.
    pub current_channel: Option<ChannelId>,
    pub person: Option<PersonId>,
    pub department: Option<DepartmentId>,
    pub attendant: Option<UserId>,
}

/// A contact whose fields are all valid.
#[derive(Clone, Debug)]
pub struct ValidContact {
    pub name: String,
    pub phone: String,
    pub email: String,
    pub channel: ChannelId,
    /// The typed address by which the channel sends. `None` if nobody types it, as on the web chat.
    pub identity: Option<Identity>,
    pub person: Option<PersonId>,
    pub department: Option<DepartmentId>,
    pub attendant: Option<UserId>,
}

impl ContactInput {
    pub fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            name: text("name"),
            phone: text("phone"),
            email: text("email"),
            channel_id: text("channel_id"),
            person_id: text("person_id"),
            default_department_id: text("default_department_id"),
            default_attendant_id: text("default_attendant_id"),
            version: text("version"),
            accepted_duplicates: fields.get("accepts").split(',').filter_map(|id| id.parse().ok()).collect(),
        }
    }

    pub fn ids(&self) -> ChosenIds {
        ChosenIds {
            channel: self.channel_id.parse().ok(),
            person: self.person_id.parse().ok(),
            department: self.default_department_id.parse().ok(),
            attendant: self.default_attendant_id.parse().ok(),
        }
    }

    /// Collects every field error, in the order of the page.
    pub fn parse(&self, records: &ReferencedRecords) -> Result<ValidContact, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = collect_error(&mut errors, "name", name(&self.name));
        let phone = collect_error(&mut errors, "phone", optional(&self.phone, Phone::parse));
        let phone = phone.flatten().map(|phone| phone.as_str().to_owned()).unwrap_or_default();
        let email = collect_error(&mut errors, "email", optional(&self.email, Email::parse));
        let email = email.flatten().map(|email| email.as_str().to_owned()).unwrap_or_default();
        self.check_choices(records, &mut errors);
        let identity = self.identity(records, &phone, &email, &mut errors);
        let (Some(name), Some((channel, _)), true) = (name, records.channel, errors.is_empty()) else {
            return Err(errors);
        };
        let (person, department, attendant) = (records.person, records.department, records.attendant);
        Ok(ValidContact { name, phone, email, channel, identity, person, department, attendant })
    }

    /// The contact's address on its channel.
    fn identity(
        &self,
        records: &ReferencedRecords,
        phone: &str,
        email: &str,
        errors: &mut FieldErrors,
    ) -> Option<Identity> {
        let (channel, kind) = records.channel?;
        let stays = records.current_channel == Some(channel);
        match kind {
            ChannelKind::Email if email.is_empty() && errors.of("email").is_none() => {
                errors.add("email", "Informe o e-mail. A conexão escolhida precisa dele.");
            }
            ChannelKind::Whatsapp if phone.is_empty() && errors.of("phone").is_none() => {
                errors.add("phone", "Informe o telefone. A conexão escolhida precisa dele.");
            }
            ChannelKind::Whatsapp if Phone::parse(phone).is_ok_and(|phone| !phone.takes_messages()) => {
                errors
                    .add("phone", "Este número só recebe ligações. A conexão escolhida fala por mensagens.");
            }
            ChannelKind::Email => {
                return Some(Identity { kind: IdentityKind::Email, value: email.to_owned() });
            }
            ChannelKind::Whatsapp => {
                return Some(Identity { kind: IdentityKind::Phone, value: phone.to_owned() });
            }
            ChannelKind::Telegram | ChannelKind::Webhook if !stays => {
                errors.add(
                    "channel_id",
                    "Nesta conexão, o contato é criado pela primeira mensagem do cliente.",
                );
            }
            ChannelKind::WebChat | ChannelKind::Telegram | ChannelKind::Webhook => {}
        }
        None
    }

    fn check_choices(&self, records: &ReferencedRecords, errors: &mut FieldErrors) {
        let is_chosen = |text: &str| !text.trim().is_empty();
        if records.channel.is_none() {
            errors.add("channel_id", "Selecione a conexão.");
        }
        if is_chosen(&self.person_id) && records.person.is_none() {
            errors.add("person_id", "Esta pessoa não existe mais. Escolha outra.");
        }
        if is_chosen(&self.default_department_id) && records.department.is_none() {
            errors.add("default_department_id", "Este departamento foi desativado. Escolha outro.");
        }
        if is_chosen(&self.default_attendant_id) && records.attendant.is_none() {
            let message = match records.department {
                Some(_) => "Este atendente não é do departamento escolhido.",
                None => "Escolha primeiro o departamento.",
            };
            errors.add("default_attendant_id", message);
        }
    }
}

/// Parses the name of a contact or a person. Runs of white space become one space.
pub fn name(text: &str) -> Result<String, &'static str> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err("Informe o nome."),
        _ if has_control_characters(&text) => Err("O nome tem caracteres que não podem ser usados."),
        1..=NAME_LIMIT => Ok(text),
        _ => Err("Use até 120 caracteres no nome."),
    }
}

/// `None` for an empty text; otherwise the result of `parse`.
pub fn optional<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, &'static str>,
) -> Result<Option<T>, &'static str> {
    if text.trim().is_empty() { Ok(None) } else { parse(text).map(Some) }
}

fn collect_error<T>(
    errors: &mut FieldErrors,
    field: &'static str,
    parsed: Result<T, &'static str>,
) -> Option<T> {
    parsed.map_err(|message| errors.add(field, message)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(kind: ChannelKind) -> ReferencedRecords {
        let channel = Some((ChannelId(1), kind));
        ReferencedRecords { channel, current_channel: None, person: None, department: None, attendant: None }
    }

    fn typed(phone: &str, email: &str) -> ContactInput {
        ContactInput {
            name: " Ana  Prado ".into(),
            phone: phone.into(),
            email: email.into(),
            ..ContactInput::default()
        }
    }

    #[test]
    fn the_address_is_what_the_channel_sends_to() {
        let typed = typed("(11) 90000-0142", "Ana@Casa.example");
        let address = |kind| typed.parse(&records(kind)).unwrap().identity.map(|identity| identity.value);
        assert_eq!(address(ChannelKind::Whatsapp).unwrap(), "+5511900000142");
        assert_eq!(address(ChannelKind::Email).unwrap(), "ana@casa.example");
        assert_eq!(address(ChannelKind::WebChat), None);
        assert_eq!(typed.parse(&records(ChannelKind::WebChat)).unwrap().name, "Ana Prado");
        assert!(typed.parse(&records(ChannelKind::Telegram)).unwrap_err().of("channel_id").is_some());
    }

    #[test]
    fn all_field_errors_are_reported_together() {
        let typed = ContactInput {
            phone: "1".into(),
            email: "x".into(),
            person_id: "9".into(),
            default_attendant_id: "3".into(),
            ..ContactInput::default()
        };
        let records = ReferencedRecords { channel: None, ..records(ChannelKind::WebChat) };
        let errors = typed.parse(&records).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
        assert_eq!(fields, ["name", "phone", "email", "channel_id", "person_id", "default_attendant_id"]);
        let missing = self::typed("", "").parse(&self::records(ChannelKind::Email)).unwrap_err();
        assert!(missing.of("email").unwrap().contains("conexão escolhida"));
    }
}
