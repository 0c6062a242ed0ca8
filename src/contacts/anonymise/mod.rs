//! "Anonimizar contato" (LGPD): erases for good who the customer is and what they said.
//!
//! The page first shows what is still open: the contact's pending schedules and open ticket. Anonymising
//! cancels the schedules and closes the ticket in the same transaction. Then it clears every text of and about
//! the contact: name, telephone number, e-mail address, address on the channel, the IP addresses from which the
//! customer wrote, messages, comments, reasons, files, lines and file names of imports, and the link to the
//! person. The bytes of a file are deleted later, when nothing else refers to them. The person is anonymised
//! too if they have no other contact.
//!
//! What stays: ids, the tickets' protocols, times, and who attended. The audit can never be cleared, so it
//! stores neither a customer's address nor which contacts a person has.

mod queries;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use diesel::pg::PgConnection;
use serde_json::json;

use super::archival::touching;
use super::queries::{Detail, detail};
use super::views::Touching;
use crate::audit::{self, Action};
use crate::auth::{Account, Can, ManageContacts, Viewer};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ids::ContactId;
use crate::live::{self, Event};
use crate::tickets::{self, Seen};
use crate::web::{FieldErrors, Posted, Shell, redirect_with};

#[derive(Template)]
#[template(path = "contacts/anonymisation.html")]
struct Question {
    id: ContactId,
    name: String,
    /// The person who is anonymised together with the contact.
    person: Option<String>,
    touching: Touching,
    /// The state of the open ticket when the page was rendered; see [`seen`].
    seen: String,
    /// Whether a message arrived that the page did not show.
    has_news: bool,
    errors: FieldErrors,
}

pub async fn ask(
    viewer: Can<ManageContacts>,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let question = question(&viewer, &db, id.into_inner()).await?;
    shell.page("Anonimizar contato", question)
}

async fn question(viewer: &Viewer, db: &Db, id: ContactId) -> Result<Question> {
    let who = viewer.clone();
    let (detail, touching, seen, goes) = db
        .run(move |conn| {
            let seen = seen(conn, id)?;
            let touching = touching(conn, &who, id)?;
            Ok((detail(conn, id)?, touching, seen, queries::person_with_only(conn, id)?.is_some()))
        })
        .await?;
    if detail.anonymised_at.is_some() {
        return Err(Error::Conflict);
    }
    let Detail { name, person_name, .. } = detail;
    let person = person_name.filter(|_| goes);
    let errors = FieldErrors::default();
    Ok(Question { id, name, person, touching, seen, has_news: false, errors })
}

/// The open ticket and its last message, as a string. `none` without an open ticket.
fn seen(conn: &mut PgConnection, contact: ContactId) -> Result<String> {
    let Some(open) = tickets::open_ticket_of(conn, contact)? else { return Ok("none".into()) };
    let up_to = tickets::queries::last_message(conn, open.id)?;
    Ok(Seen { ticket: open.id, up_to }.to_string())
}

/// Anonymises the contact. If the customer or a colleague has written since the question was shown, it asks
/// again (409): otherwise those messages would be erased before anybody read them.
pub async fn anonymise(
    viewer: Can<ManageContacts>,
    form: Posted,
    shell: Shell,
    db: web::Data<Db>,
    id: web::Path<ContactId>,
) -> Result<HttpResponse> {
    let id = id.into_inner();
    if form.get("understood") != "1" {
        let mut question = question(&viewer, &db, id).await?;
        question.errors.add("understood", "Marque que você entendeu antes de anonimizar.");
        let (status, title) = (StatusCode::UNPROCESSABLE_ENTITY, "Erro: Anonimizar contato");
        return shell.page_with(status, title, question);
    }
    let (who, shown) = (viewer.clone(), form.get("open_ticket").to_owned());
    if !db.transaction_on(id, move |conn| clear(conn, &who, id, &shown)).await? {
        let mut question = question(&viewer, &db, id).await?;
        question.has_news = true;
        return shell.page_with(StatusCode::CONFLICT, "Erro: Anonimizar contato", question);
    }
    Ok(redirect_with(&format!("/contacts/{id}"), "Contato anonimizado."))
}

/// Cancels the schedules, closes the ticket and clears every text, in the caller's transaction. Returns `false`
/// and changes nothing if the open ticket has messages that were not `shown`.
///
/// Locks in the order that all writers use: imports, schedules, the contact, its ticket. A schedule that
/// somebody saved just before the contact was locked cannot be locked in this order. In that case it returns
/// `Collision`, and the whole transaction runs again.
fn clear(conn: &mut PgConnection, account: &Account, contact: ContactId, shown: &str) -> Result<bool> {
    if !shown.is_empty() && seen(conn, contact)? != shown {
        return Ok(false);
    }
    queries::clear_imports(conn, contact)?;
    let schedules = queries::cancel_pending(conn, account, contact)?;
    queries::lock(conn, contact)?;
    if !super::queries::touched(conn, contact)?.is_empty() {
        return Err(Error::Collision("a schedule was saved in between".into()));
    }
    if !shown.is_empty() && seen(conn, contact)? != shown {
        return Err(Error::Collision("the customer wrote in between".into()));
    }
    if let Some(ticket) = tickets::open_ticket_of(conn, contact)? {
        tickets::close(conn, ticket.id, account)?;
    }
    let person = queries::person_with_only(conn, contact)?;
    queries::clear_import_names(conn, contact)?;
    queries::clear_texts(conn, contact)?;
    queries::clear_contact(conn, contact)?;
    let entry = |action| audit::Entry::of(action).by(account);
    if let Some(person) = person {
        queries::clear_person(conn, person)?;
        audit::record(conn, &entry(Action::PersonAnonymised).about(Some(person.0)))?;
    }
    let details = json!({ "cancelled_schedules": schedules });
    audit::record(conn, &entry(Action::ContactAnonymised).about(Some(contact.0)).with(details))?;
    live::announce(conn, &Event::SchedulesChanged(schedules))?;
    live::announce(conn, &Event::ConversationsChanged(vec![contact]))?;
    Ok(true)
}
