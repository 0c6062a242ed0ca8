//! The form.

use askama::Template;
use diesel::pg::PgConnection;

use super::PersonContacts;
use crate::contacts::display;
use crate::contacts::form::NAME_LIMIT;
use crate::contacts::queries::{Choice, contact_options};
use crate::error::Result;
use crate::ids::{ContactId, PersonId};
use crate::people::form::PersonInput;
use crate::people::queries::{self, Namesake};
use crate::refusal::FieldErrors;
use crate::web::{RefusedForm, StaleNotice};

#[derive(Template)]
#[template(path = "people/form.html")]
pub struct FormPage {
    person: Option<PersonId>,
    typed: PersonInput,
    members: PersonContacts,
    choices: Vec<Choice>,
    errors: FieldErrors,
    stale: Option<StaleNotice>,
    namesakes: Vec<Namesake>,
}

impl FormPage {
    pub fn load(conn: &mut PgConnection, person: Option<PersonId>, typed: PersonInput) -> Result<Self> {
        let mut members = match person {
            Some(person) => PersonContacts::of(conn, person)?,
            None => PersonContacts { lines: Vec::new(), count: 0 },
        };
        for line in &mut members.lines {
            line.is_removed = typed.removed.contains(&line.id);
        }
        let chosen = queries::existing_contacts(conn, &typed.added)?.into_iter().map(|member| Choice {
            id: member.id.0,
            sub: display::subtitle(&member.phone, &member.email, &member.channel_name),
            name: member.name,
        });
        let mut choices: Vec<Choice> = chosen.collect();
        for choice in contact_options(conn, None)? {
            if choices.iter().all(|known| known.id != choice.id) {
                choices.push(Choice { sub: display::phone_in_first_part(&choice.sub), ..choice });
            }
        }
        choices.retain(|choice| members.lines.iter().all(|member| member.id.0 != choice.id));
        let errors = FieldErrors::default();
        Ok(Self { person, typed, members, choices, errors, stale: None, namesakes: Vec::new() })
    }

    /// The same form with the reason why it was not saved.
    pub fn refused(self, refused: RefusedForm) -> Self {
        let (errors, stale) = refused.shown(|_, _| None);
        Self { errors, stale, ..self }
    }

    /// The same form with the people who have the same name.
    pub fn with_namesakes(self, namesakes: Vec<Namesake>) -> Self {
        Self { namesakes, ..self }
    }

    fn accepted(&self) -> String {
        self.namesakes.iter().map(|one| one.id.to_string()).collect::<Vec<_>>().join(",")
    }

    pub fn title(&self) -> &'static str {
        if self.person.is_some() { "Editar pessoa" } else { "Nova pessoa" }
    }

    fn action(&self) -> String {
        self.person.map_or("/people".into(), |id| format!("/people/{id}"))
    }

    fn name_limit(&self) -> usize {
        NAME_LIMIT
    }

    fn is_chosen(&self, choice: &Choice) -> bool {
        self.typed.added.contains(&ContactId(choice.id))
    }
}
