//! SIGHUP in a run that goes on: a new configuration or component, without losing an event.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::http::{get, post};
use crate::support::life::Life;
use crate::support::pty::Terminal;
use crate::support::stream::{Revisions, documents};
use crate::support::told::{JSON, told};
use crate::support::zoo::{self, animal, without};
use crate::support::{BURST, Room, burst, lines, weir};

/// Starts `weir` as a service: without a terminal, whoever runs the tests has one.
fn service(room: &Room, arguments: &[&str]) -> Life {
    // SIGHUP is heeded from now on.
    let _ = weir();
    let mut command = Command::new("setsid");
    command
        .arg(env!("CARGO_BIN_EXE_weir"))
        .args(arguments)
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .envs(JSON.1.map(|form| (JSON.0, form)))
        .stdin(Stdio::null());
    room.launch("service", command)
}

/// Waits until so many messages of a code were told.
#[track_caller]
fn wait_for(life: &mut Life, code: &str, count: usize) {
    for _ in 0..60_000 {
        if told(&life.err(), code).len() >= count {
            return;
        }
        assert!(!life.is_over(), "{}", life.err());
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    panic!("not {count} of {code}: {}", life.err());
}

/// Replaces a file at once, as an administrator should.
fn replace(room: &Room, name: &str, bytes: impl AsRef<[u8]>) {
    room.write("new", bytes);
    fs::rename(room.path("new"), room.path(name)).unwrap();
}

/// Asks for a reload and waits for what becomes of it.
#[track_caller]
fn reload(life: &mut Life, code: &str) {
    let before = told(&life.err(), code).len();
    life.signal("HUP");
    wait_for(life, code, before + 1);
}

/// A configuration with a threshold; nothing goes by the clock.
fn least(calls: usize) -> String {
    format!("[live]\nidle_timeout_seconds = 0\n[parameters]\nmin_total_calls = {calls}\n")
}

const FOLLOW: [&str; 6] = ["run", "--follow", "--early", "--config", "weir.toml", "log"];

#[test]
fn a_followed_log_is_judged_by_the_new_threshold_and_a_broken_configuration_changes_nothing() {
    for more in [&[][..], &["--threads", "2"], &["--checkpoint", "state"]] {
        let room = Room::new();
        let all = burst();
        // A bad line is reported behind all that stands before it.
        room.write("log", lines(&all[..15]) + "bad\n")
            .write("weir.toml", least(25));
        let run = [&FOLLOW[..], &["--output", "alerts"], more].concat();
        let mut life = service(&room, &run);
        life.wait_to_tell("malformed");
        for broken in ["min_total_calls = 7\n", "[parameters\n", &least(0)] {
            replace(&room, "weir.toml", broken);
            reload(&mut life, "reload-refused");
        }
        fs::remove_file(room.path("weir.toml")).unwrap();
        reload(&mut life, "reload-refused");
        replace(&room, "weir.toml", least(21) + "[limits]\nrecord_mib = 2\n");
        reload(&mut life, "reloaded");
        room.append("log", &lines(&all[15..21]));
        let alerts = room.path("alerts");
        life.wait_until("an alert", || {
            fs::metadata(&alerts).is_ok_and(|it| it.len() > 0)
        });
        room.append("log", &lines(&all[21..]));
        room.append("log", "worse\n");
        wait_for(&mut life, "malformed", 2);
        let answer = life.stop();
        answer
            .ends(0)
            .adds_up(BURST + 2)
            .tells_with("reload-kept", "limits.record_mib")
            .tells_with("state-taken-over", "min_total_calls was 25 and is 21");
        assert_eq!(answer.told("reload-refused").len(), 4);
        for (name, count) in [("counted", BURST as u64), ("duplicate", 0)] {
            assert_eq!(answer.count(name), count, "{}", answer.err);
        }
        let written = Revisions::of(&room.read("alerts"));
        assert_eq!((written.gaps().len(), written.repeated), (0, 0));
        if more.contains(&"--checkpoint") {
            // The next start goes on with the configuration that the state is of.
            let again = [
                "run",
                "--early",
                "--checkpoint",
                "state",
                "--config",
                "weir.toml",
                "log",
            ];
            room.logged(&again).ends(0).lacks("state-taken-over");
            continue;
        }
        let plain = room.weir(&["run", "--config", "weir.toml", "log"]);
        let plain = Revisions::of(&plain.ends(0).out).standing();
        assert_eq!(written.standing(), plain);
    }
}

#[test]
fn a_server_under_load_loses_and_doubles_nothing_by_reloads() {
    let room = Room::new();
    let documents = documents(1200, 5);
    room.write("weir.toml", least(21));
    let serve = [
        "serve",
        "--listen",
        "http://127.0.0.1:0",
        "--config",
        "weir.toml",
        "--checkpoint",
        "state",
        "--output",
        "alerts",
    ];
    let mut life = service(&room, &serve);
    let at = life.wait_to_listen("http://");
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            for part in documents.chunks(20) {
                let reply = post(&at, "", (part.join("\n") + "\n").as_bytes()).unwrap();
                assert_eq!(reply.status, 200, "{reply:?}");
            }
        });
        for number in 1.. {
            let calls = [15, 21, 18][number % 3];
            replace(&room, "weir.toml", least(calls));
            reload(&mut life, "reloaded");
            if sender.is_finished() && number > 3 {
                break;
            }
        }
    });
    replace(&room, "weir.toml", least(12));
    reload(&mut life, "reloaded");
    replace(&room, "weir.toml", "rules = [\"enumeration\"]\n");
    reload(&mut life, "reload-refused");
    let page = || get(&at, "/metrics").unwrap().body;
    life.wait_until("the metrics", || {
        let page = page();
        page.contains("weir_reloads_total{result=\"refused\"} 1\n")
            && !page.contains("weir_reloads_total{result=\"done\"} 0\n")
    });
    let counted = page();
    let counted = counted
        .lines()
        .find(|line| line.contains("\"counted\""))
        .unwrap();
    let counted: u64 = counted.rsplit_once(' ').unwrap().1.parse().unwrap();
    let answer = life.stop();
    answer.ends(0).lacks("miscount");
    assert_eq!(answer.count("counted"), counted, "{}", answer.err);
    // The windows that are still open close.
    room.write("weir.toml", least(12))
        .write("nothing", "")
        .write("all", documents.join("\n") + "\n");
    room.weir(&[
        "run",
        "--config",
        "weir.toml",
        "--checkpoint",
        "state",
        "-o",
        "alerts",
        "nothing",
    ])
    .ends(0);
    let plain = room.weir(&["run", "--config", "weir.toml", "all"]);
    let standing = Revisions::of(&plain.ends(0).out).standing();
    assert!(standing.len() > 2);
    assert_eq!(plain.count("counted"), counted);
    let written = Revisions::of(&room.read("alerts"));
    assert_eq!(written.gaps(), [] as [&String; 0]);
    assert_eq!(written.standing(), standing);
}

