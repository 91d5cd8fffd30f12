//! Runs that are stopped and go on.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::stream::{Revisions, documents};
use crate::support::{BURST, Room, burst, gzip, lines};

const RUN: [&str; 4] = ["run", "--checkpoint", "state", "input"];

/// The checkpoints of a folder, oldest first.
fn checkpoints(room: &Room) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(room.path("state"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "weir"))
        .collect();
    found.sort();
    found
}

#[test]
fn a_finished_run_started_again_has_nothing_to_do() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    let first = room.weir(&RUN);
    assert_eq!(first.ends(0).alerts().len(), 1);
    let again = room.logged(&RUN);
    again.ends(0).counts("resumed_checkpoint", 2);
    assert_eq!(again.out, "", "what was released comes no more");
    assert_eq!(
        again.count("counted"),
        BURST as u64,
        "since the first start"
    );
    room.weir(&[&RUN[..], &["--fail-on-alert"]].concat())
        .ends(0);
    assert_eq!(checkpoints(&room).len(), 2);
}

#[test]
fn grown_and_new_files_are_read_from_where_they_were() {
    let room = Room::new();
    let all = burst();
    room.write("in/a", lines(&all[..10]));
    let run = ["run", "--checkpoint", "state", "--output", "alerts", "in"];
    room.weir(&run).ends(0);
    room.write("in/a", lines(&all[..15]))
        .write("in/b", lines(&all[15..]));
    let answer = room.weir(&run);
    answer.ends(0);
    assert_eq!(answer.count("counted"), BURST as u64);
    assert_eq!(answer.count("duplicate"), 0);
    let found = Revisions::of(&room.read("alerts"));
    assert_eq!((found.standing().len(), found.repeated), (1, 0));
    // Renamed: nothing is read again, and the new file of that name is.
    fs::rename(room.path("in/a"), room.path("in/z")).unwrap();
    room.write("in/a", "{\"other\":1}\n");
    let answer = room.weir(&run);
    assert_eq!(answer.ends(0).count("duplicate"), 0);
    assert_eq!(answer.count("other data set"), 1);
}

#[test]
fn a_replaced_or_shortened_file_is_read_from_its_start() {
    let room = Room::new();
    let all = burst();
    room.write("input", lines(&all[..20]));
    room.weir(&RUN).ends(0);
    room.write("input", lines(&all[20..]));
    let answer = room.logged(&RUN);
    answer.ends(0).tells_of("source-replaced", "input");
    assert_eq!(answer.count("counted"), BURST as u64);
    room.write("input", format!("{}\n", all[20]));
    let answer = room.logged(&RUN);
    answer.ends(0).tells_of("source-replaced", "input");
    assert_eq!(answer.count("duplicate"), 1);
}

#[test]
fn the_last_revisions_are_kept_up_over_runs() {
    let room = Room::new();
    let all = burst();
    room.write("in/a", lines(&all));
    let run = [
        "run",
        "--checkpoint",
        "state",
        "--final",
        "-o",
        "alerts",
        "in",
    ];
    room.weir(&run).ends(0);
    let mut more = all[0].clone();
    more["properties"]["requestId"] = json!("one more");
    room.write("in/b", format!("{more}\n"));
    room.weir(&run).ends(0);
    let text = room.read("alerts");
    assert_eq!(text.lines().count(), 1, "{text}");
    let alert: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(alert["Esql.total_calls"], 26);
}

#[test]
fn a_damaged_checkpoint_is_told_and_the_one_before_serves() {
    let damages: [fn(&mut Vec<u8>); 3] = [
        |bytes| bytes[40] ^= 0x10,
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.clear(),
    ];
    for damage in damages {
        let room = Room::new();
        room.write("input", lines(&burst()));
        room.weir(&[&RUN[..], &["-o", "alerts"]].concat()).ends(0);
        let alerts = room.read("alerts");
        let spoil = |path: &PathBuf| {
            let mut bytes = fs::read(path).unwrap();
            damage(&mut bytes);
            fs::write(path, bytes).unwrap();
        };
        spoil(&checkpoints(&room)[1]);
        let answer = room.logged(&[&RUN[..], &["-o", "alerts"]].concat());
        answer
            .ends(0)
            .tells_with("checkpoint-damaged", "00002.weir")
            .tells_with(
                "checkpoint-damaged",
                "state/checkpoint-00000000000000000001.weir",
            )
            .counts("resumed_checkpoint", 1);
        assert_eq!(room.read("alerts"), alerts);
        for path in &checkpoints(&room) {
            spoil(path);
        }
        let answer = room.logged(&RUN);
        answer
            .ends(3)
            .tells_with("configuration-refused", " in state ");
        assert_eq!(checkpoints(&room).len(), 2, "nothing is removed");
    }
}

#[test]
fn a_configuration_that_counts_otherwise_is_refused_with_its_keys() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    room.weir(&RUN).ends(0);
    let answer = room.logged(&[&RUN[..], &["--set", "max_values=11"]].concat());
    answer
        .ends(3)
        .tells_with("configuration-refused", "max_values was 1000 and is 11");
    room.weir(&RUN).ends(0);
}

