//! Finished data for the templates of the settings.

use std::collections::HashMap;

use askama::Template;

use super::form::{Settings, SettingsInput};
use super::moved_clocks::MovedSchedules;
use super::queries::{COUNT_LIMIT, NamedSchedule, Unspaced};
use super::update::Effect;
use super::{ZoneGroup, sentences, zone_groups, zone_label};
use crate::auth::Account;
use crate::db::PageOf;
use crate::files::ContentHash;
use crate::ids::ScheduleId;
use crate::refusal::FieldErrors;
use crate::schedules::{Scope, Spacing};
use crate::text::thousands;
use crate::web::{RefusedForm, StaleNotice};

#[derive(Template)]
#[template(path = "settings/edit.html")]
pub struct Edit {
    input: SettingsInput,
    zones: Vec<ZoneGroup>,
    sentence: Sentence,
    errors: FieldErrors,
    stale: Option<StaleNotice>,
    unspaced: Option<String>,
    logo: Option<String>,
}

impl Edit {
    pub fn new(current: &Settings, logo: Option<ContentHash>, unspaced: i64) -> Self {
        Self {
            logo: logo.map(super::logo::path),
            input: SettingsInput::of(current),
            zones: zone_groups(current.zone.name()),
            sentence: Sentence::of(Some(current.spacing)),
            errors: FieldErrors::default(),
            stale: None,
            unspaced: (unspaced > 0).then(|| capped_count(unspaced as usize, unspaced > COUNT_LIMIT)),
        }
    }

    pub fn with_typed(mut self, input: SettingsInput) -> Self {
        self.sentence = Sentence::of(input.spacing());
        self.input = input;
        self
    }

    /// The form with the errors of another form on the page, such as the logo's.
    pub fn with_errors(self, errors: FieldErrors) -> Self {
        Self { errors, ..self }
    }

    pub fn refused(self, refused: RefusedForm) -> Self {
        let page = self.with_typed(SettingsInput::read(&refused.form));
        let (errors, stale) = refused.shown(Settings::shown);
        Self { errors, stale, ..page }
    }

    fn scopes(&self) -> Vec<ScopeChoice> {
        let choice = |scope: &Scope| ScopeChoice {
            value: scope.as_str(),
            label: sentences::scope_label(*scope),
            text: sentences::scope_text(*scope),
            is_chosen: self.input.spacing_scope == scope.as_str(),
        };
        Scope::ALL.iter().map(choice).collect()
    }
}

struct ScopeChoice {
    value: &'static str,
    label: &'static str,
    text: &'static str,
    is_chosen: bool,
}

/// The sentence that explains the spacing.
#[derive(Template)]
#[template(path = "settings/_sentence.html")]
pub struct Sentence {
    text: String,
}

impl Sentence {
    pub fn of(spacing: Option<Spacing>) -> Self {
        let none = || "Informe de 0 a 1.440 minutos para ver os horários livres.".to_owned();
        Self { text: spacing.map_or_else(none, sentences::spacing_sentence) }
    }
}

/// Asks for confirmation before pending schedules are affected.
#[derive(Template)]
#[template(path = "settings/confirmation.html")]
pub struct Confirmation {
    input: SettingsInput,
    newly_unspaced: usize,
    sentences: Vec<String>,
    first: Vec<Example>,
    /// "e mais 3", if not all are shown.
    others: Option<String>,
}

struct Example {
    id: ScheduleId,
    contact: Option<String>,
    due: String,
}

