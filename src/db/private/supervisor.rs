//! The shell that runs the postmaster, and outlives us by the moment that its end takes.
//!
//! It waits until the postmaster ends, or until the pipe from us closes: by `end`, or by our death,
//! kill -9 included. Then it asks for a fast shutdown, and for an immediate one if that takes 7 s.
//! At last it deletes what was temporary. It has a session of its own, where neither Ctrl-C nor the
//! end of the terminal reaches it, so that the application drains first.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::place::Place;
use super::server_log::ServerLog;

/// How long the end of a server may take; more than the shell's own limit.
pub const PATIENCE_AT_END: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Supervisor(Mutex<Child>);

impl Supervisor {
    /// The shell's command: the server's is to be added to it. At the end of the server it deletes
    /// the directories `temporary`.
    pub fn shell(place: &Place, temporary: [Option<&Path>; 2]) -> Command {
        let mut shell = place.command("/bin/sh");
        shell.args(["-c", include_str!("supervise.sh"), "pontual-postgres"]);
        shell.args(temporary.map(|path| path.unwrap_or(Path::new(""))));
        shell
    }

    pub fn start(mut shell: Command, log: &ServerLog) -> io::Result<Self> {
        shell.stdin(Stdio::piped()).stdout(log.output()?).stderr(log.output()?);
        // SAFETY: setsid is allowed between fork and exec, and touches no memory.
        unsafe {
            shell.pre_exec(|| match libc::setsid() {
                -1 => Err(io::Error::last_os_error()),
                _ => Ok(()),
            });
        }
        shell.spawn().map(Mutex::new).map(Self)
    }

    pub fn is_running(&self) -> bool {
        let mut shell = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(shell.try_wait(), Ok(None))
    }

    /// Stops the server; whether it ended in time.
    pub fn end(&mut self) -> bool {
        let shell = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(shell.stdin.take());
        let begin = Instant::now();
        while let Ok(None) = shell.try_wait() {
            if begin.elapsed() > PATIENCE_AT_END {
                return false;
            }
            sleep(Duration::from_millis(5));
        }
        true
    }
}
