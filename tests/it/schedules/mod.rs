//! Creating, listing and cancelling schedules, as the help page describes them.

mod addresses;
mod attachments;
mod bulk;
mod calendar;
mod cancelling;
mod closing;
mod connections;
mod deliveries;
mod dispatch_now;
mod editing;
mod exporting;
pub mod filters;
mod form;
mod form_requests;
mod list;
mod merging;
mod model;
mod paging;
mod rescheduling;
mod resubmission;
mod scopes;
mod searching;
mod spacing;
mod tickets;
mod unchanged_records;
mod variables;
mod when;
mod zones;

use crate::harness::{Page, Visitor};

/// A valid form for "Marina Duarte" at 10:00, with a test's changes.
pub fn form<'a>(changes: &[(&'static str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let mut fields = vec![
        ("person_id", ""),
        ("contact_id", "601"),
        ("department_id", "101"),
        ("attendant_id", "303"),
        ("action", "open_ticket_and_notify"),
        ("due_at", "2030-12-05T10:00"),
        ("message", "Olá, Marina!\r\nTudo bem?"),
        ("comment", "Confirmar a renovação"),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

pub async fn save(visitor: &Visitor, changes: &[(&'static str, &str)]) -> Page {
    visitor.get("/schedules/new").await;
    visitor.post("/schedules", &form(changes)).await
}
