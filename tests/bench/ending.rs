//! What a benchmark has started, so that nothing of it stays when somebody ends the benchmark itself.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{sleep, spawn};
use std::time::Duration;
use std::{fs, process};

use actix_web::rt;
use tokio::signal::unix::{SignalKind, signal};

use crate::Outcome;

/// PostgreSQL ends within seconds when it is told to end at once.
const PATIENCE: Duration = Duration::from_secs(7);

static STARTED: Mutex<Started> = Mutex::new(Started { processes: Vec::new(), folders: Vec::new() });

struct Started {
    processes: Vec<u32>,
    folders: Vec<PathBuf>,
}

fn started() -> MutexGuard<'static, Started> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers a process that ends only when it is killed.
pub fn has_begun(process: u32) {
    started().processes.push(process);
}

/// To be called before anybody else can get its number.
pub fn has_ended(process: u32) {
    started().processes.retain(|one| *one != process);
}

/// Remembers a folder, of a cluster say; it need not be forgotten.
pub fn will_remove(folder: &Path) {
    started().folders.push(folder.to_owned());
}

/// Sees to it that SIGINT and SIGTERM leave neither a process nor a folder.
///
/// # Errors
/// Signals cannot be heard.
pub fn watch() -> Outcome {
    let (tell, told) = std::sync::mpsc::channel();
    spawn(move || {
        let heard = rt::System::new().block_on(async {
            let (mut interrupt, mut terminate) =
                (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            tell.send(Ok(())).ok();
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            Ok(())
        });
        match heard {
            Ok(()) => clear_away(),
            Err(error) => drop(tell.send(Err::<(), std::io::Error>(error))),
        }
    });
    Ok(told.recv()??)
}

/// The processes that read what this one writes end by themselves.
fn clear_away() -> ! {
    let started = started();
    started.processes.iter().for_each(|process| kill(*process, libc::SIGKILL));
    let postmaster = |folder: &PathBuf| folder.join("postgres/postmaster.pid");
    for folder in &started.folders {
        let text = fs::read_to_string(postmaster(folder)).unwrap_or_default();
        if let Some(process) = text.lines().next().and_then(|line| line.parse().ok()) {
            kill(process, libc::SIGQUIT);
        }
    }
    for folder in &started.folders {
        let pause = Duration::from_millis(50);
        let mut waited = Duration::ZERO;
        while postmaster(folder).exists() && waited < PATIENCE {
            sleep(pause);
            waited += pause;
        }
        fs::remove_dir_all(folder).ok();
    }
    process::exit(130)
}

fn kill(process: u32, signal: i32) {
    if let Ok(process) = i32::try_from(process) {
        // SAFETY: a call without memory, and a process that has ended is an error of no consequence.
        unsafe { libc::kill(process, signal) };
    }
}
