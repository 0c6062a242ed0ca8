//! The kinds of notifications.

use crate::text_enum;

text_enum! {
    /// Why the user was notified.
    pub enum Kind {
        /// "Agendamento": a schedule that notifies was completed.
        ScheduleCompleted = "schedule_completed",
        /// "Erro no agendamento": a schedule of any kind failed.
        ScheduleFailed = "schedule_failed",
        /// "Mensagem não entregue": a message that was handed over failed, or is uncertain.
        MessageFailed = "message_failed",
    }
}
