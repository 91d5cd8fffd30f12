//! Raw records of Azure AD Graph: a compiled rule finds in them what it finds in their documents.

use crate::esql::rule;
use crate::support::{body, compiled, header, opened, query_rule, specs, standing};
use weir_compiled::format::RuleSpec;
use weir_detector::model::Alert;
use weir_generator::log::{Log, Scene};
use weir_generator::mmdb::asn_database;
use weir_generator::render::Shape;

const INDEX: &str = "index = [\"logs-azure.aadgraphactivitylogs-*\"]\n";

/// A rule of each kind on the log.
fn rules() -> &'static [RuleSpec] {
    let terms = "new_terms_fields = [\"user.id\", \"source.as.number\"]\nhistory_window_start = \"now-2d\"\n";
    let threshold = "from = \"now-4m\"\ninterval = \"2m\"\n[rule.threshold]\n\
        field = [\"user.id\", \"azure.tenant_id\"]\nvalue = 5\n\
        cardinality = [{ field = \"url.path\", value = 3 }]\n";
    let refused = "data_stream.dataset: azure.aadgraphactivitylogs and \
        http.response.status_code >= 400 and http.response.status_code < 500";
    let agents = "event.dataset: \"azure.aadgraphactivitylogs\" and user_agent.original: *aiohttp* and \
        azure.aadgraphactivitylogs.properties.actor_type: User and http.request.method: GET and \
        source.ip: *";
    let rows = "FROM logs-azure.aadgraphactivitylogs-*\n\
        | EVAL w = DATE_TRUNC(2 minutes, @timestamp), bad = CASE(http.response.status_code >= 400 AND http.response.status_code <= 499, 1, 0)\n\
        | STATS calls = COUNT(*), errors = SUM(bad), paths = COUNT_DISTINCT(url.path),\n\
            tenants = VALUES(azure.tenant_id), addresses = VALUES(source.ip),\n\
            versions = VALUES(azure.aadgraphactivitylogs.properties.api_version),\n\
            networks = VALUES(source.as.organization.name), first = MIN(@timestamp)\n\
            BY user.id, source.as.number, w\n\
        | EVAL rate = ROUND(errors / calls::double, 2)\n\
        | WHERE calls > 3 AND errors >= 1 AND rate >= 0.2 AND paths >= 2";
    let specs = specs(&[
        rule("rows", rows, ""),
        header("terms", "new_terms") + INDEX + &body("user.id: *") + terms,
        header("threshold", "threshold") + INDEX + &body(refused) + threshold,
        query_rule("each", agents).replace("query = ", &format!("{INDEX}query = ")),
        query_rule("others", "*").replace("query = ", "index = [\"logs-okta*\"]\nquery = "),
    ]);
    Box::leak(specs.into_boxed_slice())
}

