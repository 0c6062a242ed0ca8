//! What an entry tells of.

use crate::text_enum;

text_enum! {
    /// Why somebody was notified.
    pub enum Kind {
        /// "Agendamento": a notifying schedule was completed.
        ScheduleCompleted = "schedule_completed",
        /// "Erro no agendamento": a schedule, notifying or not, has failed.
        ScheduleFailed = "schedule_failed",
    }
}
