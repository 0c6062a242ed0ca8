//! Why the server does not start, with advice for the operator.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "PostgreSQL's server programs were not found: run bin/setup, or set PGBIN to their \
         directory, or set DATABASE_URL"
    )]
    NoPrograms,
    #[error("PGBIN is {}, but initdb and postgres (14 or later) are not there", .0.display())]
    WrongPgbin(PathBuf),
    #[error(
        "the database in {} is of PostgreSQL {needed}, but only {found} was found: install \
         PostgreSQL {needed}, set PGBIN to its programs, or upgrade the database with pg_upgrade",
        .data_dir.display()
    )]
    OtherVersion { data_dir: PathBuf, needed: u32, found: String },
    #[error(
        "the data directory {} is already in use: stop the other Pontual (or PostgreSQL) there, or set PONTUAL_DATA_DIR \
         to another directory",
        .0.display()
    )]
    InUse(PathBuf),
    #[error(
        "{} is neither empty nor a PostgreSQL database: set PONTUAL_DATA_DIR to another directory",
        .0.display()
    )]
    NotACluster(PathBuf),
    #[error(
        "{} cannot be used ({cause}): run Pontual as the account that owns it, or set \
         PONTUAL_DATA_DIR to another directory",
        .path.display()
    )]
    Directory { path: PathBuf, cause: io::Error },
    #[error(
        "PostgreSQL does not run as root, and there is no account postgres or nobody: run Pontual \
         as another user, or set DATABASE_URL"
    )]
    NoAccount,
    #[error(
        "{} cannot be run ({cause}): root starts PostgreSQL as postgres or nobody, who must be \
         able to enter its directory",
        .program.display()
    )]
    NotRunnable { program: PathBuf, cause: io::Error },
    #[error("the database could not be created in {}: {detail}", .data_dir.display())]
    Initdb { data_dir: PathBuf, detail: String },
    #[error("PostgreSQL stopped while starting, see {}: {detail}", .log.display())]
    Stopped { log: PathBuf, detail: String },
    #[error("PostgreSQL takes too long to start, see {}: {detail}", .log.display())]
    NoAnswer { log: PathBuf, detail: String },
    #[error("this PostgreSQL lacks the extension {0}: install postgresql-contrib of its version")]
    NoExtension(String),
    #[error("the database could not be prepared: {0}")]
    Sql(#[from] diesel::result::Error),
}

impl StartError {
    pub(super) fn directory(path: &Path, cause: io::Error) -> Self {
        Self::Directory { path: path.into(), cause }
    }
}
