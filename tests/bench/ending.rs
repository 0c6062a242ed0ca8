//! Keeps track of processes and folders that a benchmark has made, so that an interrupted benchmark leaves
//! none of them behind.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io, process, thread};

use actix_web::rt;
use tokio::signal::unix::{SignalKind, signal};

use crate::Outcome;

/// Maximum time for PostgreSQL's immediate shutdown, which takes seconds.
const PATIENCE: Duration = Duration::from_secs(7);

static STARTED: Mutex<Started> = Mutex::new(Started { processes: Vec::new(), folders: Vec::new() });

struct Started {
    processes: Vec<u32>,
    folders: Vec<PathBuf>,
}

fn started() -> MutexGuard<'static, Started> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a process that ends only when it is killed. It gets its own process group, so that its children can be
/// killed with it.
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    // Holds the lock, so that no process can start while all are being killed.
    let mut started = started();
    let process = command.process_group(0).spawn()?;
    started.processes.push(process.id());
    Ok(process)
}

/// Call this before the process is reaped: afterwards another process may get its number.
pub fn has_ended(process: u32) {
    started().processes.retain(|one| *one != process);
}

/// Registers a folder for removal. It may already be gone then.
pub fn will_remove(folder: &Path) {
    started().folders.push(folder.to_owned());
}

/// Cleans up processes and folders on SIGINT, SIGTERM and SIGHUP.
pub fn watch() -> Outcome {
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let heard = rt::System::new().block_on(async {
            let mut interrupt = signal(SignalKind::interrupt())?;
            let mut terminate = signal(SignalKind::terminate())?;
            let mut hang_up = signal(SignalKind::hangup())?;
            tell.send(Ok(())).ok();
            Ok(tokio::select! {
                _ = interrupt.recv() => SignalKind::interrupt(),
                _ = terminate.recv() => SignalKind::terminate(),
                _ = hang_up.recv() => SignalKind::hangup(),
            })
        });
        match heard {
            Ok(signal) => clear_away(signal),
            Err(error) => drop(tell.send(Err::<(), std::io::Error>(error))),
        }
    });
    Ok(told.recv()??)
}

/// Kills the registered processes and clusters, removes the folders, and exits. Parts, which read this process's
/// output, end by themselves.
fn clear_away(told_by: SignalKind) -> ! {
    let started = started();
    started.processes.iter().filter_map(|process| i32::try_from(*process).ok()).for_each(|group| {
        kill(-group, libc::SIGKILL);
    });
    let postmaster = |folder: &PathBuf| folder.join("postgres/postmaster.pid");
    for folder in &started.folders {
        let text = fs::read_to_string(postmaster(folder)).unwrap_or_default();
        if let Some(process) = text.lines().next().and_then(|line| line.parse().ok()) {
            kill(process, libc::SIGQUIT);
        }
    }
    for folder in &started.folders {
        let began = Instant::now();
        while postmaster(folder).exists() && began.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(50));
        }
        fs::remove_dir_all(folder).ok();
    }
    // The exit status that shells use for a signal.
    process::exit(128 + told_by.as_raw_value())
}

fn kill(process: i32, signal: i32) {
    // SAFETY: the call touches no memory. If the process has ended, it only returns an error.
    unsafe { libc::kill(process, signal) };
}
