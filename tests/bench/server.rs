//! The product as its users run it: `pontual serve`, optimised, in its own process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, cpu_of_family};
use crate::{Outcome, ending};

/// The secret from which the servers derive their keys, such as the key of cookies.
pub const SECRET: &str = "a secret of the benchmarks, no other";

pub struct Server {
    process: Child,
    pub address: String,
    /// Time from the start until the server printed that it is ready.
    pub ready_after: Duration,
}

impl Server {
    pub fn start(cluster: &Cluster) -> Outcome<Self> {
        Self::product(cluster, "0")
    }

    /// Starts a server that may call receivers on this machine.
    pub fn allowing_private_addresses(cluster: &Cluster) -> Outcome<Self> {
        let mut product = Self::command(cluster, "0");
        product.env("PONTUAL_ALLOW_PRIVATE_ADDRESSES", "yes");
        Self::launch(cluster, product)
    }

    /// Starts a server at the address of one that was killed.
    pub fn start_again(cluster: &Cluster, address: &str) -> Outcome<Self> {
        let (_, port) = address.trim_end_matches('/').rsplit_once(':').ok_or("no port")?;
        Self::product(cluster, port)
    }

    fn product(cluster: &Cluster, port: &str) -> Outcome<Self> {
        Self::launch(cluster, Self::command(cluster, port))
    }

    fn command(cluster: &Cluster, port: &str) -> Command {
        let mut product = Command::new(env!("CARGO_BIN_EXE_pontual"));
        product.arg("serve").env("PONTUAL_DATA_DIR", cluster.folder.join("data")).env("PORT", port);
        product
    }

    /// Starts a program that serves the cluster's database and prints its address in a line when it is ready.
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

    /// CPU seconds used so far.
    pub fn cpu(&self) -> f64 {
        cpu_of_family(self.process.id())
    }

    /// Bytes of the resident set (`proc(5)`, VmRSS).
    pub fn memory(&self) -> u64 {
        self.bytes("VmRSS:")
    }

    /// Maximum bytes of the resident set so far (VmHWM).
    pub fn most_memory(&self) -> u64 {
        self.bytes("VmHWM:")
    }

    fn bytes(&self, name: &str) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024
    }

    /// Kills the server without warning (SIGKILL).
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
