//! Contacts ("contatos"): one address on one channel.
//!
//! A contact has a name, may have a telephone number (E.164) and an e-mail address, and belongs to at most one
//! person. Channel and address together are unique. The channel decides what the address is: on the web chat it
//! is a random id, and the customer signs in with a link that can be revoked. Two contacts may have the same
//! telephone number, but the form asks first. A contact is never deleted. It can be archived, and then takes no
//! new schedules. Or it can be anonymised (LGPD), which cannot be undone and leaves only its id, the protocols
//! of its tickets and their times.
//!
//! Users who attend customers or create schedules may read contacts. Changing contacts needs "Gerenciar
//! contatos e pessoas". The customer's link opens the conversation, so it is shown only to users who serve the
//! contact.

mod anonymise;
mod archival;
pub mod display;
mod export;
pub mod form;
mod handlers;
pub mod import;
mod link;
pub mod queries;
mod save;
mod spreadsheet;
pub mod views;

pub use link::{HAS_CHAT, Links};

use crate::audit::Action;
use crate::web::Route;

/// Audit actions that the history of a contact shows.
pub const AUDITED: &[Action] = &[
    Action::ContactCreated,
    Action::ContactEdited,
    Action::ContactArchived,
    Action::ContactRestored,
    Action::ContactLinkRevoked,
    Action::ContactAccessesEnded,
    Action::ContactExported,
    Action::ContactAnonymised,
];

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        Route::get("/contacts", handlers::index),
        Route::post("/contacts", handlers::create),
        Route::get("/contacts/new", handlers::new),
        Route::get("/contacts/new/attendants", handlers::attendant_field),
        Route::get("/contacts/export.csv", spreadsheet::download),
        Route::get("/contacts/options", handlers::options),
        Route::get("/people/options", handlers::person_options),
    ];
    routes.extend(import::routes());
    routes.extend([
        Route::get("/contacts/{id}", handlers::show),
        Route::post("/contacts/{id}", handlers::update),
        Route::get("/contacts/{id}/edit", handlers::edit),
        Route::get("/contacts/{id}/archival", archival::ask),
        Route::post("/contacts/{id}/archival", archival::archive),
        Route::post("/contacts/{id}/restoration", archival::restore),
        Route::get("/contacts/{id}/link-revocation", archival::ask_revocation),
        Route::post("/contacts/{id}/link-revocation", archival::revoke_link),
        Route::post("/contacts/{id}/accesses/ending", archival::end_accesses),
        Route::post("/contacts/{id}/export", export::download),
        Route::get("/contacts/{id}/anonymisation", anonymise::ask),
        Route::post("/contacts/{id}/anonymisation", anonymise::anonymise),
    ]);
    routes
}
