//! Channels ("conexões"): ways to reach contacts. So far there is one kind, the web chat, whose page
//! customers open by their link.
//!
//! A channel has a name for the team, a name, colour and greeting for customers, and a default
//! department, where a first message waits, and which nobody changes to their own (see `departments::sight`). It is deactivated, never deleted: its customers' links then
//! open nothing, and what schedules would open for them ends in an error that says so.

mod colour;
mod form;
mod handlers;
mod queries;
mod views;

pub use colour::Colour;

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/channels", handlers::index),
        Route::post("/channels", handlers::create),
        Route::get("/channels/new", handlers::new),
        Route::get("/channels/{id}", handlers::edit),
        Route::post("/channels/{id}", handlers::update),
        Route::get("/channels/{id}/deactivation", handlers::ask_deactivation),
        Route::post("/channels/{id}/deactivation", handlers::deactivate),
        Route::post("/channels/{id}/reactivation", handlers::reactivate),
        Route::get("/chat-colours/{colour}.css", colour::stylesheet),
    ]
}
