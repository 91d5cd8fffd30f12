//! Components that say what the contract forbids, or more than they may: the exact outcome of each.

use crate::support::Answer;
use crate::support::zoo::{CONFIG, alerted, fails_under, fifths, lines, room, roomy, run};

/// Bytes of what is written of a hundred lines' honest alerts, at most.
const LITTLE: usize = 32 << 10;

/// A run over a hundred lines that is given up for this breach.
#[track_caller]
fn breaks(name: &str, place: &str) -> Answer {
    let room = room(name, CONFIG, &lines(100, &[]));
    let answer = run(&room, &["input"]);
    let breach = format!("the contract: rule `zoo-{name}`, {place}");
    answer.ends(2).tells_with("component-given-up", &breach);
    assert!(answer.out.len() < LITTLE, "{name}: {}", answer.out.len());
    answer
}

/// One whose alert on the hundredth line breaks the contract: what was found in the batch before it
/// is kept, and nothing of the one that it is in.
#[track_caller]
fn breaks_late(name: &str, place: &str) {
    let answer = breaks(name, &format!("alerts[2].{place}"));
    answer
        .tells_with("component-given-up", "3 times")
        .tells_with("component-given-up", "`take-alerts`");
    assert_eq!(alerted(&answer), fifths(85), "{name}");
}

#[test]
fn no_column_says_what_the_host_says() {
    for (name, column) in [
        ("own-alert-id", "weir.alert.id"),
        ("own-revision", "weir.alert.revision"),
        ("own-rule-id", "rule.id"),
        ("own-time", "@timestamp"),
        ("own-kind", "event.kind"),
        ("own-tags", "tags"),
        ("own-case", "Weir.Alert.Id"),
        ("own-object", "weir"),
        ("own-below", "message.text"),
        ("own-index", "_id"),
        ("own-event", "event"),
    ] {
        let why = format!("columns[1].name: `{column}` is reserved: the host says that itself");
        breaks_late(name, &why);
    }
}

#[test]
fn names_of_columns_are_those_of_one_document() {
    breaks_late(
        "column-around",
        "columns: `zoo` is a value and holds `zoo.lines`",
    );
    breaks_late("column-twice", "columns: `line` is there twice");
    breaks_late("column-nameless", "columns[1].name: is empty");
    breaks_late(
        "column-dots",
        "columns[1].name: `zoo..lines` has an empty part between its dots",
    );
    breaks_late(
        "column-steers",
        "columns[1].name: `\\u{1b}[2J` has characters that no name has",
    );
    breaks_late(
        "own-space",
        "columns[1].name: `@timestamp ` has characters that no name has",
    );
    breaks_late(
        "own-unseen",
        "columns[1].name: `weir\u{3164}.alert.id` has characters that no name has",
    );
    breaks_late(
        "column-deep",
        "columns[1].name: 30 parts between its dots, and 20 are allowed",
    );
    breaks_late(
        "column-retyped",
        "columns: zoo.value is of another type than before",
    );
    // Each alert has 90 new ones.
    breaks(
        "column-flood",
        "alerts[11].columns: zoo.c60-9 is one name more than the 1000 that a rule may have",
    );
    breaks_late(
        "described-type",
        "columns: zoo.lines is of another type than described",
    );
    breaks_late(
        "column-lies",
        "columns: line has another value than in the key",
    );
}

#[test]
fn values_are_what_an_index_takes() {
    for (name, why) in [
        ("nan", "is no finite number"),
        ("infinite", "is no finite number"),
        ("empty-text", "is empty"),
        ("empty-list", "is an empty list"),
        ("empty-element", "is empty"),
    ] {
        breaks_late(name, &format!("columns[1].value: {why}"));
    }
    breaks_late("body-no-json", "response[0].body: is no JSON text");
    breaks_late("body-deep", "response[0].body: is no JSON text");
    breaks_late("mark-nameless", "truncated[0].column: is empty");
}

#[test]
fn keys_are_made_as_the_rule_describes() {
    breaks_late(
        "key-empty",
        "key: its parts are none and described are line",
    );
    breaks_late(
        "key-twice",
        "key: its parts are line, line and described are line",
    );
    breaks_late(
        "key-renamed",
        "key: its parts are row and described are line",
    );
    breaks_late(
        "key-retyped",
        "key.line.value: is of another type than described",
    );
}

