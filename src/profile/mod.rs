//! One's own profile: name, password, how pages look, what the browser does with a notice, and the
//! sessions that are open.
//!
//! The theme belongs to the user; each browser's cookie `theme` follows it. A new password asks for the
//! current one and ends the other sessions; ending sessions asks for it too.

mod confirmation;
mod form;
mod handlers;
mod password;
mod queries;
mod sessions;
mod views;

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/profile", handlers::edit),
        Route::post("/profile", handlers::update),
        Route::post("/profile/theme", handlers::set_theme),
        Route::post("/profile/password", password::change),
        Route::post("/profile/sessions/ending", sessions::end_others),
        Route::post("/profile/sessions/{session}/ending", sessions::end_one),
    ]
}
