//! The form of the settings.

use serde_json::{Value, json};

use super::{sentences, zone_label};
use crate::clock::Zone;
use crate::refusal::{FieldErrors, Snapshot};
use crate::schedules::{Scope, Spacing};
use crate::text::has_control_characters;
use crate::web::Fields;

/// Maximum characters of a company's name.
pub const COMPANY_NAME_LIMIT: usize = 80;

/// Maximum spacing in minutes: a day.
pub const MAX_SPACING_MINUTES: i32 = 1440;

/// Maximum tolerance in minutes: a week.
pub const MAX_TOLERANCE_MINUTES: i32 = 10_080;

/// The company's saved settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub company_name: String,
    pub zone: Zone,
    pub spacing: Spacing,
    pub late_tolerance_minutes: i32,
}

/// The fields as typed.
#[derive(Clone, Debug, Default)]
pub struct SettingsInput {
    pub version: String,
    pub company_name: String,
    pub time_zone: String,
    pub spacing_minutes: String,
    pub spacing_scope: String,
    pub late_tolerance_minutes: String,
    /// The number of schedules that, according to the confirmation page, would not fit; empty before it was shown.
    pub confirmed: String,
}

impl SettingsInput {
    pub fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            version: text("version"),
            company_name: text("company_name"),
            time_zone: text("time_zone"),
            spacing_minutes: text("spacing_minutes"),
            spacing_scope: text("spacing_scope"),
            late_tolerance_minutes: text("late_tolerance_minutes"),
            confirmed: text("confirmed"),
        }
    }

    /// The form with the saved values.
    pub fn of(settings: &Settings) -> Self {
        Self {
            version: settings.snapshot().version(),
            company_name: settings.company_name.clone(),
            time_zone: settings.zone.name().into(),
            spacing_minutes: settings.spacing.minutes.to_string(),
            spacing_scope: settings.spacing.scope.as_str().into(),
            late_tolerance_minutes: settings.late_tolerance_minutes.to_string(),
            confirmed: String::new(),
        }
    }

    pub fn parse(&self) -> Result<Settings, FieldErrors> {
        let mut errors = FieldErrors::default();
        if let Some(message) = company_name_error(&self.company_name) {
            errors.add("company_name", message);
        }
        let zone = Zone::find(&self.time_zone);
        if zone.is_none() {
            errors.add("time_zone", "Selecione o fuso horário.");
        }
        let minutes = parse_minutes(&self.spacing_minutes, MAX_SPACING_MINUTES);
        if minutes.is_none() {
            errors.add("spacing_minutes", "Informe de 0 a 1.440 minutos.");
        }
        let scope = self.spacing_scope.parse::<Scope>().ok();
        if scope.is_none() {
            errors.add("spacing_scope", "Escolha entre quais agendamentos o intervalo conta.");
        }
        let late = parse_minutes(&self.late_tolerance_minutes, MAX_TOLERANCE_MINUTES);
        if late.is_none() {
            errors.add("late_tolerance_minutes", "Informe de 0 a 10.080 minutos.");
        }
        match (zone, minutes.zip(scope), late, errors.is_empty()) {
            (Some(zone), Some((minutes, scope)), Some(late), true) => Ok(Settings {
                company_name: self.company_name.trim().to_owned(),
                zone,
                spacing: Spacing { minutes, scope },
                late_tolerance_minutes: late,
            }),
            _ => Err(errors),
        }
    }

    /// The spacing alone, for the sentence that explains it.
    pub fn spacing(&self) -> Option<Spacing> {
        let minutes = parse_minutes(&self.spacing_minutes, MAX_SPACING_MINUTES)?;
        Some(Spacing { minutes, scope: self.spacing_scope.parse().ok()? })
    }

    /// Whether the user confirmed that `unspaced` schedules will not fit.
    pub fn confirms(&self, unspaced: usize) -> bool {
        self.confirmed.parse().is_ok_and(|confirmed: usize| unspaced <= confirmed)
    }
}

/// The error in a company's name, if any.
pub fn company_name_error(input: &str) -> Option<&'static str> {
    let name = input.trim();
    if name.is_empty() || has_control_characters(name) {
        return Some("Informe o nome da empresa.");
    }
    (name.chars().count() > COMPANY_NAME_LIMIT).then_some("Use até 80 caracteres.")
}

