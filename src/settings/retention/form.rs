//! The form of the retention settings.

use std::ops::RangeInclusive;

use diesel::prelude::*;
use serde_json::Value;

use crate::refusal::{FieldErrors, Snapshot};
use crate::schema::retention;
use crate::settings::{changes_of, snapshot_of};
use crate::web::Fields;

/// Allowed values, as in the database's CHECKs.
const NOTIFICATION_DAYS: RangeInclusive<i32> = 7..=3650;
const AUDIT_MONTHS: RangeInclusive<i32> = 12..=240;
const HISTORY_MONTHS: RangeInclusive<i32> = 12..=240;

/// The saved retention settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = retention)]
pub struct Retention {
    pub notification_days: i32,
    pub audit_months: i32,
    pub history_months: i32,
}

/// The fields as typed.
#[derive(Clone, Debug, Default)]
pub struct RetentionInput {
    pub version: String,
    pub notification_days: String,
    pub audit_months: String,
    pub history_months: String,
    /// Whether the user confirmed that a shorter period deletes older data.
    pub is_confirmed: bool,
}

impl RetentionInput {
    pub fn read(fields: &Fields) -> Self {
        let text = |name: &str| fields.get(name).to_owned();
        Self {
            version: text("version"),
            notification_days: text("notification_days"),
            audit_months: text("audit_months"),
            history_months: text("history_months"),
            is_confirmed: !fields.get("understood").is_empty(),
        }
    }

    /// The form with the saved values.
    pub fn of(retention: &Retention) -> Self {
        Self {
            version: retention.snapshot().version(),
            notification_days: retention.notification_days.to_string(),
            audit_months: retention.audit_months.to_string(),
            history_months: retention.history_months.to_string(),
            is_confirmed: false,
        }
    }

    pub fn parse(&self) -> Result<Retention, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut whole_number = |name, input: &str, range: RangeInclusive<i32>, of: &str, limits| {
            let number = input.trim().parse().ok().filter(|number| range.contains(number));
            if number.is_none() {
                let (below, above) = (format!("Informe de {limits}."), format!("{of}: informe de {limits}."));
                errors.add_with_summary(name, &below, &above);
            }
            number.unwrap_or_default()
        };
        let (days, months) = ("7 a 3.650 dias", "12 a 240 meses");
        let Self { notification_days, audit_months, history_months, .. } = self;
        let retention = Retention {
            notification_days: whole_number(
                "notification_days",
                notification_days,
                NOTIFICATION_DAYS,
                "Notificações",
                days,
            ),
            audit_months: whole_number("audit_months", audit_months, AUDIT_MONTHS, "Auditoria", months),
            history_months: whole_number(
                "history_months",
                history_months,
                HISTORY_MONTHS,
                "Histórico",
                months,
            ),
        };
        if errors.is_empty() { Ok(retention) } else { Err(errors) }
    }

    /// # Errors
    /// `wanted` deletes data that `before` kept, and the user did not confirm it.
    pub fn ensure_confirmed(&self, wanted: &Retention, before: &Retention) -> Result<(), FieldErrors> {
        if self.is_confirmed || !wanted.keeps_less_than(before) {
            return Ok(());
        }
        let mut errors = FieldErrors::default();
        errors.add("understood", "Marque que o que já passou do novo prazo pode ser apagado.");
        Err(errors)
    }
}

impl Retention {
    /// The fields of the form: name, label, and value as people read it.
    fn fields(&self) -> [(&'static str, &'static str, String); 3] {
        [
            ("notification_days", "Notificações", format!("{} dias", self.notification_days)),
            ("audit_months", "Auditoria", format!("{} meses", self.audit_months)),
            ("history_months", "Histórico dos agendamentos", format!("{} meses", self.history_months)),
        ]
    }

    fn keeps_less_than(&self, other: &Self) -> bool {
        self.notification_days < other.notification_days
            || self.audit_months < other.audit_months
            || self.history_months < other.history_months
    }

    /// A typed value as people read it.
    pub fn shown(field: &str, value: &str) -> Option<String> {
        let unit = if field == "notification_days" { "dias" } else { "meses" };
        Some(format!("{value} {unit}"))
    }

    /// The retention settings in the words of their form.
    pub fn snapshot(&self) -> Snapshot {
        let values = [self.notification_days, self.audit_months, self.history_months];
        snapshot_of(&self.fields(), values.map(|value| value.to_string()))
    }

    /// The changes from `self` to `other`, for the audit.
    pub fn audited(&self, other: &Self) -> Value {
        changes_of(&self.fields(), &other.fields())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(days: &str, audit: &str, history: &str) -> RetentionInput {
        RetentionInput {
            notification_days: days.into(),
            audit_months: audit.into(),
            history_months: history.into(),
            ..RetentionInput::default()
        }
    }

    #[test]
    fn a_valid_form_becomes_a_retention() {
        let retention = input(" 90 ", "24", "240").parse().unwrap();
        assert_eq!(retention, Retention { notification_days: 90, audit_months: 24, history_months: 240 });
    }

    #[test]
    fn a_shorter_retention_needs_confirmation() {
        let of = |days, audit, history| input(days, audit, history).parse().unwrap();
        let before = of("180", "60", "60");
        for shorter in [of("179", "60", "60"), of("3650", "59", "240"), of("180", "60", "12")] {
            let mut input = RetentionInput::of(&shorter);
            assert_eq!(input.ensure_confirmed(&shorter, &before).unwrap_err().iter().count(), 1);
            input.is_confirmed = true;
            assert!(input.ensure_confirmed(&shorter, &before).is_ok());
        }
        let longer = of("181", "60", "61");
        assert!(RetentionInput::of(&longer).ensure_confirmed(&longer, &before).is_ok());
    }

    #[test]
    fn every_wrong_field_is_reported() {
        for (days, months) in [("6", "11"), ("3651", "241"), ("", "x"), ("-7", "1e2"), ("7.5", "12.0")] {
            let errors = input(days, months, months).parse().unwrap_err();
            let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
            assert_eq!(fields, ["notification_days", "audit_months", "history_months"], "{days} {months}");
        }
    }
}
