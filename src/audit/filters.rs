//! Describes the filters of an exported list, with the labels that the filters have on screen.

use std::str::FromStr;

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::Group;
use crate::outbox::DeliveryState;
use crate::schedules::{Action, Status};

/// The filters in the order in which the sentence names them. `until` is the last day, like `to`.
const ORDER: [&str; 12] = [
    "q",
    "status",
    "action",
    "delivery",
    "department_id",
    "attendant_id",
    "created_by",
    "actor",
    "group",
    "from",
    "to",
    "until",
];

/// `filtros: situação Erro, departamento nº 3, de 01/12/2026 até 05/12/2026`.
pub fn sentence(filters: &Map<String, Value>) -> String {
    let known = ORDER.iter().filter_map(|name| filters.get_key_value(*name));
    let others = filters.iter().filter(|(name, _)| !ORDER.contains(&name.as_str()));
    let mut words = String::new();
    for (name, value) in known.chain(others) {
        let is_end = matches!(name.as_str(), "to" | "until") && filters.contains_key("from");
        words += if words.is_empty() {
            ""
        } else if is_end {
            " "
        } else {
            ", "
        };
        words += &one(name, value);
    }
    if words.is_empty() { "sem filtros".into() } else { format!("filtros: {words}") }
}

fn one(name: &str, value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    match name {
        "q" => "palavras buscadas".into(),
        "status" => format!("situação {}", word(text, Status::label)),
        "action" => format!("ação {}", word(text, Action::short_label)),
        "delivery" => format!("mensagem {}", word(text, DeliveryState::label).to_lowercase()),
        "group" => format!("assunto {}", word(text, Group::label)),
        "department_id" => format!("departamento nº {text}"),
        "attendant_id" if text == "queue" => "fila do departamento".into(),
        "attendant_id" => format!("atendente nº {text}"),
        "created_by" => format!("criado pelo atendente nº {text}"),
        "actor" if text == "none" => "feito pela plataforma ou por contatos".into(),
        "actor" => format!("feito pelo atendente nº {text}"),
        "from" => format!("de {}", day(text)),
        "to" | "until" => format!("até {}", day(text)),
        _ => name.to_owned(),
    }
}

/// The value's label. A value without a label is shown as stored.
fn word<T: FromStr>(text: &str, label: fn(T) -> &'static str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), |value| label(value).to_owned())
}

fn day(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), |day: NaiveDate| day.format("%d/%m/%Y").to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn filters_read_in_the_words_of_the_lists() {
        let read = |value: Value| sentence(value.as_object().unwrap());
        assert_eq!(read(json!({})), "sem filtros");
        let list = json!({ "status": "failed", "q": true, "from": "2026-12-01", "to": "2026-12-05" });
        assert_eq!(read(list), "filtros: palavras buscadas, situação Erro, de 01/12/2026 até 05/12/2026");
        assert_eq!(read(json!({ "actor": "none" })), "filtros: feito pela plataforma ou por contatos");
        assert_eq!(
            read(json!({ "q": true, "to": "2026-12-05" })),
            "filtros: palavras buscadas, até 05/12/2026"
        );
    }
}
