//! The names of servers as typed.

use std::net::IpAddr;

use url::Host;

use crate::channels::addresses::is_public;

/// What is said of an address that the operator does not allow.
pub const PRIVATE: &str = "Este endereço é de uma rede interna. Quem opera a plataforma precisa permitir: \
                           PONTUAL_ALLOW_PRIVATE_ADDRESSES=yes.";

/// Reads the name or address of a server, without scheme, port and path. The error is the message for the form.
pub fn parse(typed: &str, allows_private_addresses: bool) -> Result<String, &'static str> {
    const WRONG: &str = "Informe só o nome do servidor, como smtp.empresa.com.br.";
    let host = match typed.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => Host::Ipv4(ip),
        Ok(IpAddr::V6(ip)) => Host::Ipv6(ip),
        Err(_) => Host::parse(typed).map_err(|_| WRONG)?,
    };
    if is_internal(&host) && !allows_private_addresses {
        return Err(PRIVATE);
    }
    match host {
        Host::Domain(name) if name.split('.').all(is_label) => Ok(name),
        Host::Domain(_) => Err(WRONG),
        Host::Ipv4(ip) => Ok(ip.to_string()),
        Host::Ipv6(ip) => Ok(ip.to_string()),
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whether the address is plainly an internal one. What a name resolves to is checked when the connection is opened.
pub fn is_internal<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref().trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(ip) => !is_public(IpAddr::V4(*ip)),
        Host::Ipv6(ip) => !is_public(IpAddr::V6(*ip)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_name_of_a_server_is_read() {
        assert_eq!(parse("SMTP.Empresa.com.br", false).unwrap(), "smtp.empresa.com.br");
        assert_eq!(parse("8.8.4.4", false).unwrap(), "8.8.4.4");
        for wrong in
            ["https://smtp.empresa.com.br", "smtp.empresa.com.br:465", "um servidor", "a/b", "-a.b", ""]
        {
            assert!(parse(wrong, true).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn internal_addresses_need_the_operators_permission() {
        for internal in ["localhost", "127.0.0.1", "10.0.0.5", "192.168.1.9", "169.254.1.1", "::1", "fd00::1"]
        {
            assert_eq!(parse(internal, false), Err(PRIVATE), "{internal}");
            assert!(parse(internal, true).is_ok(), "{internal}");
        }
    }
}
