//! Whose address a request comes from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, request};
use ipnet::IpNet;

/// The address that asks: the other end of the connection, or, where that is a trusted proxy, the last one in
/// `X-Forwarded-For` that is none. What stands before that one anybody may have written.
pub(crate) fn caller(request: &request::Parts, trusted: &[IpNet]) -> IpAddr {
    match request.extensions.get::<ConnectInfo<SocketAddr>>() {
        Some(ConnectInfo(peer)) => forwarded(peer.ip(), &request.headers, trusted),
        // Without an address, as in a server that does not listen on TCP, everybody counts as one.
        None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }
}

/// Whether an address is a trusted proxy's.
pub(crate) fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

fn forwarded(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut address = peer.to_canonical();
    // Several headers are one list (RFC 9110, section 5.3).
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let mut entries = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    while is_trusted(address, trusted) {
        // What is no address was not written by a proxy that knew one: the proxy itself is the last that is known.
        let Some(next) = entries.next().and_then(parse) else { break };
        address = next;
    }
    address
}

/// An address as proxies write it: some add the port, some put IPv6 into brackets.
fn parse(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse().or_else(|_| entry.parse::<SocketAddr>().map(|address| address.ip())).ok()?;
    Some(IpAddr::to_canonical(&address))
}

/// The part of an address by which one is told from another: who has one IPv6 address has 2^64 of them.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, lines: &[&str], expected: &str) {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "192.0.2.7/32", "fd00::/8"].map(|text| text.parse().unwrap()).into();
        let name = axum::http::HeaderName::from_static("x-forwarded-for");
        let headers = lines.iter().map(|line| (name.clone(), line.parse().unwrap())).collect();
        let found = forwarded(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} {lines:?}");
    }

    #[test]
    fn who_asks_through_proxies() {
        check("203.0.113.9", &["198.51.100.1"], "203.0.113.9");
        check("10.1.2.3", &["198.51.100.1"], "198.51.100.1");
        check("10.1.2.3", &["1.1.1.1, 198.51.100.1"], "198.51.100.1");
        check("10.1.2.3", &["1.1.1.1, 198.51.100.1, 10.9.9.9 , 192.0.2.7"], "198.51.100.1");
        check("10.1.2.3", &["198.51.100.1", "10.9.9.9"], "198.51.100.1");
        check("10.1.2.3", &["198.51.100.1:4711"], "198.51.100.1");
        check("fd00::1", &["[2001:db8::1]:4711"], "2001:db8::1");
        check("fd00::1", &["[2001:db8::1]"], "2001:db8::1");
        check("::ffff:10.1.2.3", &["::ffff:198.51.100.1"], "198.51.100.1");
        // Everybody on the way is a proxy: the first of them asks.
        check("10.1.2.3", &["10.0.0.1, 10.0.0.2"], "10.0.0.1");
        check("10.1.2.3", &[], "10.1.2.3");
        check("10.1.2.3", &["198.51.100.1, unknown"], "10.1.2.3");
        check("10.1.2.3", &["198.51.100.1, nonsense, 10.9.9.9"], "10.9.9.9");
        check("10.1.2.3", &[""], "10.1.2.3");
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let networks = ["2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1", "::ffff:192.0.2.7", "192.0.2.7"]
            .map(|address| network(address.parse().unwrap()));
        assert_eq!(networks[0], networks[1]);
        assert_ne!(networks[0], networks[2]);
        assert_eq!(networks[3], networks[4]);
    }
}
