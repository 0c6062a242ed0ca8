//! Where a cluster and its socket are stored, and which account runs its server.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{PORT, StartError, Tuning};

/// Used when root starts the server and PostgreSQL's account cannot enter the data directory.
const SHARED_PARENT: &str = "/var/lib/pontual";

/// Maximum length of a socket path, in bytes, on macOS; Linux allows four more.
const LONGEST_SOCKET: usize = 103;

/// A user of the operating system other than root. PostgreSQL refuses to run as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SystemUser {
    uid: u32,
    gid: u32,
}

/// A cluster's directory, and the account of its server; `None` is our own account.
#[derive(Debug)]
pub(super) struct ClusterLocation {
    pub data_dir: PathBuf,
    pub account: Option<SystemUser>,
}

impl ClusterLocation {
    /// Decides where to put the cluster for Pontual's data directory `wanted`, and creates the parent
    /// directory.
    pub fn choose(wanted: &Path, tuning: Tuning) -> Result<ClusterLocation, StartError> {
        let wanted = match tuning {
            Tuning::Durable => wanted.join("postgres"),
            Tuning::ThrowAway => wanted.to_owned(),
        };
        let data_dir = absolute(&wanted).map_err(|cause| StartError::directory(&wanted, cause))?;
        // SAFETY: geteuid reads a number and cannot fail.
        if unsafe { libc::geteuid() } != 0 {
            return Ok(ClusterLocation { data_dir, account: None });
        }
        let account = owner_of(&data_dir).map_or_else(SystemUser::for_a_server, Ok)?;
        if account.can_enter(data_dir.parent().unwrap_or(&data_dir)) {
            return Ok(ClusterLocation { data_dir, account: Some(account) });
        }
        if data_dir.join("PG_VERSION").exists() {
            let cause = io::Error::other("its owner cannot enter the directories above it");
            return Err(StartError::directory(&data_dir, cause));
        }
        let temporary = std::env::temp_dir();
        if tuning == Tuning::ThrowAway && account.can_enter(&temporary) {
            return Ok(ClusterLocation { data_dir: temporary.join(unused_name()), account: Some(account) });
        }
        let elsewhere = Path::new(SHARED_PARENT).join(one_name(&data_dir));
        link_elsewhere(&data_dir, &elsewhere).map_err(|cause| StartError::directory(&elsewhere, cause))?;
        let account = owner_of(&elsewhere).unwrap_or(account);
        Ok(ClusterLocation { data_dir: elsewhere, account: Some(account) })
    }

    /// The major version of the existing cluster, if there is one.
    pub fn major(&self) -> Result<Option<u32>, StartError> {
        let read = |path: &Path| match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        };
        let failed = |cause| StartError::directory(&self.data_dir, cause);
        match read(&self.data_dir.join("PG_VERSION")).map_err(failed)? {
            Some(version) => Ok(version.trim().parse().ok()),
            None if is_empty_or_absent(&self.data_dir).map_err(failed)? => Ok(None),
            None => Err(StartError::NotACluster(self.data_dir.clone())),
        }
    }

    /// Keeps a second Pontual out for as long as the file is open. If the process dies, the system releases
    /// the lock.
    pub fn lock(&self) -> Result<File, StartError> {
        let path = self.beside("lock");
        let failed = |cause| StartError::directory(&path, cause);
        let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(StartError::InUse(self.data_dir.clone())),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    /// A path next to the cluster's directory: `postgres` → `postgres.lock`.
    pub fn beside(&self, extension: &str) -> PathBuf {
        let mut path = self.data_dir.clone().into_os_string();
        path.push(".");
        path.push(extension);
        path.into()
    }

    /// A command that runs as the server's account, in a directory that this account can enter.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        command_as(self.account, program)
    }

    /// Creates a directory that only the server's account (and root) can enter.
    pub fn make_private(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)?;
        self.hand_over(path)
    }

    /// Makes the server's account the owner of `path`.
    pub fn hand_over(&self, path: &Path) -> io::Result<()> {
        match self.account {
            Some(account) => chown(path, Some(account.uid), Some(account.gid)),
            None => Ok(()),
        }
    }

    /// The directory of the socket: the cluster's own, which is private, unless its path is too long for a
    /// socket.
    pub fn socket_dir(&self) -> io::Result<SocketDir> {
        if fits_a_socket(&self.data_dir) {
            return Ok(SocketDir { path: self.data_dir.clone(), is_temporary: false });
        }
        let name = unused_name();
        let is_usable =
            |dir: &Path| fits_a_socket(&dir.join(&name)) && self.account.is_none_or(|a| a.can_enter(dir));
        let parent = Some(std::env::temp_dir()).filter(|dir| is_usable(dir)).unwrap_or_else(|| "/tmp".into());
        let path = parent.join(name);
        self.make_private(&path)?;
        Ok(SocketDir { path, is_temporary: true })
    }
}

#[derive(Debug)]
pub(super) struct SocketDir {
    pub path: PathBuf,
    /// Whether to delete the directory when the server stops.
    pub is_temporary: bool,
}

