//! Contacts ("contatos"): one address on one channel.
//!
//! A contact has a name, may have a telephone (E.164) and an e-mail address, belongs to at most one person,
//! and is unique by channel and address. What the address is made of is the channel's affair: the web chat's
//! is a random id, and the customer comes by a link that can be revoked. Two contacts with one number are
//! allowed, but asked about. A contact is never deleted: it is archived, and then takes no new schedules; or
//! anonymised for good (LGPD), which leaves its id, its tickets' protocols and their times.
//!
//! Whoever attends or schedules may read contacts; "Gerenciar contatos e pessoas" is needed to change them.
//! The customer's link opens the conversation, and so is shown to who serves the contact alone.

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

/// What the audit tells of a contact.
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
