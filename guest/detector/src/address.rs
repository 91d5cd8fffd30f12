//! IP addresses as Elasticsearch's `ip` type sees them: 16 bytes, IPv4 mapped into IPv6.

use std::net::{IpAddr, Ipv6Addr};

/// Reads a bare IPv4 or IPv6 address; None for anything else (a port, brackets, a zone).
#[must_use]
pub fn parse(text: &str) -> Option<u128> {
    match text.parse::<IpAddr>().ok()? {
        IpAddr::V4(v4) => Some(v4.to_ipv6_mapped().to_bits()),
        IpAddr::V6(v6) => Some(v6.to_bits()),
    }
}

/// The address for look-ups: IPv4-mapped addresses as IPv4.
#[must_use]
pub fn to_ip(bits: u128) -> IpAddr {
    Ipv6Addr::from_bits(bits).to_canonical()
}

/// The canonical text: dotted for IPv4 and mapped IPv4, RFC 5952 for IPv6.
#[must_use]
pub fn render(bits: u128) -> String {
    to_ip(bits).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_and_plain_are_equal() {
        assert_eq!(parse("1.2.3.4"), parse("::ffff:1.2.3.4"));
        assert_eq!(
            parse("::FFFF:102:304").map(render).as_deref(),
            Some("1.2.3.4")
        );
        assert_eq!(
            parse("2001:DB8:0:0::1").map(render).as_deref(),
            Some("2001:db8::1")
        );
    }

    #[test]
    fn only_bare_addresses_count() {
        for text in [
            "1.2.3.4:443",
            "[::1]",
            "fe80::1%eth0",
            "01.2.3.4",
            "1.2.3",
            " 1.2.3.4",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
