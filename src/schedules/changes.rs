//! What an edit changed: the names of the fields, and the old and new values of ids, times and actions. Texts
//! may name a customer, so for them only the fact of the change is kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::draft::ScheduleDraft;
use super::queries::Stored;
use crate::text_enum;

text_enum! {
    /// A field of a schedule, by its name in history and audit, in the order of the form.
    #[derive(PartialOrd, Ord)]
    pub enum Field {
        Person = "person_id",
        Contact = "contact_id",
        Channel = "channel_id",
        Department = "department_id",
        Attendant = "attendant_id",
        Action = "action",
        DueAt = "due_at",
        Message = "message",
        Files = "files",
        Comment = "comment",
        /// Set on a schedule that is too close to another because the company's spacing was changed.
        Spacing = "spacing_exempt",
    }
}

impl Field {
    pub fn label(self) -> &'static str {
        match self {
            Self::Person => "Pessoa",
            Self::Contact => "Contato",
            Self::Channel => "Conexão",
            Self::Department => "Departamento",
            Self::Attendant => "Atendente",
            Self::Action => "Ação",
            Self::DueAt => "Data e hora",
            Self::Message => "Mensagem",
            Self::Files => "Arquivos",
            Self::Comment => "Comentário",
            Self::Spacing => "Intervalo",
        }
    }
}

/// The changes of one edit, as stored in the history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    #[serde(default)]
    pub fields: Vec<String>,
    /// Old and new value of each field whose values are kept.
    #[serde(default)]
    pub values: BTreeMap<String, [Value; 2]>,
}

impl Changes {
    /// The changes that saving `draft` makes to `stored`. `is_exempt`: whether it will be exempt from the
    /// spacing.
    pub fn between(stored: &Stored, draft: &ScheduleDraft, is_exempt: bool) -> Self {
        let mut changes = Self::default();
        changes.value(Field::Person, json!(stored.person_id), json!(draft.person));
        changes.value(Field::Contact, json!(stored.contact_id), json!(draft.contact));
        changes.value(Field::Channel, json!(stored.channel_id), json!(draft.channel));
        changes.value(Field::Department, json!(stored.department_id), json!(draft.department));
        changes.value(Field::Attendant, json!(stored.attendant_id), json!(draft.attendant));
        changes.value(Field::Action, json!(stored.action.as_str()), json!(draft.action.as_str()));
        changes.value(Field::DueAt, json!(stored.due_at), json!(draft.due_at));
        changes.mark(Field::Message, stored.message != draft.message);
        changes.mark(Field::Files, stored.files != draft.files);
        changes.mark(Field::Comment, stored.comment != draft.comment);
        changes.mark(Field::Spacing, stored.spacing_exempt != is_exempt);
        changes
    }

    /// Whether this is no person's edit: a change of the company's spacing set or removed the exemption.
    pub fn is_mark(&self) -> bool {
        self.fields == [Field::Spacing.as_str()] && self.values.contains_key(Field::Spacing.as_str())
    }

    /// Whether the exemption was set.
    pub fn marks(&self) -> bool {
        self.values.get(Field::Spacing.as_str()).is_some_and(|[_, after]| after == &json!(true))
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Records a changed field whose values are not kept.
    pub fn mark(&mut self, field: Field, has_changed: bool) {
        if has_changed {
            self.fields.push(field.as_str().into());
        }
    }

    fn value(&mut self, field: Field, before: Value, after: Value) {
        self.mark(field, before != after);
        if before != after {
            self.values.insert(field.as_str().into(), [before, after]);
        }
    }

    /// The changed fields, with their values where those are kept.
    pub fn iter(&self) -> impl Iterator<Item = (Field, Option<&[Value; 2]>)> {
        self.fields.iter().filter_map(|name| Some((name.parse().ok()?, self.values.get(name))))
    }

    /// Combines these changes and `later` ones into one: the first old value and the last new value.
    pub fn then(mut self, later: &Self) -> Self {
        for name in &later.fields {
            if !self.fields.contains(name) {
                self.fields.push(name.clone());
            }
        }
        for (name, [before, after]) in &later.values {
            let first = self.values.get(name).map_or(before, |[first, _]| first).clone();
            self.values.insert(name.clone(), [first, after.clone()]);
        }
        self
    }
}