#[test]
fn another_choice_of_rules_leaves_none_out_and_says_what_a_new_one_has_not_seen() {
    let room = Room::new();
    room.write("in/a", lines(&burst()));
    let run =
        |more: &[&str]| room.logged(&[&["run", "--checkpoint", "state", "in"], more].concat());
    run(&[]).ends(0);
    run(&["--rule", "high-4xx"]).ends(0).lacks("rule-added");
    run(&["--rule", "enumeration"])
        .ends(3)
        .tells_with("configuration-refused", ": high-4xx; ");
    // What comes from now on is judged by both.
    let more = lines(&burst());
    let more = more.replace("T05:", "T07:").replace("request-", "later-");
    room.write("in/b", more.replace("walk/1.0", "curl/8.0"));
    let both = ["--rule", "high-4xx", "--rule", "suspicious-agent"];
    let answer = run(&both);
    answer
        .ends(0)
        .tells_with("rule-added", " suspicious-agent, so");
    assert_eq!(answer.alerts().len(), 1);
    run(&both).ends(0).lacks("rule-added");
    run(&[])
        .ends(3)
        .tells_with("configuration-refused", ": suspicious-agent;");
    run(&["--rule", "all"]).ends(0).tells_with(
        "rule-added",
        " enumeration, first-client, first-network, so",
    );
}

#[test]
fn two_runs_do_not_share_a_folder_and_a_stopped_one_goes_on() {
    let room = Room::new();
    let all = burst();
    room.write("input", lines(&all[..20]));
    let follow = [&RUN[..], &["--follow", "--checkpoint-interval", "0.05"]].concat();
    let mut life = room.start_logged("one", &follow);
    room.wait_for_lock("state", &mut life);
    room.logged(&RUN)
        .ends(3)
        .tells_with("configuration-refused", &format!("process {}", life.id()));
    let state = room.path("state");
    life.wait_until("a checkpoint", || fs::read_dir(&state).unwrap().count() > 1);
    let answer = life.stop();
    answer.ends(0).counts("windows_fired", 0);
    assert_eq!(answer.out, "", "its window stays open");
    room.write("state/.checkpoint.tmp", "left over");
    room.write("input", lines(&all));
    let answer = room.weir(&RUN);
    assert_eq!(answer.ends(0).alerts().len(), 1);
    assert_eq!(answer.count("counted"), BURST as u64);
    assert!(!room.path("state/.checkpoint.tmp").exists());
}

#[test]
fn a_signal_without_checkpoints_closes_the_windows() {
    let room = Room::new();
    // A bad line is reported behind all that stands before it.
    room.write("input", lines(&burst()) + "bad\n");
    let mut life = room.start_logged("one", &["run", "--follow", "input"]);
    life.wait_to_tell("malformed");
    assert_eq!(life.stop().ends(0).alerts().len(), 1);
}

#[test]
fn a_shortened_file_of_alerts_is_told() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    let run = [&RUN[..], &["-o", "alerts", "--rejects", "rejects"]].concat();
    room.weir(&run).ends(0);
    fs::remove_file(room.path("alerts")).unwrap();
    room.logged(&run)
        .ends(0)
        .tells_with("output-resumed", "alerts: ");
}

