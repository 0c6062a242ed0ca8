//! Formats the details of an audit entry as Portuguese text, with the labels that the forms use.

use serde_json::Value;

use super::filters;
use crate::roles;

/// The changed fields and the counts of an entry, as one line of text.
pub fn detail(details: &Value) -> String {
    let Some(details) = details.as_object() else { return String::new() };
    let mut parts = Vec::new();
    for (key, value) in details {
        match (key.as_str(), value) {
            ("fields", Value::Array(fields)) => {
                parts.extend(fields.iter().filter_map(Value::as_str).map(field_label));
            }
            ("reason", Value::String(reason)) => parts.push(reason_label(reason)),
            ("unspaced_schedules", count) if count == 1 => {
                parts.push("1 agendamento fora do intervalo".into())
            }
            ("unspaced_schedules", count) => parts.push(format!("{count} agendamentos fora do intervalo")),
            ("times", count) if count == 1 => parts.push("1 vez".into()),
            ("times", count) => parts.push(format!("{count} vezes")),
            ("route", Value::String(route)) => parts.push(route.clone()),
            ("filters", Value::Object(filters)) => parts.push(filters::sentence(filters)),
            ("before" | "after", Value::Array(_)) | ("contact_id" | "ticket_id", _) => {}
            (field, Value::Object(change)) => {
                let text = |key: &str| change.get(key).and_then(Value::as_str).unwrap_or_default();
                let (before, after) = (text("before"), text("after"));
                parts.push(format!("{}: de “{before}” para “{after}”", field_label(field)));
            }
            _ => {}
        }
    }
    parts.extend(switched(details.get("before"), details.get("after")));
    parts.join("; ")
}

/// The permissions of a role that were switched on or off.
fn switched(before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
    let names = |value: Option<&Value>| -> Vec<String> {
        let list = value.and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (before, after) = (names(before), names(after));
    let on = after
        .iter()
        .filter(|name| !before.contains(name))
        .map(|name| format!("ligou {}", permission_label(name)));
    let off = before
        .iter()
        .filter(|name| !after.contains(name))
        .map(|name| format!("desligou {}", permission_label(name)));
    on.chain(off).collect()
}

/// The permission's label. A permission that no longer exists is shown as stored.
fn permission_label(name: &str) -> &str {
    name.parse().map_or(name, |permission| roles::label(permission))
}

/// The field's label. A field without a label here is shown as stored.
fn field_label(field: &str) -> String {
    let label = match field {
        "name" => "nome",
        "public_name" => "nome para os clientes",
        "colour" => "cor",
        "greeting" => "saudação",
        "department_id" => "departamento",
        "attendant_id" => "atendente",
        "contact_id" => "contato",
        "channel_id" => "conexão",
        "person_id" => "pessoa",
        "action" => "ação",
        "due_at" => "data e hora",
        "message" => "mensagem",
        "comment" => "comentário",
        "files" => "arquivos",
        "email" => "e-mail",
        "phone" => "telefone",
        "channel" => "conexão",
        "person" => "pessoa",
        "department" => "departamento padrão",
        "attendant" => "atendente padrão",
        "contacts" => "contatos",
        "role_id" => "cargo",
        "department_ids" => "departamentos",
        "theme" => "tema",
        "plays_sound" => "som",
        "shows_browser_notices" => "avisos do navegador",
        "description" => "descrição",
        "company_name" => "nome da empresa",
        "logo" => "logotipo",
        "time_zone" => "fuso horário",
        "spacing_minutes" => "intervalo",
        "spacing_scope" => "onde o intervalo conta",
        "late_tolerance_minutes" => "tolerância de atraso",
        "notification_days" => "retenção das notificações",
        "audit_months" => "retenção da auditoria",
        "history_months" => "retenção do histórico dos agendamentos",
        "address" => "e-mail do remetente",
        "smtp_host" => "servidor SMTP",
        "smtp_port" => "porta do SMTP",
        "smtp_security" => "segurança do SMTP",
        "sign_in" => "como entrar",
        "user" => "usuário",
        "password" => "senha alterada",
        "token_url" => "endereço dos tokens",
        "client_id" => "ID do aplicativo",
        "client_secret" => "segredo do aplicativo alterado",
        "refresh_token" => "refresh token alterado",
        "scope" => "escopo",
        "imap_host" => "servidor IMAP",
        "imap_port" => "porta do IMAP",
        "imap_security" => "segurança do IMAP",
        "url" => "endereço",
        "secret" => "novo segredo",
        "previous_secret" => "segredo anterior removido",
        "spacing_exempt" => "respeito ao intervalo",
        field => field,
    };
    label.to_owned()
}

fn reason_label(reason: &str) -> String {
    let label = match reason {
        "ticket_open" => "chamado aberto",
        "expired" => "atraso acima da tolerância",
        "contact_inactive" => "contato sem conexão ativa",
        "department_inactive" => "departamento desativado",
        "internal" => "recusado pelo banco de dados",
        reason => reason,
    };
    label.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_field_of_a_schedule_has_a_name() {
        for field in crate::schedules::Field::ALL {
            assert_ne!(field_label(field.as_str()), field.as_str());
        }
    }

    #[test]
    fn details_read_in_the_words_of_the_forms() {
        let change = json!({ "spacing_minutes": { "before": "6 min", "after": "10 min" } });
        assert_eq!(detail(&change), "intervalo: de “6 min” para “10 min”");
        let switches = json!({ "before": ["tickets"], "after": ["schedules"] });
        assert_eq!(detail(&switches), "ligou Habilitar agendamento; desligou Atender chamados");
        assert_eq!(detail(&json!({ "fields": ["greeting", "colour"] })), "saudação; cor");
        let contact =
            json!({ "fields": ["phone", "channel", "person", "department", "attendant", "contacts"] });
        let expected = "telefone; conexão; pessoa; departamento padrão; atendente padrão; contatos";
        assert_eq!(detail(&contact), expected);
        assert_eq!(detail(&json!({ "contact_id": 601 })), "");
    }
}
