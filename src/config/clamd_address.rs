//! Where the virus scanner `clamd` listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

/// The port that clamd's own configuration proposes.
const USUAL_PORT: u16 = 3310;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClamdAddress {
    /// A name or an IP address, and the port.
    Tcp(String, u16),
    Unix(PathBuf),
}

/// `tcp://host:port` or `unix:/path`.
impl FromStr for ClamdAddress {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.starts_with('/') && path.len() > 1 {
                Ok(Self::Unix(path.into()))
            } else {
                Err(())
            };
        }
        let url = Url::parse(text).map_err(|_| ())?;
        let is_plain = url.scheme() == "tcp"
            && matches!(url.path(), "" | "/")
            && url.username().is_empty()
            && url.query().is_none()
            && url.fragment().is_none();
        let host = url.host_str().filter(|host| is_plain && !host.is_empty()).ok_or(())?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Ok(Self::Tcp(host.to_owned(), url.port().unwrap_or(USUAL_PORT)))
    }
}

impl fmt::Display for ClamdAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(host, port) if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "tcp://{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_with_a_port_or_a_path_is_read() {
        for (given, shown) in [
            ("tcp://127.0.0.1:3310", "tcp://127.0.0.1:3310"),
            ("tcp://clamav", "tcp://clamav:3310"),
            ("tcp://[::1]:3311/", "tcp://[::1]:3311"),
            ("unix:/run/clamav/clamd.ctl", "unix:/run/clamav/clamd.ctl"),
            ("unix:///run/clamav/clamd.ctl", "unix:/run/clamav/clamd.ctl"),
        ] {
            assert_eq!(given.parse::<ClamdAddress>().unwrap().to_string(), shown);
        }
        for bad in
            ["clamav:3310", "http://clamav:3310", "tcp://", "tcp://x/y", "unix:", "unix:clamd.ctl", "unix:/"]
        {
            assert!(bad.parse::<ClamdAddress>().is_err(), "{bad}");
        }
    }
}
