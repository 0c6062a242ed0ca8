//! What an edit changed: the names of the fields, and the old and new values where they are ids, times
//! or actions. Texts, which may name a customer, are only said to have changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::draft::Draft;
use super::queries::Stored;
use crate::text_enum;

text_enum! {
    /// A field of a schedule, by its name in history and audit, in the order of the form.
    #[derive(PartialOrd, Ord)]
    pub enum Field {
        Person = "person_id",
        Contact = "contact_id",
        Department = "department_id",
        Attendant = "attendant_id",
        Action = "action",
        DueAt = "due_at",
        Message = "message",
        Files = "files",
        Comment = "comment",
        /// The mark of a schedule that a change of the company's spacing left too near to another.
        Spacing = "spacing_exempt",
    }
}

impl Field {
    pub fn label(self) -> &'static str {
        match self {
            Self::Person => "Pessoa",
            Self::Contact => "Contato",
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

/// The changes of one edit, as history keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    #[serde(default)]
    pub fields: Vec<String>,
    /// Before and after, of the fields whose values are kept.
    #[serde(default)]
    pub values: BTreeMap<String, [Value; 2]>,
}

impl Changes {
    /// What saving `draft` changes in `stored`, which stays outside the spacing or does not.
    pub fn between(stored: &Stored, draft: &Draft, is_exempt: bool) -> Self {
        let mut changes = Self::default();
        changes.value(Field::Person, json!(stored.person_id), json!(draft.person));
        changes.value(Field::Contact, json!(stored.contact_id), json!(draft.contact));
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

    /// Whether a new spacing of the company set or took away the mark, and nobody edited anything.
    pub fn is_mark(&self) -> bool {
        self.fields == [Field::Spacing.as_str()] && self.values.contains_key(Field::Spacing.as_str())
    }

    /// Whether the mark was set.
    pub fn marks(&self) -> bool {
        self.values.get(Field::Spacing.as_str()).is_some_and(|[_, after]| after == &json!(true))
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Notes a field whose values are not kept.
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

    /// The changed fields with their kept values.
    pub fn iter(&self) -> impl Iterator<Item = (Field, Option<&[Value; 2]>)> {
        self.fields.iter().filter_map(|name| Some((name.parse().ok()?, self.values.get(name))))
    }

    /// These and then `later`, as one change: the first value before and the last after.
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
