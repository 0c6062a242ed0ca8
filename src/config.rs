//! Configuration from environment variables; see the table in README.md.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use url::Url;

mod clamd_address;
mod file_location;
mod trusted_proxies;

pub use clamd_address::ClamdAddress;
pub use file_location::{Bucket, FileLocation, FileLocationError};
pub use trusted_proxies::{TrustedProxies, network_named, network_of};

/// The configuration of the process, read once at start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address of an external PostgreSQL; `None` means a private server in the data directory.
    pub database_url: Option<String>,
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    /// Where uploaded files are stored.
    pub files: FileLocation,
    /// The base address of links, without a trailing slash.
    pub public_url: Url,
    /// Whether `public_url` was configured. If not, it is derived from `listen`.
    is_public_url_given: bool,
    /// The configured secret; `None` means the one kept in the data directory.
    pub secret_key: Option<String>,
    /// Proxies whose `X-Forwarded-For` header we trust.
    pub trusted_proxies: TrustedProxies,
    /// Maximum concurrent connections from one address. Trusted proxies are exempt.
    pub connections_per_address: usize,
    /// The virus scanner of uploaded files; `None` means that files are not scanned.
    pub clamd: Option<ClamdAddress>,
    /// Whether channels may call services at private and loopback addresses.
    pub allows_private_addresses: bool,
    /// Where to report a vulnerability, as a URI; `None` means the usual mailbox at the public address.
    security_contact: Option<Url>,
}

/// 1,200 connections for 200 people behind one address, with six per browser, and a quarter more.
const CONNECTIONS_PER_ADDRESS: usize = 1_500;

/// A variable with an unusable value, in one sentence for the operator.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum ConfigError {
    #[error("HOST must be an IP address such as 127.0.0.1 or 0.0.0.0, not {0:?}")]
    Host(String),
    #[error("PORT must be a number from 0 to 65535, not {0:?}")]
    Port(String),
    #[error("PONTUAL_PUBLIC_URL must be an http or https address without a path, not {0:?}")]
    PublicUrl(String),
    #[error("PONTUAL_SECRET_KEY must have at least 32 characters")]
    SecretKey,
    #[error("PONTUAL_TRUSTED_PROXIES must be addresses or networks such as 10.0.0.5,10.0.1.0/24, not {0:?}")]
    TrustedProxies(String),
    #[error("PONTUAL_CONNECTIONS_PER_ADDRESS must be a number from 1 on, not {0:?}")]
    ConnectionsPerAddress(String),
    #[error("PONTUAL_ALLOW_PRIVATE_ADDRESSES must be yes or no, not {0:?}")]
    PrivateAddresses(String),
    #[error("PONTUAL_CLAMD must be tcp://HOST:PORT or unix:/PATH, not {0:?}")]
    Clamd(String),
    #[error("PONTUAL_SECURITY_CONTACT must be an e-mail address or an https address, not {0:?}")]
    SecurityContact(String),
    #[error(transparent)]
    Files(#[from] FileLocationError),
}

