//! The database that we write is one that MaxMind's own format reads back.

use std::net::IpAddr;
use weir_detector::model::TableError;
use weir_generator::{asn, mmdb};

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

/// A tree of one node, whose record is a list of twenty pointers to a list of twenty pointers,
/// and so on: as many values as no machine ever counts, in some hundred bytes.
#[test]
fn a_record_of_endless_values_is_refused_at_once() {
    const LEVELS: u16 = 14;
    const WIDTH: u8 = 20;
    let mut file = [[0, 0, 17]; 2].concat();
    file.extend([0; 16]);
    for level in 1..=LEVELS {
        let [high, low] = (level * (2 + 2 * u16::from(WIDTH))).to_be_bytes();
        file.extend([WIDTH, 4]);
        file.extend([1 << 5 | high, low].repeat(WIDTH.into()));
    }
    // An empty text.
    file.push(2 << 5);
    file.extend(b"\xab\xcd\xefMaxMind.com\xe5\x5bbinary_format_major_version\xa1\x02");
    file.extend(b"\x4ddatabase_type\x45X-ASN\x4aip_version\xa1\x06");
    file.extend(b"\x4anode_count\xc1\x01\x4brecord_size\xa1\x18");
    let mut detector = high_4xx::open("{}", (1, 2)).unwrap();
    let Err(TableError::Malformed(why)) = detector.load_table("asn", &file) else {
        panic!("it is taken");
    };
    assert!(why.contains("a node or record cannot be read"), "{why}");
}
