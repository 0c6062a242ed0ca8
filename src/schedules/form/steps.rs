//! Buttons that change only the fields of the form, for browsers without JavaScript: load the attendants of a
//! department, take over a suggested time or another user's value, remove a file.

use super::ScheduleInput;
use crate::db::Db;
use crate::error::Result;
use crate::schedules::queries;
use crate::web::Fields;

/// Whether the form was submitted by such a button, or by Enter in a search field.
pub fn is_step(form: &Fields) -> bool {
    // Enter in a search field submits the form too, but must only search.
    let is_searching =
        form.get("searched") != searched(form.get("person_search"), form.get("contact_search"));
    is_searching || ["step", "use_slot", "remove_file", "take"].iter().any(|name| !form.get(name).is_empty())
}

/// The searches whose results the form shows; empty for none.
pub fn searched(person: &str, contact: &str) -> String {
    let (person, contact) = (person.trim(), contact.trim());
    if person.is_empty() && contact.is_empty() { String::new() } else { format!("{person}/{contact}") }
}

/// The form after such a button.
pub async fn after_step(db: &Db, form: &Fields, typed: ScheduleInput) -> Result<ScheduleInput> {
    let mut typed = typed.with_slot(form.get("use_slot"));
    if form.get("step") == "clear_person" {
        typed.person_id.clear();
    }
    let Some(contact) = typed.ids().contact.filter(|_| form.get("step") == "contact") else {
        return Ok(typed);
    };
    let (proposal, channel) = db
        .run(move |conn| {
            Ok((queries::proposal(conn, contact, None)?, queries::preferred_channel(conn, contact)?))
        })
        .await?;
    let typed = typed.with_channel(channel);
    Ok(match proposal {
        Some(proposal) => typed.with_proposal(&proposal),
        None => typed,
    })
}
