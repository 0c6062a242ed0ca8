//! The server's own log: `server.log` in its directory.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::Stdio;

use super::StartError;
use super::location::ClusterLocation;

/// Maximum size in bytes. A start with a larger log renames it to `server.log.1` and begins a new one.
const MAX_SIZE: u64 = 1 << 20;

pub(super) struct ServerLog {
    pub path: PathBuf,
    file: File,
    begin: u64,
}

impl ServerLog {
    pub fn open(location: &ClusterLocation) -> Result<Self, StartError> {
        let path = location.data_dir.join("server.log");
        Self::open_file(location, path.clone()).map_err(|cause| StartError::directory(&path, cause))
    }

    fn open_file(location: &ClusterLocation, path: PathBuf) -> io::Result<Self> {
        if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > MAX_SIZE) {
            fs::rename(&path, path.with_extension("log.1"))?;
        }
        let file = File::options().create(true).append(true).read(true).open(&path)?;
        location.hand_over(&path)?;
        let begin = file.metadata()?.len();
        Ok(Self { path, file, begin })
    }

    /// The log as the output of a child process.
    pub fn output(&self) -> io::Result<Stdio> {
        self.file.try_clone().map(Stdio::from)
    }

    /// The last lines written since this start.
    pub fn last_lines(&self) -> String {
        self.since_begin().map_or_else(|error| error.to_string(), |text| last_lines(&text, 5))
    }

    fn since_begin(&self) -> io::Result<String> {
        let mut file = &self.file; // still readable after a throw-away cluster was deleted
        file.seek(SeekFrom::Start(self.begin))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// The last `count` lines of a program's output, joined into one line.
pub(super) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_long_output_is_quoted() {
        assert_eq!(last_lines("one\n\n two \nthree\n", 2), "two; three");
        assert_eq!(last_lines("", 2), "");
    }
}
