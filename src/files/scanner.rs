//! The virus scanner: a `clamd` of the operator (`PONTUAL_CLAMD`). Without one, files are not scanned.
//!
//! A file is sent in pieces on a connection of its own (clamd's command INSTREAM). A file that cannot be scanned
//! is never kept: whoever sent it tries again, and what a service delivered waits.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::rt::time::timeout;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{Mutex, Semaphore};

use crate::config::ClamdAddress;
use crate::error::Error;

/// Maximum time to connect.
const CONNECT_TIME_LIMIT: Duration = Duration::from_secs(3);

/// Maximum time to scan a file, from the connection to the answer. A channel's message with five files must fit
/// into the time in which the inbox reads it.
const SCAN_TIME_LIMIT: Duration = Duration::from_secs(15);

/// Maximum time of an answer to PING.
const PING_TIME_LIMIT: Duration = Duration::from_secs(2);

/// How long an answer to PING counts. `/readyz` is public, and must not become a way to keep clamd busy.
const PING_MAX_AGE: Duration = Duration::from_secs(2);

/// Bytes per piece.
const PIECE: usize = 64 * 1024;

/// Maximum bytes of an answer that are read.
const MAX_ANSWER: u64 = 1024;

/// Maximum scans at a time per process. clamd runs ten threads by default.
const MAX_SCANS: usize = 6;

/// The scanner; cheap to clone.
#[derive(Clone, Debug)]
pub struct Scanner(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    address: ClamdAddress,
    /// Maximum time of a scan.
    scan_time_limit: Duration,
    turns: Semaphore,
    /// When PING was last sent, and whether it was answered.
    last_ping: Mutex<Option<(Instant, bool)>>,
}

/// Why a file was not scanned.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error("the virus scanner cannot be reached: {0}")]
    Unreachable(io::Error),
    /// It gave up, or took too long.
    #[error("the virus scanner could not scan the file: {0}")]
    GaveUp(io::Error),
}

impl From<ScanError> for Error {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Unreachable(_) => Self::Unavailable(error.to_string()),
            ScanError::GaveUp(_) => Self::unexpected(error),
        }
    }
}

/// What the scanner says about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Clean,
    /// Holds the scanner's name for what it found.
    Found(String),
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Scanner {
    pub fn new(address: ClamdAddress) -> Self {
        Self::with_time_limit(SCAN_TIME_LIMIT, address)
    }

    /// A scanner that gets another time for a file.
    pub fn with_time_limit(scan_time_limit: Duration, address: ClamdAddress) -> Self {
        let turns = Semaphore::new(MAX_SCANS);
        Self(Arc::new(Inner { address, scan_time_limit, turns, last_ping: Mutex::default() }))
    }

    /// Scans the file at `path`.
    pub async fn scan(&self, path: &Path) -> Result<Verdict, ScanError> {
        let scan_time_limit = self.0.scan_time_limit;
        let turn = within(scan_time_limit, async { self.0.turns.acquire().await.map_err(io::Error::other) });
        let _turn = turn.await.map_err(ScanError::Unreachable)?;
        let mut stream = self.connect().await.map_err(ScanError::Unreachable)?;
        let scanned = within(scan_time_limit, async {
            let sent = send(&mut stream, path).await;
            // clamd may answer and close before it has read the whole file.
            match (answer(&mut stream).await, sent) {
                (Ok(answer), _) if !answer.is_empty() => verdict(&answer),
                (_, Err(error)) | (Err(error), Ok(())) => Err(error),
                (Ok(_), Ok(())) => Err(io::Error::other("no answer")),
            }
        });
        scanned.await.map_err(ScanError::GaveUp)
    }

    /// Whether the scanner answers.
    pub async fn answers(&self) -> bool {
        let mut last = self.0.last_ping.lock().await;
        if let Some((at, answered)) = *last
            && at.elapsed() < PING_MAX_AGE
        {
            return answered;
        }
        let pong = within(PING_TIME_LIMIT, async {
            let mut stream = self.connect().await?;
            stream.write_all(b"zPING\0").await?;
            answer(&mut stream).await
        });
        let answered = match pong.await {
            Ok(answer) if answer == "PONG" => true,
            Ok(answer) => {
                tracing::warn!(address = %self.0.address, answer, "the virus scanner does not answer as it should");
                false
            }
            Err(error) => {
                tracing::warn!(address = %self.0.address, %error, "the virus scanner does not answer");
                false
            }
        };
        *last = Some((Instant::now(), answered));
        answered
    }

    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        within(CONNECT_TIME_LIMIT, async {
            Ok(match &self.0.address {
                ClamdAddress::Tcp(host, port) => {
                    Box::new(TcpStream::connect((host.as_str(), *port)).await?) as Box<dyn Stream>
                }
                ClamdAddress::Unix(path) => Box::new(UnixStream::connect(path).await?),
            })
        })
        .await
    }
}

/// Each piece begins with its length in four bytes; one of length 0 ends the file.
async fn send(stream: &mut (impl Stream + ?Sized), path: &Path) -> io::Result<()> {
    let mut file = File::open(path).await?;
    let mut piece = vec![0; PIECE];
    stream.write_all(b"zINSTREAM\0").await?;
    loop {
        let read = file.read(&mut piece).await?;
        stream.write_all(&(read as u32).to_be_bytes()).await?;
        if read == 0 {
            return stream.flush().await;
        }
        stream.write_all(&piece[..read]).await?;
    }
}

/// The answer up to its NUL, or to the end of the connection.
async fn answer(stream: &mut (impl Stream + ?Sized)) -> io::Result<String> {
    let mut bytes = Vec::new();
    BufReader::new(stream.take(MAX_ANSWER)).read_until(0, &mut bytes).await?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_matches(['\0', '\n', ' ']).to_owned())
}

/// `stream: OK`, `stream: NAME FOUND`, or a sentence that ends with ERROR.
fn verdict(answer: &str) -> io::Result<Verdict> {
    match answer.strip_prefix("stream: ") {
        Some("OK") => Ok(Verdict::Clean),
        Some(found) if found.ends_with(" FOUND") => {
            Ok(Verdict::Found(found.trim_end_matches(" FOUND").to_owned()))
        }
        _ => Err(io::Error::other(format!("it answered {answer:?}"))),
    }
}

async fn within<T>(limit: Duration, step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(limit, step).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_ok_makes_a_file_clean() {
        assert_eq!(verdict("stream: OK").unwrap(), Verdict::Clean);
        assert_eq!(
            verdict("stream: Eicar-Signature FOUND").unwrap(),
            Verdict::Found("Eicar-Signature".into())
        );
        for other in
            ["INSTREAM size limit exceeded. ERROR", "UNKNOWN COMMAND", "stream: ", "OK", "stream: OK ERROR"]
        {
            assert!(verdict(other).is_err(), "{other}");
        }
    }
}
