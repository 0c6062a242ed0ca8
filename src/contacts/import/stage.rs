//! From a file to the lines of a preview, in one transaction.

use diesel::pg::PgConnection;

use super::file::{self, Line};
use super::queries;
use crate::contacts::form::ChannelKind;
use crate::error::Error;
use crate::ids::{ChannelId, ImportId, UserId};

/// A file that somebody sent.
pub struct Upload {
    pub file_name: String,
    pub content: Vec<u8>,
    pub channel: ChannelId,
    pub kind: ChannelKind,
    pub by: UserId,
}

/// Why there is no preview.
pub enum StageError {
    /// What the page says about the file.
    File(&'static str),
    Other(Error),
}

impl From<&'static str> for StageError {
    fn from(sentence: &'static str) -> Self {
        Self::File(sentence)
    }
}

impl From<Error> for StageError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl From<diesel::result::Error> for StageError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Other(error.into())
    }
}

/// Keeps the lines of a file; a file that is none leaves nothing behind.
///
/// # Errors
/// Why this is no file of contacts; or the database is unreachable.
pub fn stage(conn: &mut PgConnection, upload: &Upload) -> Result<ImportId, StageError> {
    queries::forget_old(conn)?;
    let id = queries::create(conn, upload.by, upload.channel, &upload.file_name)?;
    file::read(&upload.content, upload.kind, |lines: &[Line]| -> Result<(), StageError> {
        Ok(queries::add_lines(conn, id, lines)?)
    })?;
    queries::refuse_impossible(conn, id, (upload.channel, upload.kind))?;
    queries::count(conn, id)?;
    Ok(id)
}
