//! Settings ("empresa"): what the company decides once for the whole platform.
//!
//! The name and the logo are shown on every page. The time zone defines clock times. Changing it keeps the
//! instants of schedules, and lists those that now show another local time. The spacing defines how close
//! schedules may be. Changing it rewrites all pending ones (see [`respacing`]). The tolerance defines how
//! late a schedule may still be carried out after the platform was down.

mod form;
pub mod handlers;
pub mod logo;
mod logo_image;
pub mod moved_clocks;
mod queries;
mod respacing;
pub mod retention;
mod save_logo;
pub mod sentences;
pub mod spacing_sentence;
pub mod unspaced_schedules;
mod update;
mod views;
mod zones;

pub use form::{COMPANY_NAME_LIMIT, Settings, changes_of, company_name_error, snapshot_of};
pub use queries::{Brand, brand, current};
pub use zones::{ZoneGroup, zone_groups, zone_hint, zone_label};
