//! Notifications ("notificações"): the entries of somebody's bell.
//!
//! The dispatcher writes one for each recipient when a notifying schedule fires ("Agendamento") and
//! when a schedule fails ("Erro no agendamento"). The row holds no text: what an entry says is told
//! from its schedule and contact, so that renaming or anonymising a contact reaches it. Only its
//! recipient sees, reads and removes an entry; for others it does not exist. Each such change is
//! announced, so that the bells of all tabs agree. Whoever is told of somebody else's schedule may read the
//! contact's conversation for a while (see `conversations::readers`); who may not is led to the contact. Each user chooses whether their browser shows notices of its own
//! and makes a sound while no page of Pontual is seen.

mod back;
mod filter;
mod handlers;
mod kind;
pub mod queries;
mod views;

pub use filter::Filter;
pub use kind::Kind;
pub use views::Item;

use crate::web::Route;

/// So many entries does the bell show, and a new live stream begin with.
pub const BELL_LENGTH: i64 = 20;

/// So far are unread entries counted: more are shown as "99+", and all may be very many.
pub const COUNTED: i64 = 100;

const PAGE: &str = "/notifications";

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/notifications", handlers::index),
        Route::get("/notifications/panel", handlers::panel),
        Route::post("/notifications/preferences", handlers::choose),
        Route::post("/notifications/reading", handlers::read_all),
        Route::post("/notifications/{id}/reading", handlers::read),
        Route::post("/notifications/{id}/opening", handlers::open),
        Route::post("/notifications/{id}/removal", handlers::remove),
    ]
}
