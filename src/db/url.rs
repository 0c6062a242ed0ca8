//! The address of the database, with TLS verified by default wherever it crosses a network.

use std::path::Path;

use url::Url;

/// Where Linux distributions and macOS keep the certificates of the public authorities.
const SYSTEM_ROOTS: &[&str] =
    &["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Adds `sslmode=verify-full` to a remote address that does not name a mode: libpq's own default
/// would take any certificate, or none. Sockets, loopback and explicit modes stay as they are. Without
/// `sslrootcert`, the system's roots count.
pub fn with_safe_tls(database_url: &str) -> String {
    let Ok(mut url) = Url::parse(database_url) else { return database_url.to_owned() };
    let value_of =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let host = value_of("host").or_else(|| url.host_str().map(str::to_owned)).unwrap_or_default();
    let is_local = host.is_empty()
        || host.starts_with('/')
        || host.starts_with("%2F")
        || host.starts_with("%2f")
        || matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1" | "[::1]");
    if is_local || value_of("sslmode").is_some() {
        return database_url.to_owned();
    }
    let needs_roots = value_of("sslrootcert").is_none();
    url.query_pairs_mut().append_pair("sslmode", "verify-full");
    if needs_roots && let Some(roots) = SYSTEM_ROOTS.iter().find(|path| Path::new(path).exists()) {
        url.query_pairs_mut().append_pair("sslrootcert", roots);
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_server_must_prove_itself() {
        let url = with_safe_tls("postgres://u:p@db.example/pontual");
        assert!(url.starts_with("postgres://u:p@db.example/pontual?sslmode=verify-full"), "{url}");
        let own_root = "postgres://u:p@db.example/pontual?sslrootcert=/r.crt";
        assert_eq!(with_safe_tls(own_root), format!("{own_root}&sslmode=verify-full"));
    }

    #[test]
    fn local_servers_and_chosen_modes_stay_as_given() {
        for url in [
            "postgresql:///pontual?host=/tmp/x",
            "postgres://u@127.0.0.1:5433/pontual",
            "postgres://u@[::1]/pontual",
            "postgres://u@localhost/pontual",
            "postgres://u@%2Ftmp%2Fx/pontual",
            "postgres://u@db.example/pontual?sslmode=require",
            "host=/tmp dbname=pontual",
        ] {
            assert_eq!(with_safe_tls(url), url);
        }
    }
}
