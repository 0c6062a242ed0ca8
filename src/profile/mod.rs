//! The user's own profile: name, password, theme, what the browser does on a notification, and open sessions.
//!
//! The theme is saved with the user, and each browser's cookie `theme` follows it. Changing the password
//! requires the current one and ends the other sessions. Ending sessions requires the current password, too.

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
