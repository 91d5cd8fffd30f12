//! Addresses and networks: texts and bytes.

use std::net::{IpAddr, Ipv6Addr};

/// Reads an address; an IPv4 one as the IPv6 one that stands for it.
#[must_use]
pub fn parse(text: &str) -> Option<[u8; 16]> {
    Some(match text.parse().ok()? {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    })
}

/// An address as text.
#[must_use]
pub fn render(bytes: [u8; 16]) -> String {
    let address = Ipv6Addr::from(bytes);
    match address.to_ipv4_mapped() {
        Some(short) => short.to_string(),
        None => address.to_string(),
    }
}

/// A network: the bits that its addresses begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    length: u32,
}

impl Network {
    /// Reads an address, a slash and a number of bits, or an address alone, which is a network of
    /// itself; None if it is neither.
    #[must_use]
    pub fn parse(text: &str) -> Option<Network> {
        let Some((address, length)) = text.split_once('/') else {
            let first = u128::from_be_bytes(parse(text)?);
            return Some(Network { first, length: 128 });
        };
        if length.is_empty() || length.len() > 3 || !length.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let length: u32 = length.parse().ok()?;
        let short = matches!(address.parse().ok()?, IpAddr::V4(_));
        let (most, before) = if short { (32, 96) } else { (128, 0) };
        if length > most {
            return None;
        }
        Some(Network {
            first: u128::from_be_bytes(parse(address)?),
            length: length + before,
        })
    }

    /// Whether an address is in it.
    #[must_use]
    pub fn contains(&self, address: [u8; 16]) -> bool {
        let differing = self.first ^ u128::from_be_bytes(address);
        differing.leading_zeros() >= self.length
    }
}
