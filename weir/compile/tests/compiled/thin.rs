//! A rule of each type, from its file to its alerts.

use crate::support::{alerts, body, header, key, query_rule, specs};

fn line(second: u32, id: &str, rest: &str) -> String {
    format!(
        "{{\"@timestamp\":\"2026-05-19T09:{:02}:{:02}.000Z\",\"_id\":\"{id}\",{rest}}}\n",
        second / 60,
        second % 60
    )
}

#[test]
fn a_query_alerts_on_each_event() {
    let rule = query_rule(
        "q",
        "event.category: process and process.name: (cmd.exe or power*)",
    );
    let lines = [
        line(
            1,
            "a",
            r#""event":{"category":["process"]},"process.name":"cmd.exe","user":{"name":"u"}"#,
        ),
        line(
            2,
            "b",
            r#""event":{"category":["process"]},"process.name":"CMD.EXE""#,
        ),
        line(
            3,
            "c",
            r#""event.category":"process","process":{"name":["x","powershell"]}"#,
        ),
        line(
            4,
            "d",
            r#""event.category":"file","process":{"name":"cmd.exe"}"#,
        ),
    ];
    let found = alerts(specs(&[rule]), &lines.concat());
    let keys: Vec<Vec<String>> = found.iter().map(key).collect();
    assert_eq!(keys, [["a"], ["c"]]);
    let names: Vec<&str> = found[0].columns.iter().map(|c| c.name.as_str()).collect();
    assert!(
        names.contains(&"user.name") && names.contains(&"document.event.category"),
        "{names:?}"
    );
    assert!(
        found[0].reason.starts_with("Rule q: "),
        "{}",
        found[0].reason
    );
}

#[test]
fn a_threshold_alerts_on_each_burst_once() {
    let rule = header("t", "threshold")
        + &body("event.outcome: failure")
        + "from = \"now-10m\"\ninterval = \"5m\"\n[rule.threshold]\nfield = [\"user.name\"]\nvalue = 3\n\
           [[rule.threshold.cardinality]]\nfield = \"source.ip\"\nvalue = 2\n";
    let mut lines = String::new();
    for at in 0..4 {
        let rest = |user: &str, ip: u32| {
            format!(r#""event.outcome":"failure","user.name":"{user}","source.ip":"10.0.0.{ip}""#)
        };
        lines += &line(at, &format!("a{at}"), &rest("a", at));
        lines += &line(at, &format!("b{at}"), &rest("b", 1));
    }
    let found = alerts(specs(&[rule]), &lines);
    let keys: Vec<Vec<String>> = found.iter().map(key).collect();
    assert_eq!(keys, [["a"]]);
    assert!(found[0].reason.contains("4 events"), "{}", found[0].reason);
}

#[test]
fn new_terms_alert_on_the_first_of_each_combination() {
    let rule = header("n", "new_terms")
        + &body("event.category: *")
        + "[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"user.name\", \"host.name\"]\n\
           [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-7d\"\n";
    let rest = |user: &str, host: &str| {
        format!(r#""event.category":"x","user.name":{user},"host.name":{host}"#)
    };
    let lines = [
        line(0, "0", &rest(r#""a""#, r#""h""#)),
        line(5, "1", &rest(r#"["a","b"]"#, r#"["h","i"]"#)),
        line(9, "2", &rest(r#""a""#, "null")),
    ];
    let found = alerts(specs(&[rule]), &lines.concat());
    let keys: Vec<String> = found.iter().map(|alert| key(alert).concat()).collect();
    assert_eq!(keys, ["ah", "ai", "bh", "bi"]);
}

#[test]
fn the_bytes_are_those_of_the_files() {
    let rules = ["a", "b"].map(|id| query_rule(id, "user.name: x"));
    let encoded = || weir_compiled::format::encode(&specs(&rules));
    assert_eq!(encoded(), encoded());
}
