//! The binary: reads the command line and reports trouble in one sentence.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use pontual::cli::{Arguments, run};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,pontual=info".into());
    let is_terminal = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(is_terminal)
        .with_writer(std::io::stderr)
        .init();
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(trouble) => {
            eprintln!("pontual: {trouble}");
            ExitCode::FAILURE
        }
    }
}
