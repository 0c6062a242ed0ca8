//! Whom to believe about a visitor's address: a balancer on this machine, and those that the operator
//! names. Anybody else could say that he is another, and slip past the limit of sign-ins.

use std::net::IpAddr;
use std::str::FromStr;

/// Networks of balancers, such as `10.0.0.5` or `10.0.1.0/24`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<(IpAddr, u32)>);

impl TrustedProxies {
    /// The visitor's address: of those that `forwarded` lists, the one on the right that is no trusted
    /// proxy's, as long as each that stands behind it is.
    pub fn visitor(&self, peer: IpAddr, forwarded: Option<&str>) -> IpAddr {
        let mut visitor = peer.to_canonical();
        for name in forwarded.into_iter().flat_map(|list| list.rsplit(',')) {
            let Some(before) = name.trim().parse::<IpAddr>().ok().filter(|_| self.trusts(visitor)) else {
                break;
            };
            visitor = before.to_canonical();
        }
        visitor
    }

    fn trusts(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || self.0.iter().any(|&(network, bits)| holds(network, bits, ip))
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

    /// Reads a list with commas between.
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
        trusted.visitor(peer.parse().unwrap(), forwarded).to_string()
    }

    #[test]
    fn a_balancer_is_believed_and_nobody_else() {
        let list = Some("198.51.100.7, 203.0.113.9");
        assert_eq!(visitor("10.0.0.5", "10.0.0.5", list), "203.0.113.9");
        assert_eq!(visitor("", "127.0.0.1", list), "203.0.113.9");
        assert_eq!(visitor("10.0.0.5", "10.0.0.6", list), "10.0.0.6");
        assert_eq!(visitor("10.0.0.5", "10.0.0.5", None), "10.0.0.5");
        assert_eq!(visitor("10.0.0.0/24", "::ffff:10.0.0.77", list), "203.0.113.9");
        assert_eq!(visitor("fd00::/8", "fd12::1", list), "203.0.113.9");
    }

    #[test]
    fn what_stands_behind_a_stranger_is_not_believed() {
        let chain = Some("6.6.6.6, 203.0.113.9, 10.0.1.4");
        assert_eq!(visitor("10.0.0.5,10.0.1.0/24", "10.0.0.5", chain), "203.0.113.9");
        assert_eq!(visitor("10.0.0.5", "10.0.0.5", Some("203.0.113.9, nonsense")), "10.0.0.5");
    }

    #[test]
    fn a_list_that_cannot_be_read_is_refused() {
        for bad in ["", "10.0.0.0/33", "10.0.0.0/0", "balancer", "10.0.0.1,", "::1/129"] {
            assert!(bad.parse::<TrustedProxies>().is_err(), "{bad}");
        }
    }
}