/// Runs a command with no room for a checkpoint; none where that cannot be set up.
fn without_room(room: &Room, arguments: &str) -> Option<crate::support::Answer> {
    let weir = env!("CARGO_BIN_EXE_weir");
    let script = format!(
        "set -e; mkdir -p small saved; mount -t tmpfs -o size=64k tmpfs small; \
         cp saved/* small/ 2>/dev/null || true; \
         head -c 1000000 /dev/zero > small/filler 2>/dev/null || true; \
         set +e; {weir} run --no-cache --checkpoint small {arguments}; code=$?; \
         rm small/filler; cp small/* saved/; exit $code"
    );
    let allowed = Command::new("unshare")
        .args(["-rm", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let mut command = if allowed {
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", &script]);
        command
    } else {
        return None;
    };
    command.stdin(Stdio::null());
    command.env("WEIR_LOG_FORMAT", "json");
    Some(room.launch("small", command).end())
}

#[test]
fn a_full_disk_ends_nothing_and_spoils_no_earlier_checkpoint() {
    let room = Room::new();
    let documents = documents(1200, 5);
    let text = |part: &[String]| part.join("\n") + "\n";
    room.write("in/a", text(&documents[..600]));
    room.weir(&["run", "--checkpoint", "saved", "-o", "alerts", "in"])
        .ends(0);
    let before = fs::read_dir(room.path("saved")).unwrap().count();
    room.write("in/b", text(&documents[600..]));
    let Some(answer) = without_room(&room, "-o alerts in") else {
        assert!(std::env::var_os("CI").is_none(), "no namespaces here");
        println!("left out: no namespaces here");
        return;
    };
    answer.ends(3).tells_with("checkpoint-failed", "small: ");
    room.write("whole", text(&documents));
    let whole = room.weir(&["run", "in"]);
    let expected = Revisions::of(&whole.ends(0).out).standing();
    assert!(expected.len() > 2);
    assert_eq!(Revisions::of(&room.read("alerts")).standing(), expected);
    assert_eq!(fs::read_dir(room.path("saved")).unwrap().count(), before);
    let again = room.logged(&["run", "--checkpoint", "saved", "-o", "alerts", "in"]);
    again.ends(0).counts("resumed_checkpoint", 2);
    assert_eq!(again.count("counted"), whole.count("counted"));
    assert_eq!(Revisions::of(&room.read("alerts")).standing(), expected);
}

#[test]
fn standard_input_goes_into_the_same_state() {
    let room = Room::new();
    let all = burst();
    let run = ["run", "--checkpoint", "state", "-"];
    room.weir_with(&run, lines(&all[..20]).as_bytes()).ends(0);
    let answer = room.weir_with(&run, lines(&all[20..]).as_bytes());
    let standing = Revisions::of(&answer.ends(0).out).standing();
    let alert = standing.values().next().unwrap();
    assert_eq!(alert["Esql.total_calls"], BURST);
}

#[test]
fn compressed_and_printed_files_that_have_grown_are_read_on() {
    let room = Room::new();
    let all = burst();
    let gz = |values: &[serde_json::Value]| gzip(lines(values));
    let zst = |values: &[serde_json::Value]| zstd::encode_all(lines(values).as_bytes(), 1).unwrap();
    let printed = |values: &[serde_json::Value]| {
        let printed = values.iter().map(|value| format!("{value:#}\n"));
        printed.collect::<String>().into_bytes()
    };
    type Form<'a> = &'a dyn Fn(&[serde_json::Value]) -> Vec<u8>;
    for form in [&gz as Form<'_>, &zst, &printed] {
        let _ = fs::remove_dir_all(room.path("state"));
        let first = form(&all[..20]);
        room.write("input", &first);
        room.weir(&RUN).ends(0);
        let mut grown = first;
        grown.extend(form(&all[20..]));
        room.write("input", grown);
        let answer = room.weir(&RUN);
        assert_eq!(answer.ends(0).count("counted"), BURST as u64);
        assert_eq!(answer.count("duplicate"), 0);
        assert_eq!(answer.count("malformed"), 0);
    }
}

/// Cron jobs start in other folders and spell paths otherwise.
#[test]
fn a_run_that_goes_on_writes_nothing_over() {
    let room = Room::new();
    room.write("input", lines(&burst())).write("out/.keep", "");
    let with = |output: &str| {
        let more = ["--output", output, "--rejects", "out/rejects"];
        room.weir(&[&RUN[..], &more].concat())
            .ends(0)
            .adds_up(BURST);
    };
    with("out/alerts");
    assert_eq!(room.read("out/alerts").lines().count(), 1);
    room.write("out/rejects", "what somebody wrote\n");
    let absolute = room.path("out/alerts").display().to_string();
    for output in ["./out/alerts", "out/../out/alerts", &absolute, "out/other"] {
        with(output);
        assert_eq!(room.read("out/alerts").lines().count(), 1, "{output}");
    }
    // Known no more, since another was written in between, and so not emptied either.
    with("out/alerts");
    assert_eq!(room.read("out/alerts").lines().count(), 1);
}

#[test]
fn a_checkpoint_of_a_newer_weir_is_refused_and_kept() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    room.weir(&RUN).ends(0);
    let newest = checkpoints(&room).pop().unwrap();
    let mut bytes = fs::read(&newest).unwrap();
    bytes[8] = 3;
    let body = bytes.len() - 32;
    let digest = Sha256::digest(&bytes[..body]);
    bytes[body..].copy_from_slice(&digest);
    fs::write(&newest, &bytes).unwrap();
    room.logged(&RUN)
        .ends(3)
        .tells_with("configuration-refused", "format 3");
    assert_eq!(checkpoints(&room).len(), 2);
    assert_eq!(fs::read(&newest).unwrap(), bytes);
}

#[test]
fn files_that_would_destroy_each_other_are_refused() {
    let room = Room::new();
    room.write("input", lines(&burst()))
        .write("in/log", lines(&burst()));
    let refused = |arguments: &[&str], why: &str| {
        room.weir(arguments).ends(3).says(why);
    };
    refused(
        &["run", "--output", "x", "--rejects", "./x", "input"],
        "is to hold both the alerts and what was refused",
    );
    refused(
        &[&RUN[..], &["--output", "state/lock"]].concat(),
        "state/lock is in the folder of checkpoints",
    );
    refused(
        &["run", "--checkpoint", "in/state", "in"],
        "is in the folder of checkpoints",
    );
    room.write("precious", "not to be lost");
    fs::create_dir(room.path("linked")).unwrap();
    std::os::unix::fs::symlink(room.path("precious"), room.path("linked/lock")).unwrap();
    refused(
        &["run", "--checkpoint", "linked", "input"],
        "its lock is no regular file",
    );
    assert_eq!(room.read("precious"), "not to be lost");
}
