//! Networks in CIDR notation, over addresses as the rule sees them.

use crate::address;

/// A network: the addresses with a common prefix; a single address is a network too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    /// Length of the prefix in bits, of 128: IPv4 is mapped, and so has at least 96.
    length: u32,
}

impl Network {
    /// Reads `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`; mapped IPv4 is IPv4.
    ///
    /// # Errors
    /// The problem of the text, and the correct form.
    pub fn parse(text: &str) -> Result<Network, String> {
        let (bare, length) = match text.split_once('/') {
            Some((bare, length)) => (bare, Some(length)),
            None => (text, None),
        };
        let wrong = || format!("{text:?} is not an address or a network such as 10.0.0.0/8");
        let first = address::parse(bare).ok_or_else(wrong)?;
        let most = if bare.contains(':') { 128 } else { 32 };
        let length = match length {
            None => 128,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                let length = digits.parse::<u32>().ok().filter(|n| *n <= most);
                128 - most + length.ok_or_else(|| format!("{text:?}: /{digits} is over /{most}"))?
            }
            Some(_) => return Err(wrong()),
        };
        let network = Network {
            first: first & mask(length),
            length,
        };
        if network.first != first {
            let right = network.text();
            return Err(format!(
                "{text:?} has bits set beyond its prefix; the network is {right}"
            ));
        }
        Ok(network)
    }

    /// Whether an address, as [`address::parse`] gives it, is in the network.
    #[must_use]
    pub fn contains(&self, address: u128) -> bool {
        address & mask(self.length) == self.first
    }

    /// Whether it contains every IPv4 address or every IPv6 address.
    pub fn is_everything(&self) -> bool {
        self.length == 0 || self.length == 96 && self.text() == "0.0.0.0/0"
    }

    /// The canonical text, without a prefix length for a single address.
    #[must_use]
    pub fn text(&self) -> String {
        let ip = address::to_ip(self.first);
        match self.length {
            128 => ip.to_string(),
            // A network that contains all mapped addresses is an IPv6 network.
            length if ip.is_ipv4() && length >= 96 => format!("{ip}/{}", length - 96),
            length => format!("{}/{length}", std::net::Ipv6Addr::from_bits(self.first)),
        }
    }
}

fn mask(length: u32) -> u128 {
    // A shift by all 128 bits is none.
    u128::MAX.checked_shl(128 - length).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_ends_where_its_prefix_says() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("10.0.0.0/8", "::ffff:10.0.0.0", "9.255.255.255"),
            ("203.0.113.128/25", "203.0.113.128", "203.0.113.127"),
            ("203.0.113.7", "203.0.113.7", "203.0.113.6"),
            ("203.0.113.7/32", "::ffff:203.0.113.7", "203.0.113.8"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("2001:db8::8/125", "2001:db8::f", "2001:db8::10"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
        ] {
            let has = |text| {
                Network::parse(network)
                    .unwrap()
                    .contains(address::parse(text).unwrap())
            };
            assert!(has(inside), "{network} {inside}");
            assert!(!has(outside), "{network} {outside}");
        }
        let all = Network::parse("::/0").unwrap();
        assert!(all.contains(0) && all.contains(u128::MAX));
    }

    #[test]
    fn the_text_is_canonical_and_reads_back() {
        for (text, canonical) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::FFFF:1.2.3.4", "1.2.3.4"),
            ("1.2.3.4/32", "1.2.3.4"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("2001:DB8:0::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
        ] {
            let network = Network::parse(text).unwrap();
            assert_eq!(network.text(), canonical);
            assert_eq!(Network::parse(canonical), Ok(network));
        }
    }

    #[test]
    fn a_wrong_network_is_refused_with_the_right_one() {
        for (text, says) in [
            ("10.1.2.3/8", "the network is 10.0.0.0/8"),
            ("2001:db8::1/64", "the network is 2001:db8::/64"),
            ("1.2.3.4/33", "/33 is over /32"),
            ("::/129", "/129 is over /128"),
            ("1.2.3.4/99999999999", "is over /32"),
            ("1.2.3.4/", "is not an address or a network"),
            ("1.2.3.4/+8", "is not an address or a network"),
            ("1.2.3.4/255.0.0.0", "is not an address or a network"),
            ("1.2.3/8", "is not an address or a network"),
            ("1.2.3.4:443", "is not an address or a network"),
            ("", "is not an address or a network"),
        ] {
            let message = Network::parse(text).unwrap_err();
            assert!(message.contains(says), "{text}: {message}");
        }
    }
}
