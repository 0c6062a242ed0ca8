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

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod allocator {
    use tikv_jemallocator::Jemalloc;

    #[global_allocator]
    static ALLOCATOR: Jemalloc = Jemalloc;

    /// What jemalloc reads at its start (see `jemalloc(3)`): what nobody has used for half a second goes back to
    /// the system.
    #[unsafe(export_name = "_rjem_malloc_conf")]
    static MALLOC_CONF: Option<&u8> =
        Some(&b"dirty_decay_ms:500,muzzy_decay_ms:0,background_thread:true\0"[0]);
}
