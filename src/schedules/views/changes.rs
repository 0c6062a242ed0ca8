//! Describes what an edit changed.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::clock::Zone;
use crate::schedules::Action;
use crate::schedules::changes::{Changes, Field};
use crate::schedules::queries::Names;

/// One changed field. For texts, only the fact of the change is known.
pub struct ChangeLine {
    pub field: Field,
    pub label: &'static str,
    /// Old and new value.
    pub values: Option<(String, String)>,
}

impl ChangeLine {
    /// A line for each field, in the order of the form.
    pub fn all(changes: &Changes, names: &Names, zone: Zone) -> Vec<Self> {
        let line = |(field, values): (Field, Option<&[Value; 2]>)| Self {
            field,
            label: field.label(),
            values: values
                .map(|[before, after]| (text(field, before, names, zone), text(field, after, names, zone))),
        };
        let mut lines: Vec<Self> = changes.iter().map(line).collect();
        lines.sort_by_key(|line| line.field);
        lines
    }

    /// `Data e hora: de 05/12/2026 às 10:00 para 05/12/2026 às 11:00`, or `Mensagem alterada`.
    pub fn sentence(&self) -> String {
        match (&self.values, self.field) {
            (Some((before, after)), _) => format!("{}: de {before} para {after}", self.label),
            (None, Field::Message) => "Mensagem alterada".into(),
            (None, Field::Files) => "Arquivos alterados".into(),
            (None, Field::Spacing) => "Voltou a respeitar o intervalo entre agendamentos".into(),
            (None, _) => format!("{} alterado", self.label),
        }
    }
}

fn text(field: Field, value: &Value, names: &Names, zone: Zone) -> String {
    match (field, value) {
        (Field::DueAt, Value::String(at)) => {
            at.parse::<DateTime<Utc>>().map_or_else(|_| at.clone(), |at| zone.date_time(at))
        }
        (Field::Action, Value::String(action)) => {
            action.parse::<Action>().map_or_else(|()| action.clone(), |action| action.label().into())
        }
        (Field::Spacing, is_exempt) => {
            if is_exempt.as_bool() == Some(true) { "não respeitado" } else { "respeitado" }.into()
        }
        (Field::Attendant, Value::Null) => "Fila do departamento".into(),
        (Field::Channel, Value::Null) => "a primeira do contato".into(),
        (_, Value::Null) => "Nenhuma".into(),
        (_, id) => {
            let name = id.as_i64().and_then(|id| names.of(field, id));
            name.map_or_else(|| format!("nº {id}"), str::to_owned)
        }
    }
}