impl SystemUser {
    /// The account `postgres`, or else `nobody`.
    fn for_a_server() -> Result<SystemUser, StartError> {
        ["postgres", "nobody"].into_iter().find_map(SystemUser::named).ok_or(StartError::NoAccount)
    }

    /// Asks `id`, which knows all sources of accounts.
    fn named(name: &str) -> Option<SystemUser> {
        let number = |option| {
            let output = Command::new("id").args([option, name]).stderr(Stdio::null()).output().ok()?;
            let id: i64 = String::from_utf8(output.stdout).ok()?.trim().parse().ok()?;
            u32::try_from(id).ok().or_else(|| i32::try_from(id).ok().map(i32::cast_unsigned))
        };
        Some(SystemUser { uid: number("-u")?, gid: number("-g")? })
    }

    /// Tries to enter the directory: its mode alone is not enough (ACLs, network file systems).
    fn can_enter(self, dir: &Path) -> bool {
        command_as(Some(self), "/bin/sh")
            .args(["-c", r#"cd -- "$1""#, "sh"])
            .arg(dir)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// `Command` drops root's supplementary groups when it changes the account.
fn command_as(account: Option<SystemUser>, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// The owner of an existing cluster: only this account can serve it.
fn owner_of(data_dir: &Path) -> Option<SystemUser> {
    let metadata = fs::metadata(data_dir.join("PG_VERSION")).ok()?;
    (metadata.uid() != 0).then(|| SystemUser { uid: metadata.uid(), gid: metadata.gid() })
}

/// Leaves a link in the data directory that points to the cluster.
fn link_elsewhere(data_dir: &Path, elsewhere: &Path) -> io::Result<()> {
    tracing::info!(
        "the database is in {}: PostgreSQL's account cannot enter {}",
        elsewhere.display(),
        data_dir.display()
    );
    if !Path::new(SHARED_PARENT).exists() {
        fs::create_dir_all(SHARED_PARENT)?;
        fs::set_permissions(SHARED_PARENT, fs::Permissions::from_mode(0o755))?; // whatever umask is set
    }
    match symlink(elsewhere, data_dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The absolute path with links resolved. Creates the parent directory if it is missing.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a directory's name"));
    };
    fs::create_dir_all(parent)?;
    let path = parent.canonicalize()?.join(name);
    if path.exists() { path.canonicalize() } else { Ok(path) }
}

fn is_empty_or_absent(dir: &Path) -> io::Result<bool> {
    match fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn unused_name() -> String {
    let nanoseconds = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.subsec_nanos());
    format!("pontual-{}-{nanoseconds}", std::process::id())
}

fn fits_a_socket(dir: &Path) -> bool {
    dir.join(format!(".s.PGSQL.{PORT}")).as_os_str().len() <= LONGEST_SOCKET
}

/// Turns a whole path into one file name, unique per path: `/root/a-b` → `root-a%2Db`.
fn one_name(path: &Path) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'_');
    let path = String::from_utf8_lossy(path.as_os_str().as_bytes());
    utf8_percent_encode(path.trim_start_matches('/'), PLAIN).to_string().replace('/', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_a_name_of_its_own() {
        assert_eq!(one_name(Path::new("/root/x/data/postgres")), "root-x-data-postgres");
        assert_eq!(one_name(Path::new("/root/x-data/postgres")), "root-x%2Ddata-postgres");
        assert_eq!(one_name(Path::new("/root/café 1")), "root-caf%C3%A9%201");
    }

    #[test]
    fn a_long_path_does_not_fit_a_socket() {
        assert!(fits_a_socket(Path::new("/var/lib/pontual/root-x-data-postgres")));
        assert!(!fits_a_socket(&Path::new("/srv").join("x".repeat(90))));
    }

    #[test]
    fn a_long_path_gets_a_short_private_socket() {
        let location = ClusterLocation { data_dir: Path::new("/srv").join("x".repeat(90)), account: None };
        let socket = location.socket_dir().unwrap();
        assert!(socket.is_temporary && fits_a_socket(&socket.path));
        assert_eq!(fs::metadata(&socket.path).unwrap().mode() & 0o777, 0o700);
        fs::remove_dir(socket.path).unwrap();
    }

    #[test]
    fn a_directory_with_other_things_is_refused() {
        let dir = std::env::temp_dir().join(format!("pontual-location-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let location = ClusterLocation { data_dir: dir.clone(), account: None };
        assert!(location.major().unwrap().is_none());

        fs::write(dir.join("letter.txt"), "").unwrap();
        assert!(matches!(location.major(), Err(StartError::NotACluster(_))));

        fs::write(dir.join("PG_VERSION"), "15\n").unwrap();
        assert_eq!(location.major().unwrap(), Some(15));
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_second_lock_is_refused() {
        let dir = std::env::temp_dir().join(format!("pontual-lock-{}", std::process::id()));
        let location = ClusterLocation { data_dir: dir, account: None };
        let first = location.lock().unwrap();
        assert!(matches!(location.lock(), Err(StartError::InUse(_))));
        drop(first);
        assert!(location.lock().is_ok());
        fs::remove_file(location.beside("lock")).unwrap();
    }
}
