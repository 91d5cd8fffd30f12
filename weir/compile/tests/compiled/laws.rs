//! The standing alerts depend on the set of events alone: not on their order, on batches, or on a
//! restart.

use crate::esql::rule;
use crate::naive::{Random, document, line, query};
use crate::support::{body, header, opened, query_rule, specs, standing};
use weir_compiled::format::RuleSpec;

/// A query in ES|QL whose conditions may begin and cease to hold.
fn piped(by: &str) -> String {
    format!(
        "FROM logs-*\n| STATS n = COUNT(*), actions = VALUES(event.action), some = COUNT(event.action) BY {by}\n\
         | EVAL rate = ROUND(some / n::double, 2)\n\
         | WHERE n < 6 AND rate > 0.3 AND (n == 2 OR MV_COUNT(actions) > 1 OR user.name LIKE \"a*\")"
    )
}

fn rules(random: &mut Random) -> Vec<RuleSpec> {
    let threshold = "from = \"now-2m\"\ninterval = \"1m\"\n[rule.threshold]\n\
        field = [\"user.name\", \"host.name\"]\nvalue = 2\n\
        cardinality = [{ field = \"event.action\", value = 2 }]\n";
    let terms = "new_terms_fields = [\"user.name\"]\nhistory_window_start = \"now-100s\"\n";
    let suppressed = "[rule.alert_suppression]\ngroup_by = [\"user.name\"]\n\
        duration = { value = 1, unit = \"m\" }\n";
    let query = |random: &mut Random| query(random, 1);
    specs(&[
        query_rule("each", &query(random)),
        query_rule("suppressed", &query(random)) + suppressed,
        query_rule("alone", &query(random))
            + suppressed
            + "missing_fields_strategy = \"doNotSuppress\"\n",
        header("threshold", "threshold") + &body(&query(random)) + threshold,
        header("terms", "new_terms") + &body(&query(random)) + terms,
        rule(
            "tumbling",
            &piped("w = BUCKET(@timestamp, 1 minute), user.name"),
            "",
        ),
        rule(
            "sliding",
            &piped("user.name, host.name"),
            "from = \"now-2m\"\ninterval = \"1m\"\n",
        ),
    ])
}

#[test]
fn order_batches_and_restarts_change_nothing() {
    let mut alerting = 0;
    for round in 0..25_u64 {
        let mut random = Random(round * 13 + 3);
        let specs: &'static [RuleSpec] = Box::leak(rules(&mut random).into_boxed_slice());
        let mut lines: Vec<String> = (0..200)
            .map(|at| {
                let second = random.next(600);
                line(&document(&mut random), at, second)
            })
            .collect();
        let mut whole = opened(specs, "{}");
        whole.push(lines.concat().as_bytes());
        let wanted = standing(&mut whole);
        alerting += wanted.len();
        // Another order, some lines twice, odd batches, and a restart between each two.
        let again = lines[random.next(lines.len())].clone();
        lines.push(again);
        for at in (1..lines.len()).rev() {
            lines.swap(at, random.next(at + 1));
        }
        let mut restarted = opened(specs, "{}");
        let mut alerts = Vec::new();
        let mut rest = &lines[..];
        while !rest.is_empty() {
            let (batch, others) = rest.split_at(rest.len().min(1 + random.next(60)));
            rest = others;
            restarted.push(batch.concat().as_bytes());
            alerts.extend(restarted.take_alerts(u32::MAX));
            let state = restarted.snapshot();
            restarted = opened(specs, "{}");
            restarted.merge(&state).unwrap();
        }
        restarted.flush();
        alerts.extend(restarted.take_alerts(u32::MAX));
        let found = crate::support::last(alerts);
        let without_numbers = |alerts: Vec<weir_detector::model::Alert>| {
            let mut texts: Vec<String> = { alerts.into_iter() }
                .map(|mut alert| {
                    alert.revision = 0;
                    alert.phase = weir_detector::model::Phase::OnTime;
                    format!("{alert:?}")
                })
                .collect();
            texts.sort();
            texts
        };
        assert_eq!(without_numbers(found), without_numbers(wanted), "{round}");
    }
    assert!(alerting > 500, "{alerting}");
}