#[test]
fn another_component_takes_the_place_of_the_one_at_work() {
    let room = Room::new();
    let all = burst();
    room.write("log", lines(&all[..20]) + "bad\n")
        .write("it.wasm", zoo::made("none"))
        .write("weir.toml", "component = \"it.wasm\"\n");
    let more = ["--output", "alerts", "--checkpoint", "state"];
    let follow = ["run", "--follow", "--config", "weir.toml", "log"];
    let mut life = service(&room, &[&follow[..], &more].concat());
    life.wait_to_tell("malformed");
    // What is wrong with it is found before it is at work.
    for (bytes, why) in [
        (zoo::made("counts"), "counts otherwise"),
        (zoo::made("definition"), "describe"),
        (zoo::made("configure"), "open"),
        (animal("honest"), "not of this zoo"),
        (b"no component".to_vec(), "WebAssembly"),
    ] {
        replace(&room, "it.wasm", bytes);
        reload(&mut life, "reload-refused");
        let last = told(&life.err(), "reload-refused").pop().unwrap();
        let text = last["message"].as_str().unwrap();
        assert!(text.contains(why), "{why}: {text}");
    }
    replace(&room, "it.wasm", zoo::made("texts"));
    reload(&mut life, "reloaded");
    room.append("log", &lines(&all[20..]));
    room.append("log", "worse\n");
    wait_for(&mut life, "malformed", 2);
    let answer = life.stop();
    answer.ends(0).adds_up(BURST + 2).tells("state-taken-over");
    // The checkpoint is the new one's: no consent is wanted.
    let again = ["run", "--config", "weir.toml", "log"];
    room.logged(&[&again[..], &more].concat())
        .ends(0)
        .lacks("state-taken-over");
    let written = room.read("alerts");
    let last: Value = serde_json::from_str(written.lines().last().unwrap()).unwrap();
    assert_eq!(last["rule.name"], "Every call of a user");
    assert_eq!(last["Esql.total_calls"], BURST);
    assert_eq!(Revisions::of(&written).gaps(), [] as [&String; 0]);
}

