//! SQLSTATE: PostgreSQL's code for an error, independent of the language of its messages.
//!
//! diesel maps some codes to its own kinds and hides the code itself. The message is no substitute, because
//! the server may use another language (`lc_messages`). So we read the code where diesel reads the message,
//! from libpq's result. The linker redirects diesel's calls of `PQresultErrorField` to this module (`--wrap`,
//! see `build.rs`), for a dynamic libpq as well as a static one. [`SqlState::of`] asks diesel for any field
//! of the error; the redirected call then records the code of the same result.
//!
//! Only Linux linkers support `--wrap`. Elsewhere diesel's kinds are mapped back to codes. Deadlocks and
//! time-outs are recognised by the server's message if it is in English. Any other error counts as
//! unexpected.

use std::cell::Cell;
use std::fmt;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

/// Five letters and digits; the first two are the class.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SqlState([u8; 5]);

impl SqlState {
    /// The code of an error reported by the server.
    pub fn of(error: &Error) -> Option<Self> {
        match error {
            Error::DatabaseError(kind, information) => {
                Self::of_information(&**information).or_else(|| Self::guessed(kind, information.message()))
            }
            Error::RollbackErrorOnCommit { commit_error, .. } => Self::of(commit_error),
            _ => None,
        }
    }

    fn of_information(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> Option<Self> {
        NOTED.set(Note::Wanted);
        information.table_name();
        match NOTED.replace(Note::Unwanted) {
            Note::Found(code) => Some(Self(code)),
            Note::Unwanted | Note::Wanted => None,
        }
    }

    /// Guesses a missing code from diesel's kind. For temporary errors that diesel has no kind for, the
    /// English message decides.
    fn guessed(kind: &DatabaseErrorKind, message: &str) -> Option<Self> {
        let code = match kind {
            DatabaseErrorKind::SerializationFailure => b"40001",
            DatabaseErrorKind::ReadOnlyTransaction => b"25006",
            DatabaseErrorKind::UniqueViolation => b"23505",
            DatabaseErrorKind::ForeignKeyViolation => b"23503",
            DatabaseErrorKind::NotNullViolation => b"23502",
            DatabaseErrorKind::CheckViolation => b"23514",
            DatabaseErrorKind::Unknown => match message {
                "deadlock detected" => b"40P01",
                "canceling statement due to lock timeout" => b"55P03",
                "canceling statement due to statement timeout" => b"57014",
                _ => return None,
            },
            _ => return None,
        };
        Some(Self(*code))
    }

    /// Whether the server rejected the values. A missing value (23502) does not count: it more likely means
    /// that a newer version has added a column.
    pub fn rejects_values(&self) -> bool {
        matches!(self.class(), "22" | "23") && self.as_str() != "23502"
    }

    pub fn class(&self) -> &str {
        self.as_str().get(..2).unwrap_or_default()
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Copy)]
enum Note {
    Unwanted,
    Wanted,
    Found([u8; 5]),
}

thread_local! {
    static NOTED: Cell<Note> = const { Cell::new(Note::Unwanted) };
}

#[cfg(target_os = "linux")]
mod wrapped {
    use std::ffi::{CStr, c_char, c_int};

    use pq_sys::PGresult;

    use super::{NOTED, Note};

    /// `PG_DIAG_SQLSTATE` of libpq.
    const SQLSTATE: c_int = b'C' as c_int;

    unsafe extern "C" {
        fn __real_PQresultErrorField(result: *const PGresult, field: c_int) -> *mut c_char;
    }

    /// Receives every call of `PQresultErrorField` from outside libpq.
    ///
    /// # Safety
    /// As for `PQresultErrorField`: `result` is null or a live result.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn __wrap_PQresultErrorField(result: *const PGresult, field: c_int) -> *mut c_char {
        if matches!(NOTED.get(), Note::Wanted) {
            // SAFETY: the caller guarantees `result`. The field, if there is one, is a NUL-terminated string
            // that belongs to the result, and is copied at once.
            let code = unsafe {
                let code = __real_PQresultErrorField(result, SQLSTATE);
                (!code.is_null()).then(|| CStr::from_ptr(code).to_bytes().try_into().ok()).flatten()
            };
            NOTED.set(code.map_or(Note::Unwanted, Note::Found));
        }
        // SAFETY: guaranteed by the caller.
        unsafe { __real_PQresultErrorField(result, field) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result without `--wrap`: no code is recorded.
    fn state_of(kind: DatabaseErrorKind, message: &str) -> Option<SqlState> {
        SqlState::of(&Error::DatabaseError(kind, Box::new(message.to_owned())))
    }

    #[test]
    fn a_missing_code_is_guessed_from_diesels_kind_or_the_message() {
        for (kind, message, code) in [
            (DatabaseErrorKind::SerializationFailure, "", "40001"),
            (DatabaseErrorKind::ReadOnlyTransaction, "", "25006"),
            (DatabaseErrorKind::CheckViolation, "", "23514"),
            (DatabaseErrorKind::Unknown, "deadlock detected", "40P01"),
            (DatabaseErrorKind::Unknown, "canceling statement due to lock timeout", "55P03"),
        ] {
            assert_eq!(state_of(kind, message).unwrap().as_str(), code);
        }
        assert_eq!(
            state_of(DatabaseErrorKind::Unknown, "relation \"deadlock detected\" does not exist"),
            None
        );
        assert_eq!(state_of(DatabaseErrorKind::ClosedConnection, "deadlock detected"), None);
    }

    #[test]
    fn without_a_code_a_deadlock_calls_for_another_try() {
        for (kind, message) in
            [(DatabaseErrorKind::Unknown, "deadlock detected"), (DatabaseErrorKind::SerializationFailure, "")]
        {
            let error = Error::DatabaseError(kind, Box::new(message.to_owned()));
            assert!(crate::Error::from(error).should_retry_transaction(), "{message}");
        }
        let standby = Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, Box::new(String::new()));
        assert!(crate::Error::from(standby).is_temporary());
    }
}