impl Confirmation {
    pub fn new(viewer: &Account, input: SettingsInput, effect: &Effect) -> Self {
        let mut sentences = Vec::new();
        match effect.newly_unspaced {
            0 => {}
            1 => sentences.push(
                "1 agendamento pendente deixará de caber no novo intervalo. Ele continua marcado para a mesma data e aparece na lista de agendamentos fora do intervalo.".into(),
            ),
            n => sentences.push(format!(
                "{} agendamentos pendentes deixarão de caber no novo intervalo. Eles continuam marcados para as mesmas datas e aparecem na lista de agendamentos fora do intervalo.",
                thousands(n)
            )),
        }
        match effect.fitting_again {
            0 => {}
            1 => sentences.push("1 agendamento que estava fora do intervalo volta a caber.".into()),
            n => sentences
                .push(format!("{} agendamentos que estavam fora do intervalo voltam a caber.", thousands(n))),
        }
        if effect.moved > 0 {
            let count = capped_count(effect.moved, effect.has_more_moved);
            let (who, show) = match (effect.moved, effect.has_more_moved) {
                (1, false) => ("agendamento pendente", "mostrará"),
                _ => ("agendamentos pendentes", "mostrarão"),
            };
            sentences.push(format!(
                "{count} {who} {show} outro horário com o novo fuso. O momento do disparo não muda."
            ));
        }
        let example = |row: &NamedSchedule| Example {
            id: row.id,
            contact: viewer.can_schedule().then(|| row.contact.clone()),
            due: viewer.zone.date_time(row.due_at),
        };
        let others = effect.newly_unspaced.saturating_sub(effect.first.len());
        Self {
            input,
            newly_unspaced: effect.newly_unspaced,
            sentences,
            first: effect.first.iter().map(example).collect(),
            others: (others > 0).then(|| format!("e mais {}", thousands(others))),
        }
    }
}

/// `12`, or `mais de 1.000`.
fn capped_count(count: usize, has_more: bool) -> String {
    if has_more {
        format!("mais de {}", thousands(count.min(COUNT_LIMIT as usize)))
    } else {
        thousands(count)
    }
}

struct Line {
    id: ScheduleId,
    contact: Option<String>,
    /// Below the contact.
    sub: String,
    due: String,
    /// What is special about the time.
    detail: String,
    /// Below the detail.
    detail_sub: String,
}

#[derive(Template)]
#[template(path = "settings/unspaced_schedules.html")]
pub struct UnspacedSchedules {
    sentence: String,
    lines: Vec<Line>,
    is_later_page: bool,
    next: Option<String>,
}

impl UnspacedSchedules {
    pub fn new(viewer: &Account, spacing: Spacing, page: PageOf<Unspaced>) -> Self {
        let line = |row: Unspaced| Line {
            id: row.id,
            contact: viewer.can_schedule().then_some(row.contact),
            due: viewer.zone.date_time(row.due_at),
            detail: match row.near_id.zip(row.near_due_at) {
                Some((id, due)) => format!("nº {id}, {}", viewer.zone.date_time(due)),
                None => "Nenhum agora".into(),
            },
            sub: format!(
                "{} · {}",
                row.department,
                row.attendant.as_deref().unwrap_or("Fila do departamento")
            ),
            detail_sub: String::new(),
        };
        Self {
            sentence: sentences::spacing_sentence(spacing),
            is_later_page: page.before.is_some(),
            next: page.after.map(|cursor| format!("/settings/unspaced-schedules?after={cursor}")),
            lines: page.rows.into_iter().map(line).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "settings/moved_clocks.html")]
pub struct MovedClocks {
    zone: String,
    lines: Vec<Line>,
    is_later_page: bool,
    next: Option<String>,
    /// The date up to which schedules were examined, if there are more.
    looked_until: Option<String>,
}

impl MovedClocks {
    pub fn new(
        viewer: &Account,
        is_later_page: bool,
        moved: MovedSchedules,
        mut names: HashMap<ScheduleId, String>,
    ) -> Self {
        let zone = viewer.zone;
        Self {
            zone: zone_label(zone.name()),
            is_later_page,
            looked_until: moved.end().map(|at| zone.date(at)),
            next: moved.next.map(|cursor| format!("/settings/moved-clocks?after={cursor}")),
            lines: moved
                .rows
                .into_iter()
                .map(|row| {
                    let contact = names.remove(&row.id).filter(|_| viewer.can_schedule());
                    Line {
                        id: row.id,
                        sub: contact.as_ref().map(|_| format!("nº {}", row.id)).unwrap_or_default(),
                        contact,
                        due: zone.date_time(row.due_at),
                        detail: row.due_local.format("%d/%m/%Y às %H:%M").to_string(),
                        detail_sub: zone_label(&row.due_zone),
                    }
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capped_count_says_so() {
        assert_eq!(capped_count(1001, true), "mais de 1.000");
    }
}
