//! How long a start takes: on an empty database, with the binary not in the kernel's cache, and warm.

use crate::cluster::Cluster;
use crate::report::{Report, median};
use crate::server::Server;
use crate::{Outcome, load};

const STARTS: usize = 5;

pub fn run(report: &mut Report) -> Outcome {
    let empty = Cluster::empty()?;
    report.add("empty", milliseconds(&empty)?, "ms");
    drop(empty);
    let cluster = Cluster::new()?;
    let starts = |is_cold: bool| -> Outcome<Vec<f64>> {
        let start = |_| {
            if is_cold {
                forget_binary()?;
            }
            milliseconds(&cluster)
        };
        (0..STARTS).map(start).collect()
    };
    report.add("cold", median(&starts(true)?), "ms");
    report.add("warm", median(&starts(false)?), "ms");
    load::check(&mut cluster.connect()?)
}

fn milliseconds(cluster: &Cluster) -> Outcome<f64> {
    Ok(Server::start(cluster)?.ready_after.as_secs_f64() * 1000.0)
}

/// Removes the binary from the kernel's file cache, which needs no privilege. PostgreSQL stays warm.
#[cfg(target_os = "linux")]
fn forget_binary() -> Outcome {
    use std::os::fd::AsRawFd;

    let file = std::fs::File::open(env!("CARGO_BIN_EXE_pontual"))?;
    file.sync_all()?;
    // SAFETY: the descriptor is open during the call, which only affects the cache.
    match unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) } {
        0 => Ok(()),
        error => Err(std::io::Error::from_raw_os_error(error).into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn forget_binary() -> Outcome {
    Err("only Linux can forget the binary".into())
}
