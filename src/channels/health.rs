//! How a channel that hands messages over is doing, in words.

use super::queries::{COUNT_LIMIT, StateRow};
use crate::channels::ChannelKind;
use crate::clock::Zone;
use crate::text::thousands;

/// What the pages show of a channel's state.
#[derive(Clone, Debug)]
pub struct Health {
    pub state: HealthState,
    /// Why, and since when. Empty if all is well.
    pub sentences: Vec<String>,
    pub facts: Vec<Fact>,
    pub is_paused: bool,
    /// For the list: what waits for its turn, and what waits for a person.
    pub counts: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthState {
    Working,
    /// Nothing was sent or received yet.
    Unused,
    Failing,
    Paused,
}

/// A line of the page.
#[derive(Clone, Debug)]
pub struct Fact {
    pub label: &'static str,
    pub value: String,
}

impl HealthState {
    fn of(row: &StateRow) -> Self {
        match row {
            StateRow { paused_at: Some(_), .. } => Self::Paused,
            StateRow { failing_since: Some(_), .. } | StateRow { receiving_failing_since: Some(_), .. } => {
                Self::Failing
            }
            StateRow { last_success_at: None, .. } => Self::Unused,
            _ => Self::Working,
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Working => "Funcionando",
            Self::Unused => "Sem envio ainda",
            Self::Failing => "Com problema",
            Self::Paused => "Pausada",
        }
    }

    pub fn class(self) -> &'static str {
        match self {
            Self::Working => "st-done",
            Self::Unused => "",
            Self::Failing => "st-error",
            Self::Paused => "st-queue",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Working => "circle-check",
            Self::Unused => "clock",
            Self::Failing => "alert-circle",
            Self::Paused => "clock-pause",
        }
    }
}

impl Health {
    pub fn new(row: &StateRow, zone: Zone) -> Self {
        let state = HealthState::of(row);
        Self {
            state,
            sentences: sentences(row, zone),
            facts: facts(row, zone),
            is_paused: row.paused_at.is_some(),
            counts: counts(row),
        }
    }
}

fn sentences(row: &StateRow, zone: Zone) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(at) = row.paused_at {
        let who = row.paused_by.as_deref().map_or_else(String::new, |name| format!(" por {name}"));
        sentences.push(format!("Envio pausado{who}, {}. A fila fica guardada.", zone.date_time(at)));
    }
    if let Some(since) = row.failing_since {
        sentences.push(format!("Não funciona desde {}.", zone.date_time(since)));
        if !row.last_error.is_empty() {
            sentences.push(format!("Último erro: {}", row.last_error));
        }
    }
    if let Some(since) = row.receiving_failing_since {
        sentences.push(format!("Não busca mensagens desde {}.", zone.date_time(since)));
        sentences.push(format!("Último erro da busca: {}", row.receiving_error));
    }
    sentences
}

fn facts(row: &StateRow, zone: Zone) -> Vec<Fact> {
    let fact = |label, value: String| Fact { label, value };
    let mut facts = vec![
        fact(
            "Último envio que funcionou",
            row.last_success_at.map_or("Nenhum ainda".into(), |at| zone.date_time(at)),
        ),
        fact("Na fila", count(row.queued)),
    ];
    if let Some(at) = row.oldest_queued_at {
        facts.push(fact("Na fila desde", zone.date_time(at)));
    }
    if let Some(at) = next_attempt(row) {
        facts.push(fact("Próxima tentativa", at.map_or("Agora".into(), |at| zone.date_time(at))));
    }
    // While the channel fails, a sentence says it.
    if let Some(at) = row.last_error_at.filter(|_| row.failing_since.is_none()) {
        facts.push(fact("Último erro", format!("{}: {}", zone.date_time(at), row.last_error)));
    }
    facts.push(fact("Falharam", count(row.failed)));
    facts.push(fact("Incertas", count(row.uncertain)));
    if let Some(at) = row.last_received_at {
        // Only mail is fetched; the others tell when a message came in.
        let label = match row.kind {
            ChannelKind::Email => "Última busca de mensagens",
            _ => "Última mensagem recebida",
        };
        facts.push(fact(label, zone.date_time(at)));
    }
    facts
}