#[test]
fn windows_and_times_are_in_order_and_on_the_calendar() {
    breaks_late("window-inverted", "window: ends at 0 and starts at 1000");
    breaks_late(
        "window-far",
        "window.start: 253402300800000 is not in the years 0 to 9999",
    );
    breaks_late("window-long", "window: is no window of 1000 ms");
    breaks_late("window-shifted", "window: is no window of 1000 ms");
    breaks_late(
        "window-last",
        "window.end: 253402300800000 is not in the years 0 to 9999",
    );
    breaks_late("seen-outside", "last-seen: is not in the window");
    breaks_late("seen-inverted", "last-seen: is before first-seen");
}

#[test]
fn revisions_follow_each_other() {
    let answer = breaks("revision-again", "alerts[3].revision: is 1 and must be 2");
    assert_eq!(alerted(&answer), fifths(85));
    breaks("revision-gap", "alerts[3].revision: is 3 and must be 2");
    breaks("revision-back", "alerts[4].revision: is 1 and must be 3");
    breaks_late("revision-0", "revision: is 0 and must be 1");
    breaks_late(
        "retracted-first",
        "phase: is retracted where nothing stands",
    );
    breaks(
        "early-behind",
        "alerts[3].phase: is early behind what was on time",
    );
}

#[test]
fn refusals_are_in_order_inside_the_batch_and_as_many_as_counted() {
    let refused = "outcome.refused";
    for (name, place) in [
        ("lie-counts", "outcome: 10000"),
        ("lie-offsets", "outcome.refused[0]: is outside of the batch"),
        (
            "refuse-span",
            "outcome.refused[1]: is not behind the one before it",
        ),
        (
            "refuse-back",
            "outcome.refused[1]: is not behind the one before it",
        ),
        ("refuse-nothing", "outcome.refused[0]: is of no bytes"),
        (
            "refuse-few",
            &format!("{refused}: 0 documents are refused as malformed where 1 are counted"),
        ),
        (
            "refuse-kind",
            &format!("{refused}: 1 documents are refused as malformed where 0 are counted"),
        ),
    ] {
        let answer = breaks(name, place);
        answer
            .tells_with("component-given-up", "6 times")
            .tells_with("component-given-up", "`push`")
            .tells_at("batch-failed", "input", 1);
        assert!(!answer.err.contains('\u{1b}'), "{:?}", answer.err);
        assert_eq!(answer.out, "", "{name}");
    }
}

#[test]
fn a_description_is_one_that_can_be_kept() {
    for (name, place) in [
        ("empty-id", "id: is empty"),
        (
            "steering-id",
            "id: `\\u{1b}[2J` has characters that no name has",
        ),
        ("risk-255", "risk-score: is 255 and at most 100"),
        ("empty-tag", "tags[0]: is empty"),
        (
            "default-range",
            "parameters[0].default-value: 101 is outside of its own range",
        ),
        (
            "default-type",
            "parameters[0].default-value: `\"one\"` is not of the parameter's type",
        ),
        (
            "default-text",
            "parameters[0].default-value: `one` is no JSON text",
        ),
        (
            "range-inverted",
            "parameters[0].minimum: 101 is more than 100",
        ),
        (
            "range-infinite",
            "parameters[0].minimum: is a bound of what has none, or no finite one",
        ),
        ("parameter-twice", "parameters: `min_lines` is there twice"),
        (
            "early-number",
            "parameters[0].kind: `early` is of another type in every detector",
        ),
        ("short-upper", "short-name: `Zoo` is not at most 64"),
        ("short-empty", "short-name: `` is not at most 64"),
        ("key-five", "key: 5 elements, and 4 are allowed"),
        ("key-reserved", "key[0].name: `weir.alerted` is reserved"),
        ("label-empty", "key[0].label: is empty"),
        ("judge-nothing", "judgement.tumbling: 0 is no length"),
        (
            "judge-long",
            "judgement.first-seen: 18446744073709551615 is no length",
        ),
        ("ledger-columns", "columns[0].name: `rule.id` is reserved"),
        ("condition-twice", "conditions: `zoo.lines` is there twice"),
        (
            "condition-of",
            "conditions[0].parameter: `min_others` is no integer among the parameters",
        ),
        (
            "condition-part",
            "conditions[0].parameter: `min_lines` is no integer among the parameters",
        ),
        (
            "exceptions-odd",
            "parameters[0].default-value: [0] not an object",
        ),
        (
            "future-text",
            "parameters[0].kind: `max_future_seconds` is of another type in every detector",
        ),
        (
            "condition-ratio",
            "conditions[0].aggregate.numerator: `zoo.others` is no number among",
        ),
        (
            "condition-16",
            "conditions[0].aggregate.decimals: is 16 and at most 15",
        ),
    ] {
        let room = room(name, &roomy(), &lines(100, &[]));
        let answer = run(&room, &["input"]);
        answer
            .ends(2)
            .tells_with("contract-broken", "`describe`")
            .tells_with("contract-broken", place);
        assert_eq!(answer.out, "");
        assert!(answer.err.len() < 1200, "{}", answer.err);
    }
}

