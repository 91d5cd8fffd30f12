//! The invented autonomous systems of the tests: documentation networks, and
//! numbers that are reserved for documentation (RFC 5398).

use std::net::{IpAddr, Ipv4Addr};

/// One network of the table.
pub struct Network {
    /// First address.
    pub address: IpAddr,
    /// Length of the prefix, in bits of its own family.
    pub prefix: u8,
    /// Number of the autonomous system.
    pub number: i64,
    /// Name of the organisation; empty for none.
    pub name: &'static str,
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8, number: i64, name: &'static str) -> Network {
    let address = IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    Network {
        address,
        prefix,
        number,
        name,
    }
}

const fn v6(third: u16, prefix: u8, number: i64, name: &'static str) -> Network {
    let address = std::net::Ipv6Addr::new(0x2001, 0xdb8, third, 0, 0, 0, 0, 0);
    Network {
        address: IpAddr::V6(address),
        prefix,
        number,
        name,
    }
}

/// The whole table. What is not in here, such as 198.51.100.128/25 and
/// 2001:db8:ff00::/40, has no autonomous system.
pub static NETWORKS: [Network; 12] = [
    v4(192, 0, 2, 0, 25, 64496, "Example Office Networks"),
    v4(192, 0, 2, 128, 25, 64497, "Example Telecom"),
    v4(198, 51, 100, 0, 26, 64498, "Example Cloud"),
    v4(198, 51, 100, 64, 26, 64499, "Example Cloud"),
    v4(203, 0, 113, 0, 26, 64501, "Example Hosting BV"),
    v4(203, 0, 113, 64, 26, 64502, "Beispiel Rechenzentrum GmbH"),
    v4(203, 0, 113, 128, 26, 65536, "Example Transit"),
    v4(203, 0, 113, 192, 27, 65537, ""),
    v6(0, 48, 65540, "Example Six"),
    v6(1, 48, 64501, "Example Hosting BV"),
    v6(2, 47, 65541, "Société Exemple"),
    v6(0x10, 44, 65551, "Example Wide"),
];

/// Number and name of the autonomous system of an address in text.
#[must_use]
pub fn look_up(ip: &str) -> Option<(i64, String)> {
    let wanted: IpAddr = ip.parse().ok()?;
    let found = NETWORKS
        .iter()
        .find(|network| match (network.address, wanted) {
            (IpAddr::V4(n), IpAddr::V4(w)) => {
                (n.to_bits() ^ w.to_bits()) >> (32 - network.prefix) == 0
            }
            (IpAddr::V6(n), IpAddr::V6(w)) => {
                (n.to_bits() ^ w.to_bits()) >> (128 - network.prefix) == 0
            }
            _ => false,
        })?;
    Some((found.number, found.name.to_owned()))
}

/// What `source.as.number` and `source.as.organization.name` of an address are.
#[must_use]
pub fn columns(ip: Option<&str>) -> (Vec<i64>, Vec<String>) {
    match ip.and_then(look_up) {
        Some((number, name)) => (
            vec![number],
            vec![name].into_iter().filter(|n| !n.is_empty()).collect(),
        ),
        None => (Vec::new(), Vec::new()),
    }
}
