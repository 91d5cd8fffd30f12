//! Tests of exceptions: parsing, problems, and matching.

use super::*;
use weir_detector::exception::{Exception, MAX, json, parse};
use weir_detector::log::LogEvent as _;
use weir_detector::model::Problem;
use weir_detector::{address, time};

fn read(json: &str) -> Result<Vec<Exception>, Vec<String>> {
    let mut problems = Vec::new();
    let exceptions = parse("exceptions", json, KEYS, &mut problems);
    let shown = |p: &Problem| format!("{}: {}", p.key, p.message);
    match problems.as_slice() {
        [] => Ok(exceptions),
        problems => Err(problems.iter().map(shown).collect()),
    }
}

#[test]
fn parsed_exceptions_round_trip() {
    let all = r#"[{"reason":"patch \"1\"\n","expires":"2026-12-31T01:00:00+01:00","user":"u","app_id":["a","b"],
        "source":["10.0.0.0/8","::1"],"asn":[64496,1],"user_agent":"sync/*","tenant":["t"]},{"reason":"x","asn":0}]"#;
    let exceptions = read(all).unwrap();
    assert_eq!(exceptions[0].expires, time::parse("2026-12-31T00:00:00Z"));
    let written = json(&exceptions, KEYS);
    assert_eq!(
        written,
        concat!(
            r#"[{"reason":"patch \"1\"\u000a","expires":"2026-12-31T00:00:00.000Z","user":["u"],"app_id":["a","b"],"#,
            r#""source":["10.0.0.0/8","::1"],"asn":[64496,1],"user_agent":["sync/*"],"tenant":["t"]},"#,
            r#"{"reason":"x","asn":[0]}]"#
        )
    );
    assert_eq!(read(&written), Ok(exceptions));
    assert_eq!(json(&[], KEYS), "[]");
}

#[test]
fn every_problem_names_its_exception_and_key() {
    let wrong = r#"[7, {"user":"u"}, {"reason":" ","users":"u"}, {"reason":"r"},
        {"reason":"r","source":["10.0.0.1/8","x"],"asn":"1","expires":"soon","user":[],"tenant":""},
        {"reason":"r","user":["a",1],"asn":[1,4294967296],"app_id":{},"user_agent":"*","expires":1}]"#;
    let problems = read(wrong).unwrap_err();
    let wanted = [
        "exceptions[0]: not an object",
        "exceptions[1].reason: missing",
        "exceptions[2].reason: \" \" is not a text, or an empty one",
        "exceptions[2].users: no such key; an exception has reason",
        "exceptions[3]: it says nothing to match; give one of user",
        "exceptions[4].source: \"10.0.0.1/8\" has bits set beyond its prefix; the network is 10.0.0.0/8",
        "exceptions[4].asn: \"1\" is not an integer from 0 to 4294967295",
        "exceptions[4].expires: \"soon\" is not a time",
        "exceptions[4].user: no alternatives",
        "exceptions[4].tenant: \"\" is not a text",
        "exceptions[5].user: 1 is not a text",
        "exceptions[5].asn: 4294967296 is not an integer",
        "exceptions[5].app_id: {} is not a text",
        "exceptions[5].user_agent: \"*\" stands for every user agent",
        "exceptions[5].expires: 1 is not a time",
    ];
    for (problem, wanted) in problems.iter().zip(wanted) {
        assert!(problem.starts_with(wanted), "{problem}\n{wanted}");
    }
    assert_eq!(problems.len(), wanted.len());
}

#[test]
fn refuses_values_that_are_no_array_and_too_many_exceptions() {
    for json in ["{}", "null", "\"[]\"", "true", "1"] {
        assert_eq!(read(json).unwrap_err().len(), 1, "{json}");
    }
    let many = |n| format!("[{}]", vec![r#"{"reason":"r","asn":1}"#; n].join(","));
    assert_eq!(read(&many(MAX)).unwrap().len(), MAX);
    assert_eq!(
        read(&many(MAX + 1)),
        Err(vec![
            "exceptions: 1001 exceptions; at most 1000 are taken".to_owned()
        ])
    );
}

/// An event with two users, two addresses, no app.
fn event() -> GraphEvent<'static> {
    GraphEvent {
        time: 1000,
        users: ["u", "v"].into_iter().map(Into::into).collect(),
        ips: ["10.0.0.1", "2001:db8::1"]
            .into_iter()
            .filter_map(address::parse)
            .collect(),
        asns: std::iter::once(64496).collect(),
        user_agents: std::iter::once("sync/1.0".into()).collect(),
        tenants: std::iter::once("t".into()).collect(),
        ..GraphEvent::default()
    }
}

#[test]
fn all_keys_and_all_values_must_match() {
    for (keys, covers) in [
        (r#""user":["u","v"]"#, true),
        (r#""user":["u","v","w"]"#, true),
        (r#""user":"u""#, false),
        (r#""user":["U","V"]"#, false),
        (r#""app_id":"a""#, false),
        (r#""source":["10.0.0.0/8","2001:db8::/32"]"#, true),
        (r#""source":"10.0.0.0/8""#, false),
        (r#""source":"::/0""#, true),
        (r#""asn":[1,64496]"#, true),
        (r#""asn":64497"#, false),
        (r#""user_agent":"sync/1.0""#, true),
        (r#""user_agent":"sync/""#, false),
        (r#""user_agent":"sync/*""#, true),
        (r#""user_agent":"sync/1.0*""#, true),
        (r#""user_agent":"Sync*""#, false),
        (r#""tenant":"t","asn":64496"#, true),
        (r#""tenant":"t","asn":1"#, false),
        (r#""tenant":"t","expires":"1970-01-01T00:00:01.001Z""#, true),
        (r#""tenant":"t","expires":"1970-01-01T00:00:01Z""#, false),
    ] {
        let exceptions = read(&format!("[{{\"reason\":\"r\",{keys}}}]")).unwrap();
        let event = event();
        let found = exceptions[0].covers(event.time, &|key| event.values(key));
        assert_eq!(found, covers, "{keys}");
    }
}

#[test]
fn each_key_tests_its_own_values() {
    let mut event = event();
    event.users = std::iter::once("u".into()).collect();
    event.app_ids = std::iter::once("a".into()).collect();
    for (key, value, other) in [
        ("user", "u", "a"),
        ("app_id", "a", "u"),
        ("user_agent", "sync/1.0", "t"),
        ("tenant", "t", "u"),
    ] {
        for (value, covers) in [(value, true), (other, false)] {
            let exceptions =
                read(&format!("[{{\"reason\":\"r\",\"{key}\":\"{value}\"}}]")).unwrap();
            let found = exceptions[0].covers(event.time, &|key| event.values(key));
            assert_eq!(found, covers, "{key} {value}");
        }
    }
}
