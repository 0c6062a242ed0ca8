//! Roles ("cargos"): a name and a set of permissions.
//!
//! "Habilitar agendamento" lets the members of a role schedule; it counts from their next request. The
//! administrator role holds everything and cannot be changed. Nobody edits their own role, and only
//! administrators hand out the permission to edit roles.

mod form;
mod handlers;
mod queries;
mod views;

use crate::auth::Permission;
use crate::web::Route;

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/roles", handlers::index),
        Route::get("/roles/{id}", handlers::edit),
        Route::post("/roles/{id}", handlers::update),
    ]
}

/// The permissions that have a page, in groups, as the form shows them.
const GROUPS: [(&str, &str, &[Permission]); 3] = [
    ("calendar-time", "Agendamentos", &[Permission::Schedules]),
    ("message-circle", "Conversas", &[Permission::Tickets, Permission::TicketsAll]),
    ("settings", "Cadastros", &[Permission::Roles]),
];

/// Permissions that only an administrator hands out.
const RESERVED: [Permission; 4] =
    [Permission::Roles, Permission::Users, Permission::Settings, Permission::Audit];
