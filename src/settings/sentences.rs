//! The meaning of the settings in sentences, for their form and for the help page.

use crate::schedules::{Scope, Spacing};

/// The scope of the spacing, as a choice in the form.
pub fn scope_label(scope: Scope) -> &'static str {
    match scope {
        Scope::Platform => "Toda a plataforma",
        Scope::Department => "Mesmo departamento",
        Scope::Attendant => "Mesmo atendente",
        Scope::Contact => "Mesmo contato",
    }
}

/// The explanation below a choice.
pub fn scope_text(scope: Scope) -> &'static str {
    match scope {
        Scope::Platform => "Qualquer agendamento pendente ocupa o horário para todos.",
        Scope::Department => "Departamentos diferentes podem usar o mesmo horário.",
        Scope::Attendant => {
            "Atendentes diferentes podem usar o mesmo horário. A fila conta como um atendente."
        }
        Scope::Contact => "Contatos diferentes podem usar o mesmo horário.",
    }
}

/// The effect of the spacing, with 10:00 as an example.
pub fn spacing_sentence(spacing: Spacing) -> String {
    if spacing.minutes == 0 {
        return "Sem intervalo: vários agendamentos podem usar o mesmo horário.".into();
    }
    let gap = spacing.gap().num_minutes();
    let among = match spacing.scope {
        Scope::Platform => "",
        Scope::Department => ", entre agendamentos do mesmo departamento",
        Scope::Attendant => ", entre agendamentos do mesmo atendente",
        Scope::Contact => ", entre agendamentos do mesmo contato",
    };
    let (before, after) = (clock(600 - gap), clock(600 + gap));
    format!("Perto das 10:00, os horários livres mais próximos são {before} e {after}{among}.")
}

/// Minutes from midnight as a clock time.
fn clock(minutes: i64) -> String {
    let day = if minutes < 0 { " do dia anterior" } else { "" };
    let minutes = minutes.rem_euclid(24 * 60);
    format!("{:02}:{:02}{day}", minutes / 60, minutes % 60)
}

/// `60 minutos`, `1 minuto`, `2 horas`, `1 dia`.
pub fn duration(minutes: i32) -> String {
    let (count, unit) = match minutes {
        m if m >= 2880 && m % 1440 == 0 => (m / 1440, "dia"),
        m if m >= 120 && m % 60 == 0 => (m / 60, "hora"),
        m => (m, "minuto"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(minutes: i32, scope: Scope) -> String {
        spacing_sentence(Spacing { minutes, scope })
    }

    #[test]
    fn the_sentence_says_what_the_spacing_allows() {
        assert_eq!(
            sentence(6, Scope::Platform),
            "Perto das 10:00, os horários livres mais próximos são 09:56 e 10:04."
        );
        assert!(
            sentence(60, Scope::Contact).ends_with("09:29 e 10:31, entre agendamentos do mesmo contato.")
        );
        assert!(sentence(1440, Scope::Platform).ends_with("21:59 do dia anterior e 22:01."));
        assert!(sentence(0, Scope::Platform).starts_with("Sem intervalo"));
    }

    #[test]
    fn durations_read_naturally() {
        let texts = [1, 60, 120, 90, 2880].map(duration);
        assert_eq!(texts, ["1 minuto", "60 minutos", "2 horas", "90 minutos", "2 dias"]);
    }
}
