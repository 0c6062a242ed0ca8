//! A process that holds the streams of many browsers, controlled by the benchmark.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use super::streams::cookie;
use crate::cluster::Cluster;
use crate::{Outcome, parts};

pub struct Crowd {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Number of streams that it holds.
    pub size: usize,
}

/// An event that a stream received, or something that happened to the stream.
pub struct Record {
    pub name: String,
    pub id: Option<i64>,
    /// Seconds since 1970.
    pub at: f64,
}

impl Crowd {
    /// Opens a stream for each of `users`. With `listens`, also listens to PostgreSQL's NOTIFY.
    pub fn start(cluster: &Cluster, address: &str, users: &[i64], listens: bool) -> Outcome<Self> {
        let mut process = parts::command("streams")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let commands = process.stdin.take().ok_or("no input")?;
        let answers = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut crowd = Self { process, commands, answers, size: users.len() };
        let cookies: Vec<String> = users.iter().map(|user| cookie(*user)).collect();
        for line in [address, if listens { cluster.url() } else { "" }, &cookies.join(" ")] {
            crowd.say(line)?;
        }
        Ok(crowd)
    }

    /// Number of streams that have begun and not ended.
    pub fn open(&mut self) -> Outcome<usize> {
        self.say("open")?;
        Ok(self.line()?.parse()?)
    }

    /// What happened since the last call.
    pub fn records(&mut self) -> Outcome<Vec<Record>> {
        self.say("records")?;
        let mut records = Vec::new();
        loop {
            let line = self.line()?;
            let mut words = line.split(' ');
            let (Some(name), Some(id), Some(at)) = (words.next(), words.next(), words.next()) else {
                return Ok(records);
            };
            records.push(Record { name: name.into(), id: id.parse().ok(), at: at.parse()? });
        }
    }

    fn say(&mut self, line: &str) -> Outcome {
        Ok(writeln!(self.commands, "{line}")?)
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err("the process that holds the streams has ended".into()),
            _ => Ok(line.trim_end().into()),
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
