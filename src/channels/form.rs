//! The form of a channel.

use super::Colour;
use super::colour::{ColourError, PALETTE};
use super::queries::Channel;
use crate::ids::DepartmentId;
use crate::refusal::{FieldErrors, Snapshot};
use crate::web::{Fields, has_control_characters};

/// Maximum characters of a greeting.
pub const GREETING_LIMIT: usize = 1000;

/// The fields as typed.
#[derive(Clone, Debug, Default)]
pub struct ChannelFields {
    pub version: String,
    pub name: String,
    pub public_name: String,
    /// A colour of the palette, or `other` for the one typed in `colour`.
    pub palette: String,
    pub colour: String,
    pub greeting: String,
    pub department_id: String,
}

/// Valid fields of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelDraft {
    pub name: String,
    pub public_name: String,
    pub colour: Colour,
    pub greeting: String,
    pub department: DepartmentId,
}

impl ChannelFields {
    /// The fields of a new channel.
    pub fn new() -> Self {
        Self { palette: PALETTE[0].0.into(), ..Self::default() }
    }

    pub fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            version: text("version"),
            name: text("name"),
            public_name: text("public_name"),
            palette: text("palette"),
            colour: text("colour"),
            greeting: text("greeting"),
            department_id: text("department_id"),
        }
    }

    pub fn of(draft: &ChannelDraft, version: String) -> Self {
        let (palette, colour) = palette_and_colour(&draft.colour.to_string());
        Self {
            version,
            name: draft.name.clone(),
            public_name: draft.public_name.clone(),
            palette,
            colour,
            greeting: draft.greeting.clone(),
            department_id: draft.department.to_string(),
        }
    }

    /// `active` holds the departments that may be chosen.
    pub fn parse(&self, active: &[DepartmentId]) -> Result<ChannelDraft, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = self.name.trim();
        if name.is_empty() || has_control_characters(name) {
            errors.add("name", "Informe o nome da conexão.");
        } else if name.chars().count() > 60 {
            errors.add("name", "Use até 60 caracteres.");
        }
        let public_name = self.public_name.trim();
        if has_control_characters(public_name) {
            errors.add("public_name", "Escreva o nome em uma linha, sem caracteres de controle.");
        } else if public_name.chars().count() > 60 {
            errors.add("public_name", "Use até 60 caracteres.");
        }
        let colour = self.parse_colour(&mut errors);
        let greeting = self.greeting.trim();
        if has_control_characters(&greeting.replace(['\n', '\t'], " ")) {
            errors.add("greeting", "Escreva a saudação sem caracteres de controle.");
        } else if greeting.chars().count() > GREETING_LIMIT {
            errors.add("greeting", "Use até 1.000 caracteres.");
        }
        let department = self.department_id.parse().ok().filter(|id| active.contains(id));
        if department.is_none() {
            errors.add("department_id", "Selecione o departamento.");
        }
        match (colour, department, errors.is_empty()) {
            (Some(colour), Some(department), true) => Ok(ChannelDraft {
                name: name.into(),
                public_name: public_name.into(),
                colour,
                greeting: greeting.into(),
                department,
            }),
            _ => Err(errors),
        }
    }

    fn parse_colour(&self, errors: &mut FieldErrors) -> Option<Colour> {
        let chosen = if self.palette == "other" { &self.colour } else { &self.palette };
        match chosen.parse() {
            Ok(colour) => return Some(colour),
            Err(ColourError::TooLight) => errors
                .add("colour", "O texto branco fica difícil de ler sobre esta cor. Escolha uma mais escura."),
            Err(ColourError::Malformed) => errors.add("colour", "Informe a cor, como #4453cf."),
        }
        None
    }
}

impl ChannelDraft {
    /// Names of the fields that differ, for the audit.
    pub fn changed_fields(&self, other: &Self) -> Vec<&'static str> {
        let fields = [
            ("name", self.name != other.name),
            ("public_name", self.public_name != other.public_name),
            ("colour", self.colour != other.colour),
            ("greeting", self.greeting != other.greeting),
            ("department_id", self.department != other.department),
        ];
        fields.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect()
    }
}

/// The channel in the words of its form.
pub fn snapshot(channel: &Channel) -> Snapshot {
    let (palette, colour) = palette_and_colour(&channel.colour);
    let shown = colour_name(&palette).unwrap_or(&colour);
    Snapshot::default()
        .text("name", "Nome", &channel.name)
        .choice("department_id", "Departamento padrão", channel.department_id, &channel.department)
        .text("public_name", "Nome para os clientes", &channel.public_name)
        .group([("palette", palette.clone()), ("colour", colour.clone())], "Cor", shown)
        .text("greeting", "Saudação", &channel.greeting)
}

/// The fields `palette` and `colour` for a saved colour.
fn palette_and_colour(saved: &str) -> (String, String) {
    match colour_name(saved) {
        Some(_) => (saved.to_owned(), String::new()),
        None => ("other".into(), saved.to_owned()),
    }
}

/// The name of a colour of the palette.
pub fn colour_name(value: &str) -> Option<&'static str> {
    PALETTE.iter().find(|(known, _)| *known == value).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_reported() {
        let typed =
            ChannelFields { palette: "other".into(), colour: "#fff000".into(), ..ChannelFields::default() };
        let errors = typed.parse(&[DepartmentId(1)]).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
        assert_eq!(fields, ["name", "colour", "department_id"]);
    }

    #[test]
    fn a_colour_beside_the_palette_is_typed() {
        let typed = ChannelFields {
            name: "Chat".into(),
            palette: "other".into(),
            colour: "123456".into(),
            department_id: "1".into(),
            ..ChannelFields::default()
        };
        let draft = typed.parse(&[DepartmentId(1)]).unwrap();
        assert_eq!(ChannelFields::of(&draft, String::new()).colour, "#123456");
        assert!(draft.changed_fields(&draft.clone()).is_empty());
    }
}
