//! The shell that runs the postmaster. It outlives our process for as long as the shutdown takes.
//!
//! It waits until the postmaster ends or the pipe from our process closes: because of `end`, or because our
//! process died, even from kill -9. Then it requests a fast shutdown, and an immediate one if that takes 7
//! seconds. Finally it deletes temporary directories. It runs in its own session, where neither Ctrl-C nor
//! the end of the terminal reaches it, so that the application can finish its requests first.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::location::ClusterLocation;
use super::server_log::ServerLog;

/// Maximum duration of a server's shutdown. Longer than the shell's own limit.
pub const STOP_TIME_LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Supervisor(Mutex<Child>);

impl Supervisor {
    /// The shell command, to which the caller appends the server's command. When the server ends, the shell
    /// deletes the directories `temporary`.
    pub fn shell(location: &ClusterLocation, temporary: [Option<&Path>; 2]) -> Command {
        let mut shell = location.command("/bin/sh");
        shell.args(["-c", include_str!("supervise.sh"), "pontual-postgres"]);
        shell.args(temporary.map(|path| path.unwrap_or(Path::new(""))));
        shell
    }

    pub fn start(mut shell: Command, log: &ServerLog) -> io::Result<Self> {
        shell.stdin(Stdio::piped()).stdout(log.output()?).stderr(log.output()?);
        // SAFETY: setsid is allowed between fork and exec, and uses no memory.
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

    /// Stops the server. Returns whether it ended in time.
    pub fn end(&mut self) -> bool {
        let shell = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(shell.stdin.take());
        let begin = Instant::now();
        while let Ok(None) = shell.try_wait() {
            if begin.elapsed() > STOP_TIME_LIMIT {
                return false;
            }
            sleep(Duration::from_millis(5));
        }
        true
    }
}