#[test]
fn rules_of_a_component_are_told_apart() {
    for (name, words) in [
        ("rules-none", "rules: is empty"),
        ("rules-many", "rules: 2000 elements, and 1000 are allowed"),
        ("rules-twice", "rules: `zoo-rules-twice` is there twice"),
        ("short-twice", "rules: `zoo` is there twice"),
    ] {
        let wide = format!("{}description_kib = 1048576\n", roomy());
        let room = room(name, &wide, &lines(100, &[]));
        run(&room, &["input"])
            .ends(2)
            .tells_with("contract-broken", "`describe`")
            .tells_with("contract-broken", words);
    }
}

#[test]
fn every_command_refuses_what_describes_itself_wrongly() {
    let room = room("risk-255", CONFIG, &lines(100, &[]));
    let component = ["--component", "it.wasm"];
    let validated = ["--config", "config.toml"];
    for arguments in [
        &["inspect", "it.wasm"][..],
        &[&["report"], &component[..], &["input", "--output", "page"]].concat(),
        &[&["tune"], &component[..], &["--ledger", "input"]].concat(),
        &[&["run"], &component[..], &validated, &["input"]].concat(),
    ] {
        let answer = room.weir(arguments);
        answer.ends(2);
        let said = answer.err + &answer.out;
        assert!(said.contains("risk-score: is 255"), "{arguments:?}: {said}");
    }
}

#[test]
fn words_lists_and_alerts_have_their_sizes() {
    let large = "answer-too-large";
    let limit = "(limits.description_kib)";
    for name in ["long-name", "long-words"] {
        fails_under(&roomy(), name, large, &["`describe`", " 10,4", limit]);
    }
    let sizes = ["2,000,386", "262,144", limit];
    let tight = format!("{}description_kib = 256\n", roomy());
    fails_under(&tight, "condition-many", large, &sizes);
    let wide = format!("{}description_kib = 1048576\n", roomy());
    let many = ["conditions: ", "50000", "64"];
    fails_under(&wide, "condition-many", "contract-broken", &many);
    let config = roomy().replace("output_mib = 16", "output_mib = 256");
    for (name, words) in [
        (
            "long-reason",
            "a text takes 104,857,600 bytes, and 262,144 are allowed (limits.text_kib)",
        ),
        ("many-integers", "an alert takes 144,0"),
        (
            "many-columns",
            "alerts[0].columns: 100000 elements, and 1000 are allowed",
        ),
    ] {
        let room = room(name, &config, &lines(100, &[]));
        let answer = run(&room, &["input"]);
        answer
            .ends(2)
            .tells_with("component-given-up", "`take-alerts`")
            .tells_with("component-given-up", words);
        assert_eq!(answer.out, "");
    }
}

/// Bytes that may be given: besides a MiB, 1000 for each that is read.
const NARROW: &str = "alerts_mib = 1\nalerts_ratio = 1000\ntext_kib = 1024\n";

#[test]
fn alerts_without_end_end_long_before_the_disk_is_full() {
    for (name, words) in [
        ("endless-alerts", "(limits.alerts_"),
        ("heavy-alerts", "(limits.alerts_"),
        ("same-alert", "alerts[0].revision: is 1 and must be 2"),
    ] {
        let config = format!("{}{NARROW}", roomy());
        let room = room(name, &config, &lines(100, &[]));
        let answer = run(&room, &["input"]);
        answer
            .ends(2)
            .tells_with("component-given-up", "3 times")
            .tells_with("component-given-up", words);
        let written = answer.out.len();
        // What it was fed is good for 1.2 MB, and its memory for some more.
        assert!(written < 3 << 20, "{name}: {written}");
        assert!(written > 0, "{name}: what was given before is kept");
    }
}

