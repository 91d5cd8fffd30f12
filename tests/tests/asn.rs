//! The database that we write is one that MaxMind's own format reads back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::IpAddr;
use weir_tests::{asn, mmdb};

#[test]
fn a_reader_finds_what_was_written() {
    let reader = maxminddb::Reader::from_source(mmdb::asn_database()).unwrap();
    assert_eq!(reader.metadata().record_size, 24);
    let mut found = 0;
    for address in [
        "192.0.2.0",
        "192.0.2.127",
        "192.0.2.128",
        "198.51.100.63",
        "198.51.100.64",
        "198.51.100.128",
        "203.0.113.24",
        "203.0.113.191",
        "203.0.113.200",
        "203.0.113.255",
        "8.8.8.8",
        "2001:db8::1",
        "2001:db8:1::1",
        "2001:db8:2::1",
        "2001:db8:3:ffff::1",
        "2001:db8:4::1",
        "2001:db8:1f::1",
        "2001:db8:20::1",
        "2001:db9::1",
        "::1",
    ] {
        let ip: IpAddr = address.parse().unwrap();
        let entry: Option<maxminddb::geoip2::Asn> = reader.lookup(ip).unwrap().decode().unwrap();
        let entry = entry.map(|e| {
            let name = e
                .autonomous_system_organization
                .unwrap_or_default()
                .to_owned();
            (i64::from(e.autonomous_system_number.unwrap()), name)
        });
        assert_eq!(entry, asn::look_up(address), "{address}");
        found += usize::from(entry.is_some());
    }
    assert_eq!(found, 13);
}
