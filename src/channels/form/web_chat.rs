//! The web chat's part of the form: what customers see on its page.

use super::differing;
use crate::channels::Colour;
use crate::channels::colour::{ColourError, PALETTE};
use crate::refusal::{FieldErrors, Snapshot};
use crate::text::has_control_characters;
use crate::web::Fields;

/// Maximum characters of a greeting.
const GREETING_LIMIT: usize = 1000;

#[derive(Clone, Debug, Default)]
pub struct WebChatFields {
    pub public_name: String,
    /// A colour of the palette, or `other` for the one typed in `colour`.
    pub palette: String,
    pub colour: String,
    pub greeting: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebChatDraft {
    pub public_name: String,
    pub colour: Colour,
    pub greeting: String,
}

impl WebChatFields {
    pub fn new() -> Self {
        Self { palette: PALETTE[0].0.into(), ..Self::default() }
    }

    pub fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            public_name: text("public_name"),
            palette: text("palette"),
            colour: text("colour"),
            greeting: text("greeting"),
        }
    }

    pub fn of(draft: &WebChatDraft) -> Self {
        let (palette, colour) = palette_and_colour(draft.colour);
        Self { public_name: draft.public_name.clone(), palette, colour, greeting: draft.greeting.clone() }
    }

    pub fn parse(&self, errors: &mut FieldErrors) -> Option<WebChatDraft> {
        let public_name = self.public_name.trim();
        if has_control_characters(public_name) {
            errors.add("public_name", "Escreva o nome em uma linha, sem caracteres de controle.");
        } else if public_name.chars().count() > 60 {
            errors.add("public_name", "Use até 60 caracteres.");
        }
        let colour = self.parse_colour(errors);
        let greeting = self.greeting.trim();
        if has_control_characters(&greeting.replace(['\n', '\t'], " ")) {
            errors.add("greeting", "Escreva a saudação sem caracteres de controle.");
        } else if greeting.chars().count() > GREETING_LIMIT {
            errors.add("greeting", "Use até 1.000 caracteres.");
        }
        Some(WebChatDraft { public_name: public_name.into(), colour: colour?, greeting: greeting.into() })
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

impl WebChatDraft {
    pub fn changed_fields(&self, other: &Self) -> Vec<&'static str> {
        differing([
            ("public_name", self.public_name != other.public_name),
            ("colour", self.colour != other.colour),
            ("greeting", self.greeting != other.greeting),
        ])
    }
}

pub fn snapshot(common: Snapshot, draft: &WebChatDraft) -> Snapshot {
    let (palette, colour) = palette_and_colour(draft.colour);
    let shown = colour_name(&palette).unwrap_or(&colour);
    common
        .text("public_name", "Nome para os clientes", &draft.public_name)
        .group([("palette", palette.clone()), ("colour", colour.clone())], "Cor", shown)
        .text("greeting", "Saudação", &draft.greeting)
}

/// The fields `palette` and `colour` for a saved colour.
fn palette_and_colour(saved: Colour) -> (String, String) {
    let saved = saved.to_string();
    match colour_name(&saved) {
        Some(_) => (saved, String::new()),
        None => ("other".into(), saved),
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
    fn a_colour_beside_the_palette_is_typed() {
        let typed =
            WebChatFields { palette: "other".into(), colour: "123456".into(), ..WebChatFields::default() };
        let draft = typed.parse(&mut FieldErrors::default()).unwrap();
        assert_eq!(WebChatFields::of(&draft).colour, "#123456");
        assert!(draft.changed_fields(&draft.clone()).is_empty());
    }
}