#[test]
fn alerts_out_of_proportion_to_the_input_end_the_run() {
    // 2 MiB for each fifth line.
    let config = format!("{}{NARROW}", roomy()).replace("alerts_mib = 1", "alerts_mib = 16");
    let room = room("heavy-drip", &config, &lines(100, &[]));
    let answer = run(&room, &["input"]);
    answer
        .ends(2)
        .tells_with("component-given-up", "(limits.alerts_ratio)");
    assert!(answer.out.len() < 18 << 20, "{}", answer.out.len());
    assert!(answer.alerts().len() >= 7, "what was given before is kept");
}

#[test]
fn totals_that_no_log_can_have_are_refused() {
    for (name, words) in [
        ("counters-none", "counters.rules: are not the open rules"),
        ("counters-twice", "counters.rules: are not the open rules"),
        ("opened-twice", "counters.opened: has a twice"),
        ("opened-empty", "counters.opened: is empty"),
        (
            "opened-long",
            "counters.opened: 2000 bytes, and 256 are allowed",
        ),
        ("opened-steering", "counters.opened: `\\u{1b}[2J"),
        (
            "opened-many",
            "counters.opened: 2000 elements, and 1000 are allowed",
        ),
        (
            "watermark-far",
            "counters.watermark: 9223372036854775807 is not about the years",
        ),
    ] {
        let room = room(name, &roomy(), &lines(100, &[]));
        run(&room, &["input"])
            .ends(2)
            .tells_with("component-given-up", words);
    }
}

#[test]
fn what_is_held_for_the_end_is_bounded() {
    let config = format!("{}text_kib = 1024\nfinal_mib = 5\n", roomy());
    let room = room("heavy-drip", &config, &lines(20, &[]));
    let answer = run(&room, &["--final", "input"]);
    answer
        .ends(2)
        .tells_with("answer-too-large", "`take-alerts`")
        .tells_with("answer-too-large", " 6,")
        .tells_with(
            "answer-too-large",
            "5,242,880 are allowed (limits.final_mib)",
        );
    assert!(answer.out.len() < 7 << 20, "{}", answer.out.len());
}

#[test]
fn what_waits_for_a_checkpoint_is_bounded_and_many_do_not_wait() {
    let config = |most: u32| {
        let limits = roomy().replace("snapshot_mib = 16", "snapshot_mib = 64");
        format!("{limits}text_kib = 1024\nfinal_mib = {most}\n")
    };
    // Four alerts of 2 MiB; a checkpoint is made for each, long before the next is due.
    let kept = room("heavy-drip", &config(5), &lines(20, &[]));
    let checkpoint = ["--checkpoint", "state", "--checkpoint-interval", "3600"];
    let answer = run(&kept, &[&checkpoint[..], &["input"]].concat());
    answer.ends(0);
    assert_eq!(alerted(&answer), fifths(20));
    // One alone is more than may be held.
    let refused = room("heavy-drip", &config(1), &lines(20, &[]));
    run(&refused, &[&checkpoint[..], &["input"]].concat())
        .ends(2)
        .tells_with("answer-too-large", " 2,")
        .tells_with(
            "answer-too-large",
            "1,048,576 are allowed (limits.final_mib)",
        );
}

#[test]
fn verdicts_without_end_end_too() {
    let config = format!("{}{NARROW}", roomy());
    let room = room("ledger-endless", &config, &lines(100, &[]));
    let answer = run(&room, &["--verdicts", "ledger", "input"]);
    answer.ends(2).tells_with(
        "component-given-up",
        "`take-verdicts`: its answer is too large",
    );
    let written = room.read("ledger").len();
    assert!(written < 4 << 20, "{written}");
}

#[test]
fn reasons_for_refusals_are_bounded_by_the_batch() {
    for (name, setting) in [
        ("refuse-words", "(limits.reasons_kib)"),
        ("refuse-long", "(limits.text_kib)"),
    ] {
        let room = room(name, &roomy(), &lines(1000, &[]));
        let answer = run(&room, &["--rejects", "rejects", "input"]);
        answer
            .ends(2)
            .tells_with("component-given-up", "6 times")
            .tells_with("component-given-up", setting);
        let written = room.read("rejects").len();
        assert_eq!(written, 0, "{name}");
    }
}