/// When the next message is tried; the inner `None` means at once. `None` if nothing is tried by itself.
fn next_attempt(row: &StateRow) -> Option<Option<chrono::DateTime<chrono::Utc>>> {
    let due = row.next_attempt_at.filter(|_| row.paused_at.is_none())?;
    let at = row.broken_until.map_or(due, |until| until.max(due));
    Some((at > row.now).then_some(at))
}

fn counts(row: &StateRow) -> Vec<String> {
    let some = |number: i64, text: String| (number > 0).then_some(text);
    [
        some(row.queued, format!("{} na fila", count(row.queued))),
        some(row.failed, format!("{} com falha", count(row.failed))),
        some(
            row.uncertain,
            match row.uncertain {
                1 => "1 incerta".into(),
                n => format!("{} incertas", count(n)),
            },
        ),
        some(
            row.unread,
            match row.unread {
                1 => "1 recebida com problema".into(),
                n => format!("{} recebidas com problema", count(n)),
            },
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn count(number: i64) -> String {
    if number > COUNT_LIMIT { "Mais de 1.000".into() } else { thousands(number) }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::ids::ChannelId;

    fn row() -> StateRow {
        StateRow {
            channel_id: ChannelId(1),
            kind: ChannelKind::Webhook,
            now: DateTime::UNIX_EPOCH,
            paused_at: None,
            paused_by: None,
            failing_since: None,
            broken_until: None,
            last_success_at: None,
            last_error_at: None,
            last_error: String::new(),
            last_received_at: None,
            receiving_failing_since: None,
            receiving_error: String::new(),
            queued: 0,
            oldest_queued_at: None,
            next_attempt_at: None,
            failed: 0,
            uncertain: 0,
            unread: 0,
        }
    }

    fn at(seconds: i64) -> Option<DateTime<Utc>> {
        Some(DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds))
    }

    #[test]
    fn a_pause_is_shown_before_a_problem() {
        assert_eq!(HealthState::of(&row()), HealthState::Unused);
        assert_eq!(HealthState::of(&StateRow { last_success_at: at(1), ..row() }), HealthState::Working);
        let failing = StateRow { failing_since: at(2), last_success_at: at(1), ..row() };
        assert_eq!(HealthState::of(&failing), HealthState::Failing);
        assert_eq!(HealthState::of(&StateRow { paused_at: at(3), ..failing }), HealthState::Paused);
        let deaf = StateRow { receiving_failing_since: at(2), last_success_at: at(1), ..row() };
        assert_eq!(HealthState::of(&deaf), HealthState::Failing);
    }

    #[test]
    fn a_working_channel_shows_its_last_error_and_what_came_in() {
        let zone = Zone::named("America/Sao_Paulo");
        let labels = |row: &StateRow| facts(row, zone).iter().map(|fact| fact.label).collect::<Vec<_>>();
        let row = StateRow { last_received_at: at(2), last_error_at: at(1), ..row() };
        assert!(labels(&row).contains(&"Última mensagem recebida") && labels(&row).contains(&"Último erro"));
        let mail = StateRow { kind: ChannelKind::Email, failing_since: at(1), ..row };
        assert!(
            labels(&mail).contains(&"Última busca de mensagens") && !labels(&mail).contains(&"Último erro")
        );
    }

    #[test]
    fn the_next_attempt_waits_for_the_pause_after_failures() {
        assert_eq!(next_attempt(&row()), None);
        let queued = StateRow { queued: 1, next_attempt_at: at(-1), ..row() };
        assert_eq!(next_attempt(&queued), Some(None));
        assert_eq!(next_attempt(&StateRow { broken_until: at(30), ..queued.clone() }), Some(at(30)));
        assert_eq!(next_attempt(&StateRow { paused_at: at(0), ..queued }), None);
    }
}
