//! Networks: what is read is written canonically, read back the same, and ends where it says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_detector::address;
use weir_detector::network::Network;

fuzz_target!(|data: (&str, u128, u8)| {
    let (text, bits, length) = data;
    check(text, bits);
    check(&format!("{}/{length}", address::render(bits)), bits);
});

fn check(text: &str, probe: u128) {
    let Ok(network) = Network::parse(text) else {
        return;
    };
    assert_eq!(Network::parse(&network.text()), Ok(network));
    let (bare, length) = text.split_once('/').unwrap_or((text, ""));
    let first = address::parse(bare).expect("a network begins with an address");
    let length = length.parse::<u32>().unwrap_or(128);
    let length = if bare.contains(':') || length == 128 {
        length
    } else {
        96 + length
    };
    let agree = (first ^ probe).leading_zeros();
    assert_eq!(network.contains(probe), agree >= length);
    assert!(network.contains(first));
}