#[test]
fn a_hostile_component_is_refused_and_the_one_at_work_goes_on() {
    let room = zoo::room("honest", &zoo::roomy(), &zoo::lines(20, &[]));
    let run = [&zoo::RUN[..], &["--follow", "-o", "alerts", "input"]].concat();
    let mut life = service(&room, &run);
    let alerts = room.path("alerts");
    life.wait_until("alerts", || {
        fs::read_to_string(&alerts).is_ok_and(|text| text.lines().count() == 4)
    });
    let hostile = [
        "panic-take-over",
        "take-over-long",
        "take-over-twice",
        "panic-snapshot",
    ];
    for name in hostile {
        replace(&room, "it.wasm", animal(name));
        reload(&mut life, "reload-refused");
    }
    replace(&room, "it.wasm", without(&animal("honest"), &["state"]));
    reload(&mut life, "reload-refused");
    room.append("input", &zoo::lines(30, &[])[zoo::lines(20, &[]).len()..]);
    life.wait_until("alerts", || {
        fs::read_to_string(&alerts).is_ok_and(|text| text.lines().count() == 6)
    });
    let answer = life.stop();
    answer.ends(0).lacks("reloaded");
    assert_eq!(answer.told("reload-refused").len(), hostile.len() + 1);
}

#[test]
fn what_cannot_be_reloaded_is_told_and_goes_on() {
    let room = zoo::room("honest", &zoo::roomy(), &zoo::lines(20, &[]));
    room.write("it.wasm", without(&animal("honest"), &["state"]));
    let run = [&zoo::RUN[..], &["--follow", "-o", "alerts", "input"]].concat();
    let mut life = service(&room, &run);
    let alerts = room.path("alerts");
    life.wait_until("alerts", || {
        fs::metadata(&alerts).is_ok_and(|it| it.len() > 0)
    });
    reload(&mut life, "reload-refused");
    let answer = life.stop();
    answer.ends(0).tells_with("reload-refused", "`state`");
    let two = ["--component", "embedded"];
    room.write("it.wasm", zoo::made("none"))
        .write("log", lines(&burst()) + "bad\n");
    let run = ["run", "--follow", "--component", "it.wasm", "log"];
    let mut life = service(&room, &[&run[..], &two].concat());
    life.wait_to_tell("malformed");
    reload(&mut life, "reload-refused");
    life.stop()
        .ends(0)
        .tells_with("reload-refused", "--component");
}

#[test]
fn a_sighup_ends_what_has_a_terminal_or_an_end() {
    let room = Room::new();
    room.write("log", lines(&burst()) + "bad\n");
    let terminal = Terminal::new();
    // SIGHUP is heeded from now on.
    let _ = weir();
    let mut command = Command::new("setsid");
    command
        .args(["--ctty", env!("CARGO_BIN_EXE_weir")])
        .args(["run", "--follow", "log"])
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .envs(JSON.1.map(|form| (JSON.0, form)))
        .stdin(terminal.stream());
    let mut life = room.launch("life", command);
    life.wait_to_tell("malformed");
    life.signal("HUP");
    let answer = life.end();
    answer.ends(0).adds_up(BURST + 1).lacks("reloaded");
    assert_eq!(answer.alerts().len(), 1);
}
