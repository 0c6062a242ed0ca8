//! Schedules and tickets as these pages show them.

use chrono::{DateTime, Utc};

use crate::auth::{Permission, Viewer};
use crate::departures::queries::{InHand, OpenTicket};
use crate::ids::ScheduleId;

/// A schedule or ticket, with a name and a link if the viewer may see them.
pub struct Shown {
    pub href: Option<String>,
    pub text: String,
}

impl Shown {
    pub fn schedule(viewer: &Viewer, id: ScheduleId, due_at: DateTime<Utc>, contact: &str) -> Self {
        let due = viewer.zone.free_time_label(due_at);
        match viewer.can_schedule() {
            true => Self { href: Some(format!("/schedules/{id}")), text: format!("{due}, {contact}") },
            false => Self { href: None, text: due },
        }
    }

    /// The next schedules, and the number of the rest.
    pub fn schedules(viewer: &Viewer, in_hand: &InHand) -> Vec<Self> {
        let mut shown: Vec<_> = in_hand
            .next_schedules
            .iter()
            .map(|one| Self::schedule(viewer, one.id, one.due_at, &one.contact))
            .collect();
        shown.extend(Self::rest(in_hand.schedules, shown.len()));
        shown
    }

    /// The first tickets, and the number of the rest.
    pub fn tickets(viewer: &Viewer, in_hand: &InHand) -> Vec<Self> {
        let ticket = |one: &OpenTicket| {
            let attends = viewer.may(Permission::Tickets) && viewer.departments.contains(&one.department_id);
            match attends || viewer.may(Permission::TicketsAll) {
                true => Self {
                    href: Some(format!("/tickets/{}", one.id)),
                    text: format!("nº {}, {}", one.protocol, one.contact),
                },
                false => Self { href: None, text: format!("nº {}", one.protocol) },
            }
        };
        let mut shown: Vec<_> = in_hand.first_tickets.iter().map(ticket).collect();
        shown.extend(Self::rest(in_hand.tickets, shown.len()));
        shown
    }

    fn rest(all: i64, shown: usize) -> Option<Self> {
        let rest = all - shown as i64;
        (rest > 0).then(|| Self { href: None, text: format!("e mais {rest}") })
    }
}

/// "1 chamado", "3 chamados"; `None` for 0.
pub fn counted(number: i64, one: &str, many: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    }
}
