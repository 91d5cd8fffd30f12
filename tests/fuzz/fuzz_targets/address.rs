//! Addresses, against the standard library's.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;
use weir_detector::address::{parse, render, to_ip};

fuzz_target!(|data: (&str, u128)| {
    let (text, bits) = data;
    assert_eq!(parse(&render(bits)), Some(bits));
    assert_eq!(to_ip(bits), to_ip(bits).to_canonical());
    let theirs = text.parse::<IpAddr>().ok();
    assert_eq!(parse(text).map(to_ip), theirs.map(|ip| ip.to_canonical()));
    if let Some(bits) = parse(text) {
        assert_eq!(parse(&render(bits)), Some(bits));
    }
});