fn log(shape: Option<Shape>, scene: Scene) -> String {
    let log = Log {
        shape,
        events: 6000,
        seed: 7,
        scene,
        others: 10,
        ..Log::default()
    };
    let mut bytes = Vec::new();
    log.write(&mut bytes, |_| ()).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The alerts of all rules, and the number of documents of other data sets.
fn judged(batch: &str) -> (Vec<Alert>, u64) {
    let mut detector = opened(rules(), "{}");
    detector.load_table("asn", &asn_database()).unwrap();
    let outcome = detector.push(batch.as_bytes());
    assert_eq!(outcome.malformed, 0, "{:?}", outcome.refused);
    let alerts = standing(&mut detector);
    (
        alerts.into_iter().map(decided).collect(),
        outcome.other_data_set,
    )
}

/// An alert without the one column beside the rules that raw records lack.
fn decided(mut alert: Alert) -> Alert {
    alert
        .columns
        .retain(|column| column.name != "document.event.action");
    let said = ", document.event.action directory-read";
    alert.reason = alert.reason.replace(said, "");
    alert
}

#[test]
fn every_shape_gives_equal_alerts() {
    let rules = ["rows", "terms", "threshold", "each"];
    for (scene, finds) in [
        (Scene::AllRules, &rules[..]),
        (Scene::Hours(1), &rules[..1]),
    ] {
        let (wanted, others) = judged(&log(Some(Shape::Ecs), scene));
        for rule in finds {
            assert!(wanted.iter().any(|alert| alert.rule == *rule), "{rule}");
        }
        let raw = log(Some(Shape::EventHub), scene);
        let lines: Vec<&str> = raw.lines().collect();
        let envelopes = lines
            .chunks(50)
            .map(|some| format!("{{\"records\":[{}]}}\n", some.join(",")));
        for batch in [
            envelopes.collect(),
            log(Some(Shape::LogAnalytics), scene),
            log(None, scene),
            raw,
        ] {
            let (found, beside) = judged(&batch);
            assert_eq!(beside, others);
            assert_eq!(found.len(), wanted.len());
            for (found, wanted) in found.iter().zip(&wanted) {
                assert_eq!(found, wanted);
            }
        }
    }
}

/// A raw record of an event, with further members.
fn record(time: &str, more: &str) -> String {
    format!(
        "{{\"category\":\"AzureADGraphActivityLogs\",\"tenantId\":\"t\",\"properties\":{{\"timeGenerated\":\"2026-05-19T09:00:{time}Z\",\
         \"userId\":\"u\",\"httpMethod\":\"GET\",\"actorType\":\"User\",\"callerIpAddress\":\"198.51.100.1\",\
         \"requestId\":\"r\",\"requestUri\":\"/t/users\",\"userAgent\":\"aiohttp\"}}{more}}}\n"
    )
}

#[test]
fn a_raw_record_is_a_document_of_its_data_set() {
    for (batch, events, others) in [
        // A second delivery, and its own document.
        (
            record("01", "")
                + &record("01", ",\"time\":\"x\"")
                + "{\"@timestamp\":\"2026-05-19T09:00:01Z\",\"event\":{\"id\":\"r\",\"dataset\":\"azure.aadgraphactivitylogs\"},\
                   \"data_stream.dataset\":\"azure.aadgraphactivitylogs\",\"user_agent.original\":\"aiohttp\",\"source.ip\":\"::1\",\
                   \"http.request.method\":\"GET\",\"azure.aadgraphactivitylogs.properties.actor_type\":\"User\"}\n",
            1,
            0,
        ),
        // What a shipper adds.
        (
            record(
                "01",
                ",\"@timestamp\":\"2026-05-19T10:00:00Z\",\"@version\":\"1\"",
            ),
            1,
            0,
        ),
        // It says itself that it is of another data set.
        (
            record(
                "01",
                ",\"@timestamp\":\"2026-05-19T09:00:00Z\",\"event.dataset\":\"x\"",
            ),
            0,
            1,
        ),
        // Another log's.
        (
            record("01", "").replace("AzureADGraph", "MicrosoftGraph"),
            0,
            1,
        ),
    ] {
        let (alerts, other_data_set) = judged(&batch);
        let of_agents = alerts.iter().filter(|alert| alert.rule == "each");
        assert_eq!(
            (of_agents.count(), other_data_set),
            (events, others),
            "{batch}"
        );
    }
    let mut detector = opened(rules(), "{}");
    let outcome = detector.push(record("71", "").as_bytes());
    assert_eq!((outcome.malformed, outcome.other_data_set), (1, 0));
}

#[test]
fn a_missing_table_is_told_only_if_a_rule_asks_for_networks() {
    let mut detector = opened(rules(), "{}");
    detector.push(record("01", "").as_bytes());
    let missed = &detector.counters().tables_missed;
    assert_eq!(missed.iter().map(|(_, count)| count).sum::<u64>(), 1);
}

#[test]
fn fields_that_raw_records_lack_are_told() {
    let on = |query: &str, index: &str| {
        let text = query_rule("x", query).replace("query = ", &format!("{index}query = "));
        let compilation = compiled(&[text]);
        let notes = compilation.outcomes[0].notes.iter();
        notes
            .map(|note| (note.code, note.message.contains("`event.action`")))
            .collect::<Vec<_>>()
    };
    let query = "event.action: x and url.path: *users*";
    assert_eq!(on(query, INDEX), [("raw-records", true)]);
    assert_eq!(on("url.path: *users*", INDEX), []);
    assert_eq!(on(query, "index = [\"logs-okta*\"]\n"), []);
}
