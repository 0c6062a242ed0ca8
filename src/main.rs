//! The binary: reads the command line and prints an error in one sentence.

use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::Parser;
use pontual::cli::{Arguments, run};
use pontual::log;

fn main() -> ExitCode {
    let log = log::start();
    let ended = run(Arguments::parse());
    log.flush();
    match ended {
        Ok(code) => code,
        Err(trouble) => {
            writeln!(stderr(), "pontual: {trouble}").ok();
            ExitCode::FAILURE
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod allocator {
    use tikv_jemallocator::Jemalloc;

    #[global_allocator]
    static ALLOCATOR: Jemalloc = Jemalloc;

    /// Options that jemalloc reads at its start (see `jemalloc(3)`): memory unused for half a second is
    /// returned to the system.
    #[unsafe(export_name = "_rjem_malloc_conf")]
    static MALLOC_CONF: Option<&u8> =
        Some(&b"dirty_decay_ms:500,muzzy_decay_ms:0,background_thread:true\0"[0]);
}
