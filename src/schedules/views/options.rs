//! The options of the form's selects, and the facts about what is chosen.

use diesel::pg::PgConnection;
use serde_json::{Value, json};

use super::{ChannelField, ContactFacts, MessagePreview, SuggestionsView};
use crate::contacts::display;
use crate::db::Search;
use crate::error::Result;
use crate::files::UploadItem;
use crate::ids::{ScheduleId, UserId};
use crate::schedules::form::ScheduleInput;
use crate::schedules::queries::{self, Choice};
use crate::schedules::slot::{self, Slot};
use crate::schedules::suggestions::Suggestions;

/// The options of the form's selects, and the facts about what is chosen.
pub struct FormOptions {
    pub(super) people: Vec<Choice>,
    pub(super) contacts: Vec<Choice>,
    pub(super) found: ResultCounts,
    pub(super) channel: ChannelField,
    pub(super) departments: Vec<Choice>,
    pub(super) attendants: Vec<Choice>,
    pub(super) warning: ContactFacts,
    pub(super) unfit_person: Option<&'static str>,
    pub(super) slot: Slot,
    pub(super) suggestions: SuggestionsView,
    pub(super) files: Vec<UploadItem>,
    pub(super) preview: MessagePreview,
}

impl FormOptions {
    /// For a form that edits the schedule `except`, or creates a new one.
    pub fn load(
        conn: &mut PgConnection,
        viewer: UserId,
        typed: &ScheduleInput,
        except: Option<ScheduleId>,
    ) -> Result<Self> {
        let chosen = typed.ids();
        let facts = queries::facts(conn, chosen, except)?;
        let (contact, person) = (Search::parse(&typed.contact_search), Search::parse(&typed.person_search));
        let mut contacts = queries::contacts(conn, chosen.person, contact.as_ref())?;
        let mut people = queries::people(conn, person.as_ref())?;
        let found =
            ResultCounts { contacts: contact.map(|_| contacts.len()), people: person.map(|_| people.len()) };
        // An edited schedule's current values are offered even if they were archived or deactivated since.
        let contact = facts.contact.map(|contact| contact.id);
        if let Some(contact) = contact.filter(|id| contacts.iter().all(|choice| choice.id != id.0)) {
            contacts.extend(queries::contact_choice(conn, contact)?);
        }
        if let Some(person) = facts.person.filter(|id| people.iter().all(|choice| choice.id != id.0)) {
            people.extend(queries::person_choice(conn, person)?);
        }
        let mut departments = queries::departments(conn)?;
        if let Some(id) = facts.department.filter(|id| departments.iter().all(|choice| choice.id != id.0)) {
            departments.extend(queries::inactive_department(conn, id)?);
        }
        let files = queries::usable_files(conn, viewer, &typed.files)?;
        let slot = slot::check(conn, typed, &facts, except)?;
        let suggestions = Suggestions::load(conn, &slot, &facts, except)?;
        Ok(Self {
            files: files.into_iter().map(UploadItem::new).collect(),
            people,
            contacts,
            found,
            channel: ChannelField::new(&facts.channels, &typed.channel_id),
            departments,
            attendants: match chosen.department {
                Some(department) => queries::attendants(conn, department, except)?,
                None => Vec::new(),
            },
            unfit_person: facts.unfit_person(),
            warning: ContactFacts::of(conn, &facts, viewer, typed)?,
            suggestions: SuggestionsView::new(facts.zone, &suggestions, slot.now),
            slot,
            preview: MessagePreview::of(conn, facts.zone, typed)?,
        })
    }
}

/// The number of results of each search; `None` without a search.
pub(super) struct ResultCounts {
    pub(super) contacts: Option<usize>,
    pub(super) people: Option<usize>,
}

impl ResultCounts {
    pub(super) fn contacts_in_words(found: &usize) -> String {
        match found {
            0 => "Nenhum contato encontrado.".into(),
            1 => "1 contato encontrado.".into(),
            n => format!("{n} contatos na lista. Se faltar algum, escreva mais do nome."),
        }
    }

    pub(super) fn people_in_words(found: &usize) -> String {
        match found {
            0 => "Nenhuma pessoa encontrada.".into(),
            1 => "1 pessoa encontrada.".into(),
            n => format!("{n} pessoas na lista. Se faltar alguma, escreva mais do nome."),
        }
    }
}

/// Options for the searchable select.
pub fn as_json<'a>(choices: impl IntoIterator<Item = &'a Choice>) -> Vec<Value> {
    let option = |choice: &Choice| json!({ "value": choice.id, "text": choice.name, "sub": display::phone(&choice.sub) });
    choices.into_iter().map(option).collect()
}
