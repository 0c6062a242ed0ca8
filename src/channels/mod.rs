//! Channels ("conexões"): ways to reach contacts. The only kind so far is the web chat, whose page customers
//! open by their link.
//!
//! A channel has a name for the team, and a name, colour and greeting for customers. First messages wait in
//! its default department, which users cannot change to one of their own (see `departments::sight`). A
//! channel is deactivated, never deleted. The links of its customers then open nothing, and schedules that
//! would open a ticket fail with an error that says so.

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
