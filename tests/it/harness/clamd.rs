//! A stand-in for the virus scanner clamd, on loopback. It speaks the documented commands PING and INSTREAM, and finds
//! the harmless file that all scanners report (EICAR), wherever it stands in a stream.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

/// How the scanner behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Working,
    /// Takes whole files, and never answers.
    Silent,
    /// Closes the connection when the first piece has come.
    Closing,
    /// Refuses streams of more than 1,000 bytes, as with `StreamMaxLength`: answers and closes at once.
    Choosy,
    /// Answers each command with what clamd says while it does not know it.
    Confused,
}

pub struct Clamd {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    mood: Mutex<Mood>,
    /// The streams that came whole.
    streams: Mutex<Vec<Vec<u8>>>,
}

/// The test file. In two parts, so that scanners on a developer's machine leave this source alone.
pub fn eicar() -> Vec<u8> {
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat().into_bytes()
}

impl Clamd {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { mood: Mutex::new(Mood::Working), streams: Mutex::default() });
        let of_threads = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = of_threads.clone();
                thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address, shared }
    }

    /// Listens at a path as well.
    pub fn listen_at(&self, path: &Path) {
        let (listener, shared) = (UnixListener::bind(path).unwrap(), self.shared.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                thread::spawn(move || shared.serve(stream));
            }
        });
    }

    pub fn url(&self) -> String {
        format!("tcp://{}", self.address)
    }

    pub fn becomes(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    /// What was scanned so far.
    pub fn streams(&self) -> Vec<Vec<u8>> {
        self.shared.streams.lock().unwrap().clone()
    }
}

trait Connection: Read + Write + Sized {
    fn other(&self) -> Self;
}

impl Connection for TcpStream {
    fn other(&self) -> Self {
        self.try_clone().unwrap()
    }
}

impl Connection for UnixStream {
    fn other(&self) -> Self {
        self.try_clone().unwrap()
    }
}

impl Shared {
    fn serve(&self, mut stream: impl Connection) {
        let mood = *self.mood.lock().unwrap();
        let mut reader = BufReader::new(stream.other());
        let mut command = Vec::new();
        if reader.read_until(0, &mut command).is_err() {
            return;
        }
        let answer = match (&command[..], mood) {
            (_, Mood::Confused) => Ok("UNKNOWN COMMAND".to_owned()),
            (b"zPING\0", Mood::Silent) => return self.wait(&mut reader),
            (b"zPING\0", _) => Ok("PONG".to_owned()),
            (b"zINSTREAM\0", _) => self.scan(&mut reader, mood),
            _ => Ok("UNKNOWN COMMAND".to_owned()),
        };
        match answer {
            Ok(_) if mood == Mood::Silent => self.wait(&mut reader),
            Ok(answer) => stream.write_all(format!("{answer}\0").as_bytes()).unwrap_or_default(),
            Err(_) => {}
        }
    }

    /// Keeps the connection open until the other side closes it.
    fn wait(&self, reader: &mut impl Read) {
        io::copy(reader, &mut io::sink()).ok();
    }

    fn scan(&self, reader: &mut impl Read, mood: Mood) -> io::Result<String> {
        let mut whole = Vec::new();
        loop {
            let mut length = [0; 4];
            reader.read_exact(&mut length)?;
            let mut piece = vec![0; u32::from_be_bytes(length) as usize];
            reader.read_exact(&mut piece)?;
            if mood == Mood::Closing {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            if piece.is_empty() {
                break;
            }
            whole.extend(piece);
            if mood == Mood::Choosy && whole.len() > 1_000 {
                return Ok("INSTREAM size limit exceeded. ERROR".to_owned());
            }
        }
        let sign = eicar();
        let is_found = whole.windows(sign.len()).any(|window| window == sign);
        self.streams.lock().unwrap().push(whole);
        Ok(if is_found { "stream: Eicar-Signature FOUND" } else { "stream: OK" }.to_owned())
    }
}
