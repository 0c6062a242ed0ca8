//! Which network addresses channels may call.
//!
//! Administrators choose the addresses of services. Without a limit, they could make the server call machines of its own
//! network that are closed to them. So an address is judged after the name was resolved, and the connection goes to the
//! address that was judged: a name that resolves differently the second time gains nothing.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tokio::net::lookup_host;

/// Why a name gives no address that may be called.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    #[error("o nome {0} não foi encontrado")]
    NotFound(String, #[source] io::Error),
    /// It leads into a private network, and the operator does not allow it.
    #[error("o endereço fica em uma rede privada, e esta instalação não permite chamá-lo")]
    Private,
}

/// The addresses of `host`, a name or an address, that may be called. Never empty.
pub async fn resolve(host: &str, allows_private: bool) -> Result<Vec<IpAddr>, AddressError> {
    let not_found = |error| AddressError::NotFound(host.to_owned(), error);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let all: Vec<IpAddr> = match bare.parse() {
        Ok(address) => vec![address],
        Err(_) => lookup_host((host, 0)).await.map_err(not_found)?.map(|address| address.ip()).collect(),
    };
    if all.is_empty() {
        return Err(not_found(io::ErrorKind::NotFound.into()));
    }
    let allowed: Vec<IpAddr> = all.into_iter().filter(|ip| allows_private || is_public(*ip)).collect();
    if allowed.is_empty() { Err(AddressError::Private) } else { Ok(allowed) }
}

/// Whether the address belongs to the public internet.
/// <https://www.iana.org/assignments/iana-ipv4-special-registry>, and the same for IPv6.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        // "This network", shared by providers' networks, protocol assignments, 6to4 relays, benchmarks, reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240;
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b, c, d, e, f) {
        // IPv4 in another dress: mapped, compatible (with the loopback address), NAT64, 6to4.
        (0, 0, 0, 0, 0, 0xffff | 0) => v4(g, h),
        (0x64, 0xff9b, 0, 0, 0, 0) => v4(g, h),
        (0x2002, ..) => v4(b, c),
        // Only 2000::/3 is assigned to the internet. Of it: protocol assignments with Teredo, documentation.
        (0x2001, 0..=0x1ff, ..) | (0x2001, 0xdb8, ..) | (0x3fff, ..) => false,
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_every_dress() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "100.63.0.1",
            "172.32.0.1",
            "200.160.2.3",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2804:14d::1",
            "::ffff:1.1.1.1",
            "2002:101:101::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[actix_web::test]
    async fn a_name_that_leads_into_the_own_network_is_refused() {
        for host in ["localhost", "127.0.0.1", "[::1]", "::ffff:127.0.0.1"] {
            assert!(matches!(resolve(host, false).await, Err(AddressError::Private)), "{host}");
            assert!(!resolve(host, true).await.unwrap().is_empty(), "{host}");
        }
        let unknown = resolve("nothing.invalid", true).await;
        assert!(matches!(unknown, Err(AddressError::NotFound(..))));
    }
}
