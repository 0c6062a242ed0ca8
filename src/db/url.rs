//! The database address. Over a network, TLS is verified by default, and a silent connection is closed.

use std::path::Path;

use url::Url;

/// Where Linux distributions and macOS keep the certificates of the public authorities.
const SYSTEM_ROOTS: &[&str] =
    &["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Connection time-out in seconds; by default libpq waits for ever.
const CONNECT_TIME_OUT: (&str, &str) = ("connect_timeout", "5");

/// Close a connection within seconds when its peer has vanished; the kernel's defaults take hours. Values are
/// seconds, except the last, which is milliseconds.
const TIME_OUTS: &[(&str, &str)] = &[
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
];

/// The address cannot be made safe. The message does not repeat the address, because it contains a password.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error(
    "DATABASE_URL must be an address such as postgres://user:password@host:5432/database, or with several hosts: postgres://user:password@a:5432,b:5432/database"
)]
pub struct AddressError;

/// Adds safe defaults for parameters that the address does not set:
///
/// - A remote host without `sslmode` gets `sslmode=verify-full`, because libpq's default would accept any
///   certificate, or none. Without `sslrootcert`, the system's root certificates are used.
/// - A remote host gets all time-outs. Unix sockets and loopback get only the connection time-out: a local
///   server can freeze, but not vanish.
/// - With several hosts, the one that accepts writes is used: the primary.
///
/// # Errors
/// The address does not start with `postgres://`. libpq would accept it, but without TLS.
pub fn with_tls_and_time_outs(database_url: &str) -> Result<String, AddressError> {
    let (parsed, mut hosts) = parse(database_url).ok_or(AddressError)?;
    // If a parameter occurs twice, libpq uses the last.
    let value_of = |name: &str| {
        parsed.query_pairs().filter(|(key, _)| key == name).last().map(|(_, value)| value.into_owned())
    };
    if let Some(named) = value_of("host") {
        hosts = named.split(',').map(str::to_owned).collect();
    }
    hosts.extend(value_of("hostaddr").iter().flat_map(|numbers| numbers.split(',')).map(str::to_owned));
    let is_known = matches!(parsed.scheme(), "postgres" | "postgresql") && value_of("service").is_none();
    if !is_known || hosts.iter().any(|host| host.to_lowercase().contains("%2c")) {
        return Err(AddressError);
    }
    let mut missing = Vec::new();
    if value_of("host").map_or(hosts.len(), |named| named.split(',').count()) > 1 {
        missing.push(("target_session_attrs", "read-write"));
    }
    missing.push(CONNECT_TIME_OUT);
    if !hosts.iter().all(|host| is_local(host)) {
        if value_of("sslmode").is_none() {
            missing.push(("sslmode", "verify-full"));
        }
        missing.extend(TIME_OUTS);
        if value_of("sslmode").is_none() {
            let roots = SYSTEM_ROOTS.iter().find(|path| Path::new(path).exists());
            missing.extend(roots.map(|roots| ("sslrootcert", *roots)));
        }
    }
    missing.retain(|(name, _)| value_of(name).is_none());
    let mut url = database_url.to_owned();
    for (name, value) in missing {
        let separator = if url.contains('?') { '&' } else { '?' };
        url.extend([&separator.to_string(), name, "=", value]);
    }
    Ok(url)
}

/// The address with only its first host, because `Url` accepts one host; and all hosts.
fn parse(database_url: &str) -> Option<(Url, Vec<String>)> {
    let (scheme, rest) = database_url.split_once("://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, list) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    let mut hosts = Vec::new();
    for one in list.split(',') {
        let alone = Url::parse(&format!("{scheme}://{user}{one}{path}")).ok()?;
        hosts.push(alone.host_str().unwrap_or_default().to_owned());
    }
    let first = list.split(',').next().unwrap_or_default();
    Some((Url::parse(&format!("{scheme}://{user}{first}{path}")).ok()?, hosts))
}

fn is_local(host: &str) -> bool {
    host.is_empty()
        || host.starts_with('/')
        || host.starts_with("%2F")
        || host.starts_with("%2f")
        || matches!(host, "localhost" | "127.0.0.1" | "::1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe(url: &str) -> String {
        with_tls_and_time_outs(url).unwrap()
    }

    #[test]
    fn a_remote_server_must_prove_itself() {
        let url = safe("postgres://u:p@db.example/pontual");
        assert!(
            url.starts_with("postgres://u:p@db.example/pontual?connect_timeout=5&sslmode=verify-full&"),
            "{url}"
        );
        let own_root = safe("postgres://u:p@db.example/pontual?sslrootcert=/r.crt");
        assert!(
            own_root.contains("?sslrootcert=/r.crt&connect_timeout=5&sslmode=verify-full&"),
            "{own_root}"
        );
        assert_eq!(own_root.matches("sslrootcert").count(), 1);
        let by_number = safe("postgres:///pontual?hostaddr=192.0.2.1");
        assert!(by_number.contains("sslmode=verify-full"), "{by_number}");
    }

    #[test]
    fn a_remote_server_that_vanishes_is_noticed() {
        let url = safe("postgres://u@db.example/pontual?sslmode=require&connect_timeout=2");
        assert!(
            url.starts_with("postgres://u@db.example/pontual?sslmode=require&connect_timeout=2&"),
            "{url}"
        );
        assert!(url.ends_with(
            "&keepalives_idle=10&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=15000"
        ));
        assert!(!url.contains("sslrootcert"), "{url}");
    }

    #[test]
    fn local_servers_need_no_tls() {
        for url in [
            "postgresql:///pontual?host=/tmp/x",
            "postgres://u@127.0.0.1:5433/pontual",
            "postgres://u@[::1]/pontual",
            "postgres://u@localhost/pontual",
            "postgres://u@%2Ftmp%2Fx/pontual",
        ] {
            let made = safe(url);
            assert_eq!(made.strip_prefix(url).unwrap().trim_start_matches(['?', '&']), "connect_timeout=5");
        }
    }

    #[test]
    fn with_several_hosts_the_primary_is_used_and_each_is_verified() {
        for url in [
            "postgres://u:p@a.example:5432,b.example:5433/pontual",
            "postgres:///pontual?host=a.example,b.example",
            "postgres://u@localhost,b.example/pontual",
        ] {
            let made = safe(url);
            assert!(made.starts_with(url), "{made}");
            assert!(
                made.contains("target_session_attrs=read-write&connect_timeout=5&sslmode=verify-full&"),
                "{made}"
            );
        }
        let local = safe("postgres://u@127.0.0.1:5433,[::1]:5434/pontual");
        let missing = "?target_session_attrs=read-write&connect_timeout=5";
        assert_eq!(local, format!("postgres://u@127.0.0.1:5433,[::1]:5434/pontual{missing}"));
        let any = "postgres:///pontual?host=/tmp/a,/tmp/b&target_session_attrs=any";
        assert_eq!(safe(any), format!("{any}&connect_timeout=5"));
    }

    #[test]
    fn an_address_that_cannot_be_made_safe_is_refused() {
        for url in [
            "host=db.example dbname=pontual",
            "db.example",
            "mysql://u@db.example/pontual",
            "postgres://u@a.example%2Cb.example/pontual",
            "postgres://u@a.example:5432,b.example:x/pontual",
            "postgres:///pontual?service=remote",
        ] {
            assert_eq!(with_tls_and_time_outs(url), Err(AddressError), "{url}");
        }
    }
}
