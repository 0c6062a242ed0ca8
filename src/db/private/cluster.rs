//! The cluster on disk: creates it, and cleans up after the previous server.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{fs, io};

use super::location::ClusterLocation;
use super::programs::Programs;
use super::server_log::last_lines;
use super::{PORT, STOP_TIME_LIMIT, StartError, Tuning, USER};

/// Creates the cluster in a draft directory and renames it when it is complete, so that an interrupted start
/// leaves no partial cluster.
pub(super) fn make(
    location: &ClusterLocation,
    programs: &Programs,
    tuning: Tuning,
) -> Result<(), StartError> {
    let data_dir = &location.data_dir;
    tracing::info!("preparing a PostgreSQL {} database in {}", programs.major, data_dir.display());
    let draft = location.beside("new");
    let mut detail = String::new();
    // Sort text by bytes, the same on every machine, but use upper and lower case of all alphabets if the
    // machine has such a locale.
    for alphabet in ["C.UTF-8", "en_US.UTF-8", "C"] {
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(|cause| StartError::directory(&draft, cause))?;
        }
        location.make_private(&draft).map_err(|cause| StartError::directory(&draft, cause))?;
        match initdb(location, programs, tuning, &draft, alphabet)? {
            Ok(()) => {
                return fs::rename(&draft, data_dir).map_err(|cause| StartError::directory(data_dir, cause));
            }
            Err(complaint) => detail = complaint,
        }
    }
    Err(StartError::Initdb { data_dir: data_dir.clone(), detail })
}

/// Runs initdb. The inner error is its output if it failed.
fn initdb(
    location: &ClusterLocation,
    programs: &Programs,
    tuning: Tuning,
    draft: &Path,
    alphabet: &str,
) -> Result<Result<(), String>, StartError> {
    let output = location
        .command(&programs.initdb)
        .args(["--username", USER, "--auth-local=trust", "--auth-host=reject"])
        .args(["--encoding=UTF8", "--locale=C", &format!("--lc-ctype={alphabet}")])
        .arg(if tuning == Tuning::ThrowAway { "--no-sync" } else { "--data-checksums" })
        .arg("-D")
        .arg(draft)
        .stdin(Stdio::null())
        .output()
        .map_err(|cause| StartError::NotRunnable { program: programs.initdb.clone(), cause })?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    Ok(Err(last_lines(&String::from_utf8_lossy(&output.stderr), 3)))
}

/// Waits for a server whose owner is gone and which is about to stop, and removes the files of a killed one.
/// We hold the lock, so no other Pontual uses the directory.
pub(super) fn wait_for_previous_server(data_dir: &Path) -> Result<(), StartError> {
    let begin = Instant::now();
    while postmaster(data_dir).is_some_and(is_postgres) {
        if begin.elapsed() > STOP_TIME_LIMIT {
            return Err(StartError::InUse(data_dir.into()));
        }
        sleep(Duration::from_millis(20));
    }
    // PostgreSQL removes stale files itself, but not if another process now has the recorded pid: a zombie,
    // or, in a restarted container, any process. Removing them is safe: PostgreSQL finds the surviving
    // processes of a killed server by its shared memory.
    for leftover in ["postmaster.pid".to_owned(), format!(".s.PGSQL.{PORT}.lock")] {
        let leftover = data_dir.join(leftover);
        match fs::remove_file(&leftover) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StartError::directory(&leftover, error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The pid of the server that serves the cluster, from the server's own file.
fn postmaster(data_dir: &Path) -> Option<u32> {
    fs::read_to_string(data_dir.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

/// Whether this pid is a running PostgreSQL server, and no zombie.
fn is_postgres(pid: u32) -> bool {
    let command_line = fs::read_to_string(format!("/proc/{pid}/cmdline")).or_else(|_| {
        let output = Command::new("ps").args(["-o", "comm=", "-p", &pid.to_string()]).output()?;
        Ok::<_, io::Error>(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    });
    let command_line = command_line.unwrap_or_default();
    let program = command_line.split('\0').next().unwrap_or_default();
    program.rsplit('/').next().is_some_and(|name| name.starts_with("postgres"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_of_another_kind_is_no_server() {
        assert!(!is_postgres(std::process::id()));
        assert!(!is_postgres(u32::MAX));
    }

    #[test]
    fn the_files_of_a_killed_server_are_removed() {
        let dir = std::env::temp_dir().join(format!("pontual-leftovers-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        // Both files contain the pid of a live process that is not PostgreSQL.
        let own_number = std::process::id().to_string();
        for leftover in ["postmaster.pid", ".s.PGSQL.5432.lock"] {
            fs::write(dir.join(leftover), &own_number).unwrap();
        }

        wait_for_previous_server(&dir).unwrap();

        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
        fs::remove_dir_all(dir).unwrap();
    }
}
