//! Users: who signs in. An attendant ("atendente") is a user who belongs to departments.
//!
//! A user is invited by a one-time link, is active from the moment they choose a password, and may be
//! deactivated and reactivated; never deleted, because schedules, tickets and the audit name them. An
//! invitation that nobody has taken up yet counts as inactive everywhere else. A link also resets a
//! password; it ends after 48 hours, after its use, and when a newer one is made.
//!
//! Whoever manages users never becomes more than they are. Accounts and roles that hold what only administrators
//! grant are an administrator's to touch; and nobody gives, or takes over, what they do not have themselves: a role
//! with a permission that they lack, a link, another e-mail address, a living session or the return of an account
//! that has more permissions or reads more conversations than theirs (see [`Reach`]). Since the maker of a link sees
//! it, who was let in by them counts as themself: they are added only to departments of the maker's own, unless
//! the maker attends every ticket. Nobody changes their own role
//! or deactivates themself, and the last active administrator stays. Deactivating ends the sessions and
//! tells first which pending schedules and open tickets it touches: they may be handed over in the same
//! step, else the tickets go back to the queues, and what the schedules open goes there too. Leaving a
//! department with work in hand is asked about in the same way; there, schedules without an heir stay.

mod access;
mod access_link;
mod account;
mod departure;
mod form;
mod handlers;
mod queries;
mod reach;
mod saving;
mod sessions;
mod views;

pub use access_link::{HOURS as LINK_HOURS, Token};
pub use account::{Name, NewAccount};
pub use queries::{
    ABSENCE, NAME_IN_A_CHOICE, STANDING, Standing, are_there, create_administrator, is_there, name_of,
    revoke_link, set_password, was_let_in_by,
};
pub use reach::Reach;
pub use sessions::{OpenSession, SessionList, end_all, end_one, open_sessions};

use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/users", handlers::index),
        Route::post("/users", handlers::create),
        Route::get("/users/new", handlers::new),
        Route::get("/users/{id}", handlers::edit),
        Route::post("/users/{id}", handlers::update),
        Route::post("/users/{id}/access-link", access::make),
        Route::get("/users/{id}/deactivation", departure::ask),
        Route::post("/users/{id}/deactivation", departure::deactivate),
        Route::get("/users/{id}/reactivation", departure::ask_return),
        Route::post("/users/{id}/reactivation", departure::reactivate),
        Route::post("/users/{id}/sessions/ending", sessions::end_all_of),
        Route::post("/users/{id}/sessions/{session}/ending", sessions::end_one_of),
        Route::get("/access/{token}", access::show),
        Route::post("/access/{token}", access::take_up),
    ]
}
