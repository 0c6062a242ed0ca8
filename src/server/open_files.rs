//! The limit of open files and connections. Each browser holds a connection for live events. The usual soft
//! limit of 1,024 exists for programs that use `select(2)`, so the process raises its soft limit to the hard
//! limit.

use std::io;

/// Files reserved for everything except browser connections: database, uploads, logs.
const RESERVED_FILES: u64 = 200;

/// Below this limit the log warns: in a company of thousands, some pages would get no live events.
const RECOMMENDED_LIMIT: u64 = 12_000;

/// Raises the limit of this process as far as possible. Returns the number of connections left for browsers.
pub fn raise_limit() -> usize {
    let limit = match raise() {
        Ok(limit) => limit,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be raised");
            RECOMMENDED_LIMIT
        }
    };
    if limit < RECOMMENDED_LIMIT {
        tracing::warn!(
            "at most {} browsers can be connected at once: the hard limit of open files is {limit} (LimitNOFILE, ulimit -Hn)",
            browsers(limit)
        );
    }
    browsers(limit)
}

fn browsers(limit: u64) -> usize {
    usize::try_from(limit.saturating_sub(RESERVED_FILES).max(limit / 2)).unwrap_or(usize::MAX)
}

fn raise() -> io::Result<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is valid for the call.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if limit.rlim_cur < limit.rlim_max {
        limit.rlim_cur = limit.rlim_max;
        // SAFETY: as above.
        if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(limit.rlim_cur)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_limit_is_kept_for_the_database_and_for_files() {
        assert_eq!(browsers(20_000), 19_800);
        assert_eq!(browsers(256), 128);
    }

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let raised = raise().unwrap();
        assert_eq!(raise().unwrap(), raised);
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the pointer is valid for the call.
        assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }, 0);
        assert_eq!((limit.rlim_cur, limit.rlim_max), (raised, raised));
    }
}
