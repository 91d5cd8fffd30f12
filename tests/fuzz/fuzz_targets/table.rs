//! Databases from anywhere: refused, or safe to look addresses up in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use weir_fuzz_targets::LOW;

/// IPv4, mapped and not, IPv6, in and out of the networks of the seed.
const ADDRESSES: [&str; 8] = [
    "0.0.0.0",
    "203.0.113.7",
    "198.51.100.1",
    "255.255.255.255",
    "::ffff:10.1.2.3",
    "::",
    "2001:db8::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
];

fuzz_target!(|data: &[u8]| {
    let mut detector = high_4xx::open(LOW, (1, 2))
        .ok()
        .expect("a good configuration");
    if detector.load_table("asn", data).is_err() {
        return;
    }
    for address in ADDRESSES {
        let call = format!(
            r#"{{"category":"AzureADGraphActivityLogs","callerIpAddress":"{address}","properties":{{"userId":"a","httpStatusCode":403,"timeGenerated":"2026-05-19T09:31:07Z","requestUri":"/t/{address}","callerIpAddress":"{address}"}}}}"#
        );
        assert_eq!(detector.push(call.as_bytes()).counted, 1);
    }
    detector.flush();
    detector.take_alerts(u32::MAX);
});
