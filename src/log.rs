//! The log: one line per event on stderr. No decision depends on it.
//!
//! The reader of stderr may be gone, its disk may be full, or its pipe may be full. Logging must not block,
//! fail or panic because of that. So each line goes into a queue, and a separate thread writes the queue out.
//! When the queue is full, lines are dropped, and the log says how many.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Maximum number of lines that wait to be written.
const QUEUE: usize = 8192;

/// How long the end of the process waits for the last lines.
const LAST_LINES: Duration = Duration::from_millis(500);

/// Starts the log of this process. Panics are logged too.
pub fn start() -> Log {
    let log = Log::to(io::stderr());
    let mut filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,pontual=info".into());
    // At its level "trace", this library writes passwords.
    if let Ok(quiet) = "async_imap=info".parse() {
        filter = filter.add_directive(quiet);
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        // When stderr is closed, tracing's own report of the failed write would panic.
        .log_internal_errors(false)
        .with_writer(log.clone())
        .init();
    std::panic::set_hook(Box::new(|panic| {
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(%backtrace, "{panic}");
    }));
    log
}

/// Prints a line on stdout. Unlike `println!`, it does not panic if nobody reads it.
pub fn say(line: impl std::fmt::Display) {
    writeln!(io::stdout(), "{line}").ok();
}

enum Entry {
    Line(Vec<u8>),
    /// Answered when all lines before it are written.
    Flush(SyncSender<()>),
}

/// The sending end of the queue, cheap to clone.
#[derive(Clone)]
pub struct Log {
    queue: SyncSender<Entry>,
    left_out: Arc<AtomicUsize>,
}

impl Log {
    /// A log that writes to `output` from its own thread.
    fn to(output: impl Write + Send + 'static) -> Self {
        let (queue, entries) = sync_channel(QUEUE);
        let left_out = Arc::<AtomicUsize>::default();
        let log = Self { queue, left_out: left_out.clone() };
        // If the thread cannot start, nothing is logged, but everything else works.
        std::thread::Builder::new().name("log".into()).spawn(move || write(&entries, &left_out, output)).ok();
        log
    }

    /// Waits up to [`LAST_LINES`] until the queued lines are written.
    pub fn flush(&self) {
        let (done, is_done) = sync_channel(1);
        if self.queue.try_send(Entry::Flush(done)).is_ok() {
            is_done.recv_timeout(LAST_LINES).ok();
        }
    }
}

/// Writes the queue out until every [`Log`] is dropped. A line that cannot be written is lost.
fn write(entries: &Receiver<Entry>, left_out: &AtomicUsize, mut output: impl Write) {
    for entry in entries {
        match entry {
            Entry::Line(line) => {
                output.write_all(&line).ok();
            }
            Entry::Flush(done) => {
                output.flush().ok();
                done.try_send(()).ok();
            }
        }
        let missing = left_out.swap(0, Ordering::Relaxed);
        if missing > 0 {
            let line =
                format!("{missing} lines of the log were left out: they came faster than they were read\n");
            output.write_all(line.as_bytes()).ok();
        }
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = LineWriter<'a>;

    fn make_writer(&'a self) -> LineWriter<'a> {
        LineWriter(self)
    }
}

/// Receives one whole line per call, as tracing writes them.
pub struct LineWriter<'a>(&'a Log);

impl Write for LineWriter<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Err(TrySendError::Full(_)) = self.0.queue.try_send(Entry::Line(line.to_vec())) {
            self.0.left_out.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::sync::{Condvar, Mutex};

    use super::*;

    /// A writer that blocks while its gate is closed and then forwards what is written.
    struct Gated {
        is_open: Arc<(Mutex<bool>, Condvar)>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Gated {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            let (is_open, opened) = &*self.is_open;
            drop(opened.wait_while(is_open.lock().unwrap(), |is_open| !*is_open).unwrap());
            self.written.send(line.to_vec()).unwrap();
            Ok(line.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn logging_never_blocks_when_nobody_reads_stderr() {
        let (written, lines) = channel();
        let gate = Arc::new((Mutex::new(false), Condvar::new()));
        let log = Log::to(Gated { is_open: gate.clone(), written });
        for _ in 0..QUEUE + 100 {
            log.make_writer().write_all(b"line\n").unwrap();
        }
        *gate.0.lock().unwrap() = true;
        gate.1.notify_all();
        let all: Vec<Vec<u8>> = lines.iter().take(QUEUE + 1).collect();
        assert!(
            all.iter().any(|line| line.starts_with(b"9") || line.starts_with(b"100")),
            "it says how many"
        );
    }

    #[test]
    fn a_line_that_cannot_be_written_is_dropped() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }

            fn flush(&mut self) -> io::Result<()> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
        let log = Log::to(Closed);
        log.make_writer().write_all(b"line\n").unwrap();
        log.flush();
        log.make_writer().write_all(b"line\n").unwrap();
    }
}
