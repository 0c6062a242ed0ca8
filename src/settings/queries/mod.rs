//! SQL of the settings: `company` (its settings and logo), and `pending` (schedules that a change of the settings
//! affects).

mod company;
mod pending;

pub use company::{Brand, brand, current, current_for_update, knows_zone, logo_media_type, save, save_logo};
pub use pending::{
    COUNT_LIMIT, ChosenTime, NamedSchedule, Unspaced, chosen_times, count_unspaced, lock_pending, respace,
    respacing, schedules_with_contacts, unspaced,
};
