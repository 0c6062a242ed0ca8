//! Finished data for the templates of schedules.

mod attendant;
mod cancellation;
mod changes;
mod channel;
mod contact_warning;
mod dispatch;
mod form;
mod message_preview;
mod options;
mod show;
mod slot;
mod suggestions;
mod timeline;
mod warnings;

pub use attendant::AttendantField;
pub use cancellation::CancellationPage;
pub use changes::ChangeLine;
pub use channel::ChannelField;
pub use contact_warning::{ContactFacts, ContactWarning};
pub use dispatch::DispatchPage;
pub use form::{FormPage, Purpose};
pub use message_preview::MessagePreview;
pub use options::{FormOptions, as_json};
pub use show::{Show, failure_text};
pub use slot::{SlotView, suggestion};
pub use suggestions::SuggestionsView;

/// Label for schedules without an attendant.
pub const QUEUE: &str = "Fila do departamento";

/// `Suporte, Bruno Lima`.
pub fn with_second(first: String, second: Option<String>) -> String {
    match second {
        Some(second) if first.is_empty() => second,
        Some(second) => format!("{first}, {second}"),
        None => first,
    }
}
