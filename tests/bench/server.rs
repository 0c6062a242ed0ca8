//! The product as its users run it: `pontual serve`, optimised, in a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, cpu_of_family};
use crate::{Outcome, ending};

/// What cookies are encrypted with: of it the servers derive their keys.
pub const SECRET: &str = "a secret of the benchmarks, no other";

pub struct Server {
    process: Child,
    pub address: String,
    /// From its start until it said that it is ready.
    pub ready_after: Duration,
}

impl Server {
    pub fn start(cluster: &Cluster) -> Outcome<Self> {
        Self::product(cluster, "0")
    }

    /// In the place of one that is gone.
    pub fn start_again(cluster: &Cluster, address: &str) -> Outcome<Self> {
        let (_, port) = address.trim_end_matches('/').rsplit_once(':').ok_or("no port")?;
        Self::product(cluster, port)
    }

    fn product(cluster: &Cluster, port: &str) -> Outcome<Self> {
        let mut product = Command::new(env!("CARGO_BIN_EXE_pontual"));
        product.arg("serve").env("PONTUAL_DATA_DIR", cluster.folder.join("data")).env("PORT", port);
        Self::launch(cluster, product)
    }

    /// Starts what serves the cluster's database, and says its address in a line when it is ready.
    ///
    /// # Errors
    /// It does not.
    pub fn launch(cluster: &Cluster, mut program: Command) -> Outcome<Self> {
        let began = Instant::now();
        program
            .env("DATABASE_URL", cluster.url())
            .env("PONTUAL_SECRET_KEY", SECRET)
            .env("HOST", "127.0.0.1")
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut process = ending::spawn(&mut program)?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let ready_after = began.elapsed();
        let address = line.split_whitespace().find(|word| word.starts_with("http://"));
        let address = address.ok_or_else(|| format!("the server did not start: {line}"))?.to_owned();
        Ok(Self { process, address, ready_after })
    }

    /// Seconds of CPU so far.
    pub fn cpu(&self) -> f64 {
        cpu_of_family(self.process.id())
    }

    /// Bytes of memory that are its own or in use: the resident set (`proc(5)`, VmRSS).
    pub fn memory(&self) -> u64 {
        self.bytes("VmRSS:")
    }

    /// The most that it ever was.
    pub fn most_memory(&self) -> u64 {
        self.bytes("VmHWM:")
    }

    fn bytes(&self, name: &str) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024
    }

    /// As a loss of power would end it.
    pub fn kill(&mut self) -> Outcome {
        ending::has_ended(self.process.id());
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill().ok();
    }
}
