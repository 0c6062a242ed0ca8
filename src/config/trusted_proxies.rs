//! Decides which proxies may state a visitor's address: those on this machine, and those that the operator
//! names. If others were trusted, visitors could fake their address and avoid the sign-in limit.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// Networks of trusted proxies, such as `10.0.0.5` or `10.0.1.0/24`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<(IpAddr, u32)>);

impl TrustedProxies {
    /// The visitor's address: going back from `peer` through `forwarded`, the first address that is not a
    /// trusted proxy. `forwarded` holds the `X-Forwarded-For` lines in order: some proxies add a line instead
    /// of extending the first.
    pub fn visitor<'a>(&self, peer: IpAddr, forwarded: impl DoubleEndedIterator<Item = &'a str>) -> IpAddr {
        let mut visitor = peer.to_canonical();
        for name in forwarded.rev().flat_map(|line| line.rsplit(',')) {
            let Some(before) = address_in(name.trim()).filter(|_| self.trusts(visitor)) else { break };
            visitor = before.to_canonical();
        }
        visitor
    }

    pub fn trusts(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.0.iter().any(|&(network, bits)| holds(network, bits, ip))
    }
}

/// Parses an address as proxies write it: alone, in brackets, or with a port.
fn address_in(name: &str) -> Option<IpAddr> {
    let in_brackets = || name.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    let with_port = || name.parse::<SocketAddr>().ok();
    let alone = name.parse().ok();
    alone.or_else(|| with_port().map(|address| address.ip())).or_else(|| in_brackets().map(IpAddr::V6))
}

/// The network that counts as one visitor in limits by address: an IPv4 address, or the /64 network of an
/// IPv6 address, because a home or a rented server usually has a whole /64.
pub fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
        ip => ip,
    }
}

/// `network_of` for an address as text, such as `2001:db8:1:2::/64`. Text that is no address is returned
/// unchanged.
pub fn network_named(ip: &str) -> String {
    match ip.parse().map(network_of) {
        Ok(IpAddr::V6(network)) => format!("{network}/64"),
        Ok(ip) => ip.to_string(),
        Err(_) => ip.to_owned(),
    }
}

fn holds(network: IpAddr, bits: u32, ip: IpAddr) -> bool {
    match (network, ip) {
        (IpAddr::V4(network), IpAddr::V4(ip)) => (network.to_bits() ^ ip.to_bits()).leading_zeros() >= bits,
        (IpAddr::V6(network), IpAddr::V6(ip)) => (network.to_bits() ^ ip.to_bits()).leading_zeros() >= bits,
        _ => false,
    }
}

impl FromStr for TrustedProxies {
    type Err = ();

    /// Parses a comma-separated list.
    fn from_str(list: &str) -> Result<Self, ()> {
        let network = |name: &str| {
            let (ip, bits) = name.split_once('/').map_or((name, None), |(ip, bits)| (ip, Some(bits)));
            let ip: IpAddr = ip.parse().map_err(|_| ())?;
            let all = if ip.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Ok(all), |bits| bits.parse().map_err(|_| ()))?;
            if (1..=all).contains(&bits) { Ok((ip, bits)) } else { Err(()) }
        };
        list.split(',').map(|name| network(name.trim())).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(trusted: &str, peer: &str, forwarded: Option<&str>) -> String {
        let trusted: TrustedProxies = trusted.parse().unwrap_or_default();
        trusted.visitor(peer.parse().unwrap(), forwarded.into_iter()).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_may_state_the_address() {
        let list = Some("198.51.100.7, 203.0.113.9");
        assert_eq!(visitor("10.0.0.5", "10.0.0.5", list), "203.0.113.9");
        assert_eq!(visitor("", "127.0.0.1", list), "203.0.113.9");
        assert_eq!(visitor("10.0.0.5", "10.0.0.6", list), "10.0.0.6");
        assert_eq!(visitor("10.0.0.5", "10.0.0.5", None), "10.0.0.5");
        assert_eq!(visitor("10.0.0.0/24", "::ffff:10.0.0.77", list), "203.0.113.9");
        assert_eq!(visitor("fd00::/8", "fd12::1", list), "203.0.113.9");
    }

    #[test]
    fn addresses_before_an_untrusted_one_are_ignored() {
        let chain = Some("6.6.6.6, 203.0.113.9, 10.0.1.4");
        assert_eq!(visitor("10.0.0.5,10.0.1.0/24", "10.0.0.5", chain), "203.0.113.9");
        assert_eq!(visitor("10.0.0.5", "10.0.0.5", Some("203.0.113.9, nonsense")), "10.0.0.5");
    }

    #[test]
    fn an_address_may_have_a_port_or_brackets() {
        for (written, meant) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("2001:db8::9", "2001:db8::9"),
            ("[2001:db8::9]", "2001:db8::9"),
            ("[2001:db8::9]:4711", "2001:db8::9"),
            ("[::ffff:203.0.113.9]:4711", "203.0.113.9"),
            ("198.51.100.7:80 , 203.0.113.9:4711", "203.0.113.9"),
            ("203.0.113.9:4711, 127.0.0.1:80", "203.0.113.9"),
        ] {
            assert_eq!(visitor("", "127.0.0.1", Some(written)), meant, "{written}");
        }
        for nonsense in ["203.0.113.9:", "203.0.113.9:99999", "[203.0.113.9]", "[2001:db8::9", "unknown", ""]
        {
            assert_eq!(visitor("", "127.0.0.1", Some(nonsense)), "127.0.0.1", "{nonsense}");
        }
    }

    #[test]
    fn each_balancer_may_add_a_line_of_its_own() {
        let trusted: TrustedProxies = "10.0.0.5,10.0.1.4".parse().unwrap();
        let lines = ["6.6.6.6, 203.0.113.9", "10.0.1.4"];
        let visitor = trusted.visitor("10.0.0.5".parse().unwrap(), lines.into_iter());
        assert_eq!(visitor.to_string(), "203.0.113.9");
    }

    #[test]
    fn one_network_of_ipv6_is_one_visitor() {
        assert_eq!(network_named("2001:db8:1:2:aaaa::1"), network_named("2001:db8:1:2:bbbb:1:2:3"));
        assert_ne!(network_named("2001:db8:1:2::1"), network_named("2001:db8:1:3::1"));
        assert_eq!(network_named("2001:db8:1:2::1"), "2001:db8:1:2::/64");
        assert_ne!(network_named("203.0.113.9"), network_named("203.0.113.8"));
        assert_eq!(network_named("::ffff:203.0.113.9"), "203.0.113.9");
        assert_eq!(network_named("unknown"), "unknown");
    }

    #[test]
    fn a_list_that_cannot_be_read_is_refused() {
        for bad in ["", "10.0.0.0/33", "10.0.0.0/0", "balancer", "10.0.0.1,", "::1/129"] {
            assert!(bad.parse::<TrustedProxies>().is_err(), "{bad}");
        }
    }
}
