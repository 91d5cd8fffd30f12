//! The examples with a real Vector and a real Fluent Bit, each side killed midway: alerts as of a
//! plain `weir run`. `make test-pipelines` runs these; `VECTOR` and `FLUENT_BIT` name the programs,
//! `WEIR_PIPELINES_INPUT` the events.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::http::get;
use crate::support::life::Life;
use crate::support::stream::Revisions;
use crate::support::{Answer, Room};

/// Where all examples read their events.
const INPUT: &str = "examples/fluent-bit/events.ndjson";
/// Where `weir serve` listens in the examples.
const AT: &str = "127.0.0.1:8400";
/// Longer than any of these takes.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long one that was killed is away.
const AWAY: Duration = Duration::from_secs(1);

/// A folder laid out as the repository's root is, with the programs in its path.
struct Place {
    room: Room,
    /// What the comment on top of the example says to type.
    commands: Vec<String>,
    whole: Answer,
    /// How long a plain run over the same events takes.
    alone: Duration,
}

impl Place {
    /// `program` is named by the variable of the same name in capitals.
    fn new(example: &str, program: &str, input: Option<PathBuf>) -> Self {
        let room = Room::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for path in [INPUT, example] {
            room.write(path, fs::read(root.join(path)).unwrap());
        }
        if let Some(input) = input {
            room.write(INPUT, fs::read(input).unwrap());
        }
        let variable = program.to_uppercase().replace('-', "_");
        let named = std::env::var(&variable).unwrap_or_else(|_| panic!("{variable}=/path/to/it"));
        room.write("bin/none", "");
        symlink(named, room.path("bin").join(program)).unwrap();
        symlink(env!("CARGO_BIN_EXE_weir"), room.path("bin/weir")).unwrap();
        let text = room.read(example);
        let top = text.lines().take_while(|line| line.starts_with('#'));
        let typed = top.filter_map(|line| line.strip_prefix("#   "));
        let commands = typed.map(str::to_owned).collect();
        // The second time its code is compiled already.
        room.weir(&["run", "--output", "alone", INPUT]).ends(0);
        let start = Instant::now();
        room.weir(&["run", "--output", "alone", INPUT]).ends(0);
        let alone = start.elapsed();
        let whole = room.weir(&["run", INPUT]);
        assert!(whole.alerts().len() > 1, "{}", whole.err);
        Self {
            room,
            commands,
            whole,
            alone,
        }
    }

