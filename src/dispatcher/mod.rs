//! The dispatcher: when a schedule happens.
