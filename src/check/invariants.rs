//! The invariants. Each is a query that returns the records that break it.

/// One rule about the rows of the database.
pub struct Invariant {
    pub number: u8,
    /// The rule in plain English.
    pub sentence: &'static str,
    /// Returns the kind (`subject`) and the `id` of each record that breaks it.
    pub sql: &'static str,
}

pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        number: 1,
        sentence: "Every schedule has one valid state, and its history is a legal path to it",
        sql: include_str!("sql/01_legal_path.sql"),
    },
    Invariant {
        number: 2,
        sentence: "While a dispatcher runs, no pending schedule is overdue by more than a minute",
        sql: include_str!("sql/02_none_overdue.sql"),
    },
    Invariant {
        number: 3,
        sentence: "A completed schedule that opens a ticket has opened one, and sent one message if it has a text or files",
        sql: include_str!("sql/03_ticket_and_message.sql"),
    },
    Invariant {
        number: 4,
        sentence: "A completed schedule has one notification per recipient if it notifies, else none",
        sql: include_str!("sql/04_completed_notified.sql"),
    },
    Invariant {
        number: 5,
        sentence: "A failed schedule has one error notification per recipient, no ticket and no message",
        sql: include_str!("sql/05_failed_notified.sql"),
    },
    Invariant {
        number: 6,
        sentence: "A pending or cancelled schedule has no ticket, no message and no notification",
        sql: include_str!("sql/06_no_effects_unless_run.sql"),
    },
    Invariant {
        number: 7,
        sentence: "No contact has two open tickets",
        sql: include_str!("sql/07_one_open_ticket.sql"),
    },
    Invariant {
        number: 8,
        sentence: "No two pending schedules are nearer than the spacing, unless one is exempt",
        sql: include_str!("sql/08_spacing.sql"),
    },
    Invariant {
        number: 9,
        sentence: "What names a schedule has it in the matching state and for the same contact",
        sql: include_str!("sql/09_references_match_state.sql"),
    },
    Invariant {
        number: 10,
        sentence: "No ticket opened by a schedule began while another of the contact was open",
        sql: include_str!("sql/10_ticket_was_closed.sql"),
    },
    Invariant {
        number: 11,
        sentence: "A message counts as sent exactly if its service took it",
        sql: include_str!("sql/11_deliveries_end.sql"),
    },
    Invariant {
        number: 12,
        sentence: "Somebody was notified once of each failure of a message that failed or is uncertain",
        sql: include_str!("sql/12_undelivered_notified.sql"),
    },
    Invariant {
        number: 16,
        sentence: "No attempt to send a message lasts longer than its lease, and none is tried too often",
        sql: include_str!("sql/16_leases_end.sql"),
    },
    Invariant {
        number: 17,
        sentence: "Files and their rows match both ways, and a schedule's message has the schedule's files",
        sql: include_str!("sql/17_files.sql"),
    },
    Invariant {
        number: 18,
        sentence: "No message from a customer was stored twice",
        sql: include_str!("sql/18_no_duplicate_messages.sql"),
    },
    Invariant {
        number: 19,
        sentence: "Every transition of a schedule and of a ticket has its audit row, and the audit is guarded against change",
        sql: include_str!("sql/19_audited.sql"),
    },
    Invariant {
        number: 22,
        sentence: "The list of schedules shows what became of each message",
        sql: include_str!("sql/22_deliveries_listed.sql"),
    },
];