impl Config {
    /// Reads the variables through `var`, so that tests need no process environment. Reports the first bad
    /// one.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let var = |name: &str| var(name).filter(|value| !value.trim().is_empty());
        let host = var("HOST").unwrap_or_else(|| "127.0.0.1".into());
        let ip: IpAddr = match host.as_str() {
            "localhost" => IpAddr::from([127, 0, 0, 1]),
            host => host.parse().map_err(|_| ConfigError::Host(host.into()))?,
        };
        let port = var("PORT").unwrap_or_else(|| "8080".into());
        let port: u16 = port.parse().map_err(|_| ConfigError::Port(port))?;
        let listen = SocketAddr::new(ip, port);
        let given_url = var("PONTUAL_PUBLIC_URL");
        let is_public_url_given = given_url.is_some();
        let public_url = given_url.unwrap_or_else(|| format!("http://{listen}"));
        let secret_key = var("PONTUAL_SECRET_KEY");
        if secret_key.as_ref().is_some_and(|key| key.len() < 32) {
            return Err(ConfigError::SecretKey);
        }
        let trusted_proxies = match var("PONTUAL_TRUSTED_PROXIES") {
            Some(list) => list.parse().map_err(|()| ConfigError::TrustedProxies(list))?,
            None => TrustedProxies::default(),
        };
        let connections_per_address = match var("PONTUAL_CONNECTIONS_PER_ADDRESS") {
            Some(text) => match text.parse() {
                Ok(number) if number > 0 => number,
                _ => return Err(ConfigError::ConnectionsPerAddress(text)),
            },
            None => CONNECTIONS_PER_ADDRESS,
        };
        let allows_private_addresses = match var("PONTUAL_ALLOW_PRIVATE_ADDRESSES").as_deref() {
            None | Some("no") => false,
            Some("yes") => true,
            Some(other) => return Err(ConfigError::PrivateAddresses(other.to_owned())),
        };
        let clamd = match var("PONTUAL_CLAMD") {
            Some(given) => Some(given.parse().map_err(|()| ConfigError::Clamd(given))?),
            None => None,
        };
        let security_contact = match var("PONTUAL_SECURITY_CONTACT") {
            Some(given) => Some(parse_contact(&given).ok_or(ConfigError::SecurityContact(given))?),
            None => None,
        };
        let data_dir: PathBuf = var("PONTUAL_DATA_DIR").unwrap_or_else(|| "data".into()).into();
        Ok(Self {
            files: FileLocation::from_vars(var, &data_dir)?,
            database_url: var("DATABASE_URL"),
            listen,
            data_dir,
            public_url: parse_public_url(&public_url).ok_or(ConfigError::PublicUrl(public_url))?,
            is_public_url_given,
            secret_key,
            trusted_proxies,
            connections_per_address,
            allows_private_addresses,
            clamd,
            security_contact,
        })
    }

    /// Whether visitors use TLS, so that cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Whether `host` (a name, with the port unless it is the default one) is this site. Without a configured
    /// public address, every host is accepted.
    pub fn serves(&self, host: &str) -> bool {
        let ours = self.public_url.host_str().unwrap_or_default();
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port.parse().ok()),
            _ => (host, None),
        };
        let default_port = if self.is_https() { 443 } else { 80 };
        !self.is_public_url_given
            || (name.eq_ignore_ascii_case(ours)
                && port.unwrap_or(default_port)
                    == self.public_url.port_or_known_default().unwrap_or(default_port))
    }

    /// Whether `origin`, such as `https://pontual.example`, is our own; `None` if no public address is
    /// configured.
    pub fn is_own_origin(&self, origin: &str) -> Option<bool> {
        let own = self.public_url.origin().ascii_serialization();
        self.is_public_url_given.then(|| origin.eq_ignore_ascii_case(&own))
    }

    /// Takes over the address that was bound. It differs from `listen` if that had port 0: the system chooses the port.
    pub fn set_bound_address(&mut self, bound: SocketAddr) {
        self.listen = bound;
        if !self.is_public_url_given
            && let Some(url) = parse_public_url(&format!("http://{bound}"))
        {
            self.public_url = url;
        }
    }

    /// Whether links would use an address that works only on this machine, such as 0.0.0.0.
    pub fn needs_public_url(&self) -> bool {
        self.listen.ip().is_unspecified() && !self.is_public_url_given
    }

    /// Where to report a vulnerability: by default the mailbox `security` of the host (RFC 2142).
    pub fn security_contact(&self) -> String {
        let host = self.public_url.domain().unwrap_or("localhost");
        self.security_contact.as_ref().map_or_else(|| format!("mailto:security@{host}"), Url::to_string)
    }

    /// An absolute link to `path`, which starts with a slash.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}

fn parse_public_url(given: &str) -> Option<Url> {
    let url = Url::parse(given).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    is_plain.then_some(url)
}

