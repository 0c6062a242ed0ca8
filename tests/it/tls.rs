//! A remote PostgreSQL must prove its identity. The tests use one on loopback TCP with a self-signed certificate.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use pontual::db::{connect, with_tls_and_time_outs};

#[test]
fn a_self_signed_server_is_refused_without_its_root_and_accepted_with_it() {
    let server = TlsServer::start();
    let address = format!("postgresql://pontual@localhost:{}/postgres?sslmode=verify-full", server.port);
    let other_roots = format!("{address}&sslrootcert={}", server.path("other.crt").display());
    let refused = connect(&other_roots).err().unwrap().to_string();
    assert!(refused.contains("certificate verify failed"), "{refused}");
    let no_roots = format!("{address}&sslrootcert=/nowhere/root.crt");
    assert!(connect(&no_roots).is_err());

    let with_root = format!("{address}&sslrootcert={}", server.path("server.crt").display());
    connect(&with_root).expect("the server's own certificate is a root that was given");
    // The same server under a name that is not in its certificate.
    let by_number = with_root.replace("localhost", "127.0.0.1");
    assert!(connect(&by_number).is_err());
}

#[test]
fn a_remote_address_without_a_mode_is_joined_only_if_the_server_proves_itself() {
    let server = TlsServer::start();
    // A remote name at a local address.
    let address = format!("postgresql://pontual@db.example:{}/postgres?hostaddr=127.0.0.1", server.port);
    assert!(connect(&with_tls_and_time_outs(&address).unwrap()).is_err());
    let with_root = format!("{address}&sslrootcert={}", server.path("server.crt").display());
    let mut conn = connect(&with_tls_and_time_outs(&with_root).unwrap()).expect("the root was given");
    let uses_tls = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert!(diesel::select(sql::<Bool>(&format!("({uses_tls})"))).get_result::<bool>(&mut conn).unwrap());
}

/// A separate server with TLS, which ends with the test.
struct TlsServer {
    directory: PathBuf,
    port: u16,
    server: Child,
}

impl TlsServer {
    fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let directory = std::env::temp_dir().join(format!("pontual-tls-{}-{port}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        make_certificate(&directory, "server", "localhost");
        make_certificate(&directory, "other", "other.example");
        let account = account();
        give(&directory, account);
        let data = directory.join("data");
        let mut initdb = program("initdb", account);
        initdb.args(["--no-sync", "-A", "trust", "-U", "pontual", "-D"]).arg(&data);
        assert!(initdb.stdout(Stdio::null()).status().unwrap().success());
        let mut postgres = program("postgres", account);
        postgres.arg("-D").arg(&data).arg("-k").arg(&directory).arg("-p").arg(port.to_string());
        for setting in ["listen_addresses=127.0.0.1", "ssl=on", "fsync=off", "log_min_messages=fatal"] {
            postgres.args(["-c", setting]);
        }
        for (name, file) in [("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key")] {
            postgres.arg("-c").arg(format!("{name}={}", directory.join(file).display()));
        }
        let server = postgres.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let started = Self { directory, port, server };
        started.wait_until_ready();
        started
    }

    fn path(&self, file: &str) -> PathBuf {
        self.directory.join(file)
    }

    fn wait_until_ready(&self) {
        let address = format!("postgresql://pontual@localhost:{}/postgres?sslmode=require", self.port);
        let deadline = Instant::now() + Duration::from_secs(60);
        while connect(&address).is_err() {
            assert!(Instant::now() < deadline, "the server with TLS does not answer");
            std::thread::yield_now();
        }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        // SAFETY: the child has not been waited for, so its pid is still its own.
        unsafe { libc::kill(self.server.id() as libc::pid_t, libc::SIGINT) };
        self.server.wait().ok();
        std::fs::remove_dir_all(&self.directory).ok();
    }
}

fn make_certificate(directory: &Path, name: &str, host: &str) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"]);
    openssl
        .arg(format!("/CN={host}"))
        .arg("-addext")
        .arg(format!("subjectAltName=DNS:{host},DNS:db.example"));
    openssl.arg("-keyout").arg(directory.join(format!("{name}.key")));
    openssl.arg("-out").arg(directory.join(format!("{name}.crt")));
    assert!(openssl.stderr(Stdio::null()).status().unwrap().success());
}

/// The account for PostgreSQL, which refuses to run as root: `postgres`, else `nobody`.
fn account() -> Option<(u32, u32)> {
    // SAFETY: geteuid has no preconditions.
    if unsafe { libc::geteuid() } != 0 {
        return None;
    }
    let id = |flag: &str, name: &str| {
        let output = Command::new("id").args([flag, name]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().parse::<u32>().ok()
    };
    let name = if id("-u", "postgres").is_some() { "postgres" } else { "nobody" };
    Some((id("-u", name).unwrap(), id("-g", name).unwrap()))
}

fn give(directory: &Path, account: Option<(u32, u32)>) {
    for file in ["server.key", "other.key"] {
        std::fs::set_permissions(directory.join(file), PermissionsExt::from_mode(0o600)).unwrap();
    }
    let Some((user, group)) = account else { return };
    for path in [directory.to_owned(), directory.join("server.key"), directory.join("server.crt")] {
        std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
    }
}

fn program(name: &str, account: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(bin_dir().join(name));
    command.current_dir("/");
    if let Some((user, group)) = account {
        command.uid(user).gid(group);
    }
    command
}

/// The folder of the server's programs: `PGBIN`, else Debian's folder or `pg_config`'s.
fn bin_dir() -> PathBuf {
    if let Some(directory) = std::env::var_os("PGBIN") {
        return directory.into();
    }
    let output = Command::new("pg_config").arg("--bindir").output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let candidates = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = candidates.map(|entry| entry.path().join("bin")).collect();
    found.extend(said.map(PathBuf::from));
    found.into_iter().find(|directory| directory.join("initdb").exists()).expect("bin/setup installs initdb")
}