fn parse_minutes(input: &str, max: i32) -> Option<i32> {
    input.trim().parse().ok().filter(|minutes| (0..=max).contains(minutes))
}

impl Settings {
    /// The fields of the form: name, label, and value as people read it.
    fn fields(&self) -> [(&'static str, &'static str, String); 5] {
        let minutes = |minutes: i32| format!("{minutes} min");
        let scope = sentences::scope_label(self.spacing.scope).to_owned();
        [
            ("company_name", "Nome da empresa", self.company_name.clone()),
            ("time_zone", "Fuso horário", zone_label(self.zone.name())),
            ("spacing_minutes", "Intervalo", minutes(self.spacing.minutes)),
            ("spacing_scope", "Onde o intervalo conta", scope),
            ("late_tolerance_minutes", "Tolerância de atraso", minutes(self.late_tolerance_minutes)),
        ]
    }

    /// A typed value as people read it.
    pub fn shown(field: &str, value: &str) -> Option<String> {
        match field {
            "time_zone" => Some(zone_label(value)),
            "spacing_scope" => value.parse().ok().map(|scope| sentences::scope_label(scope).to_owned()),
            "spacing_minutes" | "late_tolerance_minutes" => Some(format!("{value} min")),
            _ => None,
        }
    }

    /// The settings in the words of their form.
    pub fn snapshot(&self) -> Snapshot {
        let Self { company_name, zone, spacing, late_tolerance_minutes } = self;
        let values = [
            company_name.clone(),
            zone.name().into(),
            spacing.minutes.to_string(),
            spacing.scope.as_str().into(),
            late_tolerance_minutes.to_string(),
        ];
        snapshot_of(&self.fields(), values)
    }

    /// The changes from `self` to `other`, for the audit.
    pub fn audited(&self, other: &Self) -> Value {
        changes_of(&self.fields(), &other.fields())
    }
}

/// A snapshot of a form's fields: name, label, and value as people read it; and the values as the form sends them.
pub fn snapshot_of<const N: usize>(
    fields: &[(&'static str, &'static str, String); N],
    values: [String; N],
) -> Snapshot {
    let pairs = fields.iter().zip(values);
    pairs
        .fold(Snapshot::default(), |all, ((name, label, shown), value)| all.choice(name, label, value, shown))
}

/// The changes between two versions of the same fields, for the audit.
pub fn changes_of(before: &[(&str, &'static str, String)], after: &[(&str, &'static str, String)]) -> Value {
    let pairs = before.iter().zip(after).filter(|(before, after)| before != after);
    let kept = pairs.map(|((field, _, before), (_, _, after))| {
        ((*field).to_owned(), json!({ "before": before, "after": after }))
    });
    Value::Object(kept.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> SettingsInput {
        SettingsInput {
            company_name: " Loja ".into(),
            time_zone: "America/Manaus".into(),
            spacing_minutes: "6".into(),
            spacing_scope: "contact".into(),
            late_tolerance_minutes: "60".into(),
            ..SettingsInput::default()
        }
    }

    #[test]
    fn a_valid_form_becomes_settings() {
        let settings = input().parse().unwrap();
        assert_eq!((settings.company_name.as_str(), settings.zone.name()), ("Loja", "America/Manaus"));
        assert_eq!(settings.spacing, Spacing { minutes: 6, scope: Scope::Contact });
    }

    #[test]
    fn every_wrong_field_is_reported() {
        let bad = SettingsInput {
            spacing_minutes: "1441".into(),
            late_tolerance_minutes: "-1".into(),
            time_zone: "Marte/Base".into(),
            ..SettingsInput::default()
        };
        let errors = bad.parse().unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
        let all = ["company_name", "time_zone", "spacing_minutes", "spacing_scope", "late_tolerance_minutes"];
        assert_eq!(fields, all);
    }

    #[test]
    fn the_audit_keeps_only_what_differs() {
        let before = input().parse().unwrap();
        let after = SettingsInput { spacing_minutes: "10".into(), ..input() }.parse().unwrap();
        let expected = json!({ "spacing_minutes": { "before": "6 min", "after": "10 min" } });
        assert_eq!(before.audited(&after), expected);
    }
}