fn parse_contact(given: &str) -> Option<Url> {
    let given = given.trim();
    let url = match given.contains(':') {
        true => Url::parse(given),
        false => Url::parse(&format!("mailto:{given}")),
    };
    url.ok().filter(|url| match url.scheme() {
        "https" => url.has_host(),
        "mailto" => url.path().contains('@'),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(vars: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_vars(|name| {
            vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_variables_it_listens_on_loopback_only() {
        let config = config(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.link("/c/x"), "http://127.0.0.1:8080/c/x");
        assert!(!config.is_https());
    }

    #[test]
    fn links_follow_the_bound_port_unless_an_address_is_given() {
        let bound = "0.0.0.0:4711".parse().unwrap();
        let mut unset = config(&[("HOST", "0.0.0.0"), ("PORT", "0")]).unwrap();
        unset.set_bound_address(bound);
        assert_eq!(unset.link("/"), "http://0.0.0.0:4711/");
        assert!(unset.needs_public_url());
        let mut given = config(&[("HOST", "0.0.0.0"), ("PONTUAL_PUBLIC_URL", "https://x.example")]).unwrap();
        given.set_bound_address(bound);
        assert_eq!(given.link("/"), "https://x.example/");
        assert!(!given.needs_public_url());
    }

    #[test]
    fn a_given_address_is_the_only_one_that_is_served() {
        let any = config(&[]).unwrap();
        assert!(any.serves("anything.example") && any.serves(""));
        let given = |url| config(&[("PONTUAL_PUBLIC_URL", url)]).unwrap();
        let https = given("https://pontual.example");
        for good in ["pontual.example", "PONTUAL.example", "pontual.example:443"] {
            assert!(https.serves(good), "{good}");
        }
        for bad in
            ["", "evil.example", "pontual.example:80", "pontual.example.evil", "x.pontual.example", "?"]
        {
            assert!(!https.serves(bad), "{bad}");
        }
        let with_port = given("http://pontual.example:8080");
        assert!(with_port.serves("pontual.example:8080") && !with_port.serves("pontual.example"));
        assert!(given("http://[2001:db8::1]:8080").serves("[2001:db8::1]:8080"));
        assert!(given("http://[2001:db8::1]").serves("[2001:db8::1]"));
    }

    #[test]
    fn a_bad_variable_is_named() {
        assert_eq!(config(&[("PORT", "8o80")]).unwrap_err(), ConfigError::Port("8o80".into()));
        assert_eq!(config(&[("HOST", "x y")]).unwrap_err(), ConfigError::Host("x y".into()));
        for bad in ["ftp://x", "https://x/y", "x"] {
            let error = config(&[("PONTUAL_PUBLIC_URL", bad)]).unwrap_err();
            assert_eq!(error, ConfigError::PublicUrl(bad.into()));
        }
        let proxies = config(&[("PONTUAL_TRUSTED_PROXIES", "balancer")]).unwrap_err();
        assert_eq!(proxies, ConfigError::TrustedProxies("balancer".into()));
        let clamd = config(&[("PONTUAL_CLAMD", "clamav:3310")]).unwrap_err();
        assert_eq!(clamd, ConfigError::Clamd("clamav:3310".into()));
        for bad in ["http://empresa.example", "seguranca", "javascript:alert(1)"] {
            let error = config(&[("PONTUAL_SECURITY_CONTACT", bad)]).unwrap_err();
            assert_eq!(error, ConfigError::SecurityContact(bad.into()));
        }
        let short = config(&[("PONTUAL_SECRET_KEY", "short")]).unwrap_err();
        assert_eq!(short, ConfigError::SecretKey);
        for bad in ["0", "-1", "many"] {
            let error = config(&[("PONTUAL_CONNECTIONS_PER_ADDRESS", bad)]).unwrap_err();
            assert_eq!(error, ConfigError::ConnectionsPerAddress(bad.into()));
        }
    }
}
