//! Many browsers at once, in their own process, each on a connection that stays open.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::http::Client;
use crate::parts;
use crate::report::quantile;

/// What the clients do. Each sends its next request as soon as the last one is answered.
#[derive(Clone, Serialize, Deserialize)]
pub struct Job {
    pub address: String,
    pub cookies: Vec<(String, String)>,
    pub connections: usize,
    /// Seconds before the measurement, and seconds of the measurement.
    pub warm_up: f64,
    pub seconds: f64,
    pub asks: Vec<Ask>,
    /// Whether to start again after the last request. Otherwise a client stops when none is left.
    pub repeats: bool,
    /// Allowed statuses, and the minimum bytes of an answer. Any other answer is an error.
    pub expected: Vec<u16>,
    pub least: usize,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Ask {
    pub path: String,
    /// Content type and body of a POST.
    pub body: Option<(String, String)>,
    /// Whether the answer may be compressed, as browsers accept it.
    pub compressed: bool,
}

/// The result of a job.
#[derive(Serialize, Deserialize)]
pub struct Done {
    pub seconds: f64,
    /// Status and milliseconds of each answer.
    pub answers: Vec<(u16, f64)>,
}

impl Done {
    pub fn rate(&self) -> f64 {
        self.answers.len() as f64 / self.seconds
    }

    /// Milliseconds within which this share of the answers arrived.
    pub fn time(&self, share: f64) -> f64 {
        let mut times: Vec<f64> = self.answers.iter().map(|(_, time)| *time).collect();
        times.sort_by(f64::total_cmp);
        quantile(&times, share)
    }

    pub fn count(&self, status: u16) -> usize {
        self.answers.iter().filter(|(answered, _)| *answered == status).count()
    }

    /// Joins the results of several rounds.
    pub fn of(rounds: Vec<Self>) -> Self {
        let seconds = rounds.iter().map(|round| round.seconds).sum();
        Self { seconds, answers: rounds.into_iter().flat_map(|round| round.answers).collect() }
    }
}

/// The process in which the clients run.
pub struct Clients {
    process: Child,
    jobs: ChildStdin,
    done: BufReader<ChildStdout>,
}

impl Clients {
    pub fn start() -> Outcome<Self> {
        let mut process = parts::command("clients")?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let jobs = process.stdin.take().ok_or("no input")?;
        let done = BufReader::new(process.stdout.take().ok_or("no output")?);
        Ok(Self { process, jobs, done })
    }

    pub fn run(&mut self, job: &Job) -> Outcome<Done> {
        writeln!(self.jobs, "{}", serde_json::to_string(job)?)?;
        let mut line = String::new();
        self.done.read_line(&mut line)?;
        Ok(serde_json::from_str::<Result<Done, String>>(&line)??)
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// The part that runs jobs: one job per line of its input, one result per line of its output.
pub fn serve() -> Outcome {
    for line in std::io::stdin().lines() {
        let done = work(&serde_json::from_str(&line?)?).map_err(|error| error.to_string());
        println!("{}", serde_json::to_string(&done)?);
    }
    Ok(())
}

fn work(job: &Job) -> Outcome<Done> {
    let clients: Vec<Client> = (0..job.connections)
        .map(|_| Client::connect(&job.address).map(|client| client.with(&job.cookies)))
        .collect::<Outcome<_>>()?;
    let (next, start) = (AtomicUsize::new(0), Barrier::new(job.connections));
    let (next, start) = (&next, &start);
    let of_each = thread::scope(|scope| {
        let visit = |client| scope.spawn(move || visit(client, job, next, start).map_err(|e| e.to_string()));
        let visitors: Vec<_> = clients.into_iter().map(visit).collect();
        visitors
            .into_iter()
            .map(|visitor| visitor.join().map_err(|_| "a client panicked")?)
            .collect::<Result<Vec<_>, String>>()
    })?;
    let seconds = of_each.iter().map(|(seconds, _)| *seconds).fold(0.0, f64::max);
    Ok(Done { seconds, answers: of_each.into_iter().flat_map(|(_, answers)| answers).collect() })
}

/// The seconds that one client worked after the warm-up, and its answers.
fn visit(
    mut client: Client,
    job: &Job,
    next: &AtomicUsize,
    start: &Barrier,
) -> Outcome<(f64, Vec<(u16, f64)>)> {
    start.wait();
    let counts_from = Instant::now() + Duration::from_secs_f64(job.warm_up);
    let end = counts_from + Duration::from_secs_f64(job.seconds);
    let mut answers = Vec::new();
    loop {
        let (began, place) = (Instant::now(), next.fetch_add(1, Ordering::Relaxed));
        let place = if job.repeats { place % job.asks.len() } else { place };
        let Some(ask) = job.asks.get(place).filter(|_| began < end) else { break };
        client.accept_compressed(ask.compressed);
        let answer = match &ask.body {
            None => client.get(&ask.path)?,
            Some((kind, body)) => client.post_as(&ask.path, kind, body.as_bytes())?,
        };
        if !job.expected.contains(&answer.status) || answer.body.len() < job.least {
            return Err(format!("{}: {} with {} bytes", ask.path, answer.status, answer.body.len()).into());
        }
        if began >= counts_from {
            answers.push((answer.status, began.elapsed().as_secs_f64() * 1000.0));
        }
    }
    Ok((counts_from.elapsed().as_secs_f64(), answers))
}
