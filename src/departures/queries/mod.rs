//! SQL of departures.

mod heirs;
mod in_hand;
mod notices;

pub use heirs::{Candidate, Held, attends, candidates, held, lock_users};
pub use in_hand::{InHand, Leaver, OpenTicket, in_hand};
pub use notices::pass_on_notices;
