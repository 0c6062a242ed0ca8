//! Departments ("departamentos"): queues with their attendants, in an order that the company chose.
//!
//! A department is deactivated, never deleted. If first messages of channels wait in it, the user must choose
//! another department for them. In the same step, the user may move its pending schedules and open tickets to
//! another department; their attendants join that department. Schedules that stay and open a ticket will fail
//! with the reason `department_inactive`; schedules that only notify still work. Open tickets that stay can
//! be attended until they are closed.
//!
//! Users cannot add themselves to a department, or send another department's work to their own (see
//! [`self_access`]). A change of members applies from the user's next request, and restarts their live streams.

mod change_members;
mod deactivate;
pub mod deactivation;
mod form;
pub mod handlers;
pub mod members;
pub mod position;
mod queries;
mod reactivate;
pub mod reactivation;
mod reorder;
mod save;
pub mod self_access;
mod views;