    /// The command of the example that begins so, to be run as it stands.
    fn command(&self, begins: &str) -> Command {
        let mut found = self.commands.iter().filter(|line| line.starts_with(begins));
        let line = found
            .next()
            .unwrap_or_else(|| panic!("no {begins:?} in the example"));
        let mut command = Command::new("sh");
        let path = std::env::var("PATH").unwrap();
        command
            .args([
                "-c",
                &if line.contains('|') {
                    line.clone()
                } else {
                    format!("exec {line}")
                },
            ])
            .env(
                "PATH",
                format!("{}:{path}", self.room.path("bin").display()),
            )
            .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null());
        command
    }

    fn do_now(&self, begins: &str) {
        let mut command = self.command(begins);
        let done = command.current_dir(self.room.folder.path()).status();
        assert!(done.unwrap().success(), "{begins}");
    }

    fn start(&self, name: &str, begins: &str) -> Life {
        self.room.launch(name, self.command(begins))
    }

    fn wanted(&self) -> BTreeMap<String, Value> {
        Revisions::of(&self.whole.out).standing()
    }

    /// Alerts that a file holds, and how many lines came more than once. A line that a kill has cut is
    /// passed over: it came again.
    fn alerts(&self, file: &str) -> (BTreeMap<String, Value>, usize) {
        let text = fs::read(self.room.path(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let whole = |line: &&str| serde_json::from_str::<Value>(line).is_ok();
        let lines: String = text
            .lines()
            .filter(whole)
            .map(|line| format!("{line}\n"))
            .collect();
        let revisions = Revisions::of(&lines);
        (revisions.standing(), revisions.repeated)
    }

    /// What the server counts, nothing while it is away.
    fn counted(&self, outcome: &str) -> u64 {
        let page = get(AT, "/metrics").map_or_else(|_| String::new(), |reply| reply.body);
        let line = format!("weir_events_total{{outcome=\"{outcome}\"}} ");
        let found = page.lines().find_map(|text| text.strip_prefix(&line));
        found.map_or(0, |count| count.parse().unwrap())
    }

    #[track_caller]
    fn wait(&self, what: &str, lives: &mut [&mut Life], mut done: impl FnMut() -> bool) {
        let start = Instant::now();
        while !done() {
            for life in lives.iter_mut() {
                assert!(!life.is_over(), "one ended before {what}:\n{}", life.err());
            }
            let said = || {
                lives
                    .iter()
                    .map(|life| last(&life.err()))
                    .collect::<String>()
            };
            assert!(start.elapsed() < PATIENCE, "no {what}:\n{}", said());
            sleep(Duration::from_millis(10));
        }
    }
}

/// The last lines of a log.
fn last(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n") + "\n"
}

/// The events that the Makefile has made.
fn input() -> Option<PathBuf> {
    let named = std::env::var("WEIR_PIPELINES_INPUT").expect("WEIR_PIPELINES_INPUT=events.ndjson");
    Some(named.into())
}

/// Runs an example once undisturbed, and once with each side killed midway.
fn killed(example: &str, sender: &str, alerts: &str) {
    let place = Place::new(example, sender, input());
    let wanted = place.wanted();
    let events = place.whole.count("counted");
    let starts = |name: &str| match name {
        "weir" => place.start(name, "weir serve"),
        other => place.start(other, other),
    };
    // Undisturbed.
    place.do_now("mkdir");
    let mut weir = starts("weir");
    place.wait("server", &mut [&mut weir], || {
        get(AT, "/ready").is_ok_and(|is| is.status == 200)
    });
    let start = Instant::now();
    let mut other = starts(sender);
    place.wait("count", &mut [&mut weir, &mut other], || {
        place.counted("counted") == events
    });
    let took = start.elapsed();
    place.wait("alerts", &mut [&mut weir, &mut other], || {
        place.alerts(alerts).0 == wanted
    });
    assert_eq!(place.counted("malformed"), 0);
    // Vector waits a minute for connections that are open.
    weir.stop().ends(0);
    other.stop().ends(0);
    // And all anew, with kills.
    fs::remove_dir_all(place.room.path("out")).unwrap();
    place.do_now("mkdir");
    let (mut weir, mut other, mut kills) = (starts("weir"), starts(sender), 0);
    for (quarter, victims) in [(1, [true, false]), (2, [false, true]), (3, [true, true])] {
        let part = events * quarter / 4;
        place.wait("part", &mut [&mut weir, &mut other], || {
            place.counted("counted") >= part
        });
        assert!(
            place.counted("counted") < events,
            "all was over before the kill"
        );
        let [weir_dies, other_dies] = victims;
        if weir_dies {
            weir.kill();
            kills += 1;
            sleep(AWAY);
            weir = starts("weir");
        }
        if other_dies {
            other.kill();
            kills += 1;
            sleep(AWAY);
            other = starts(sender);
        }
    }
    place.wait("count", &mut [&mut weir, &mut other], || {
        place.counted("counted") >= events
    });
    place.wait("alerts", &mut [&mut weir, &mut other], || {
        place.alerts(alerts).0 == wanted
    });
    assert_eq!(place.counted("counted"), events);
    println!(
        "{example}: {events} events, {} alerts as of weir run; undisturbed {:.1} s, {:.1} times weir run ({:.2} s); \
         {kills} kills, {} events sent again, {} alerts twice",
        wanted.len(),
        took.as_secs_f64(),
        took.as_secs_f64() / place.alone.as_secs_f64(),
        place.alone.as_secs_f64(),
        place.counted("duplicate") - place.whole.count("duplicate"),
        place.alerts(alerts).1,
    );
    // Vector waits a minute for connections that are open.
    weir.stop().ends(0);
    other.stop().ends(0);
}

/// The example with the events that are there, and nothing that happens.
fn as_it_stands(example: &str, sender: &str, alerts: &str) {
    let place = Place::new(example, sender, None);
    place.do_now("mkdir");
    let mut lives = Vec::new();
    if place.commands.iter().any(|line| line.starts_with("weir")) {
        lives.push(place.start("weir", "weir"));
    }
    lives.push(place.start(sender, sender));
    let mut all: Vec<&mut Life> = lives.iter_mut().collect();
    place.wait("alerts", &mut all, || {
        place.alerts(alerts).0 == place.wanted()
    });
    for life in lives {
        life.stop().ends(0);
    }
    println!("{example}: as it stands, alerts as of weir run");
}

#[test]
#[ignore = "needs a real Vector"]
fn vector_over_http_both_ways() {
    as_it_stands(
        "examples/vector/http.yaml",
        "vector",
        "out/vector/alerts.ndjson",
    );
    killed(
        "examples/vector/http.yaml",
        "vector",
        "out/vector/alerts.ndjson",
    );
}

#[test]
#[ignore = "needs a real Vector"]
fn vector_with_the_detector_as_its_child() {
    as_it_stands(
        "examples/vector/exec.yaml",
        "vector",
        "out/vector/alerts.ndjson",
    );
}

#[test]
#[ignore = "needs a real Vector"]
fn vector_on_either_side_of_a_pipe() {
    let example = "examples/vector/pipe.yaml";
    for input in [None, input()] {
        let place = Place::new(example, "vector", input);
        place.do_now("mkdir");
        let start = Instant::now();
        place.do_now("vector");
        let took = start.elapsed();
        let (found, repeated) = place.alerts("out/vector/alerts.ndjson");
        assert_eq!(found, place.wanted());
        assert_eq!(repeated, 0);
        println!(
            "{example}: {} events, {} alerts as of weir run; {:.1} s, {:.1} times weir run",
            place.whole.count("counted"),
            found.len(),
            took.as_secs_f64(),
            took.as_secs_f64() / place.alone.as_secs_f64()
        );
    }
}

#[test]
#[ignore = "needs a real Fluent Bit"]
fn fluent_bit_over_forward() {
    let alerts = "out/forward/alerts.ndjson";
    as_it_stands("examples/forward/fluent-bit.yaml", "fluent-bit", alerts);
    killed("examples/forward/fluent-bit.yaml", "fluent-bit", alerts);
}
