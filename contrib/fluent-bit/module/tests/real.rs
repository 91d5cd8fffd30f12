//! Tests of the example's configuration in a real Fluent Bit, which `FLUENT_BIT` names, beside a
//! plain `weir run`. `make test-fluent-bit` runs these.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

use serde_json::{Value, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use weir_generator::random::Random;
use weir_generator::render::{Shape, Style, document};
use weir_generator::tenant::Tenant;

const EXAMPLE: &str = "fluent-bit.yaml";
const MSGPACK: &str = "msgpack.yaml";
/// The input and the settings as the examples have them.
const INPUT: &str = "examples/fluent-bit/events.ndjson";
const SETTINGS: &str =
    r#"{"weir": {"events": "pass", "parameters": {}, "idle_timeout_seconds": 30}}"#;
const KEYED: &str =
    r#"{"weir": {"record_key": "log", "parameters": {}, "idle_timeout_seconds": 30}}"#;
/// Longest wait in these tests.
const PATIENCE: Duration = Duration::from_secs(120);

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../..")
        .canonicalize()
        .unwrap()
}

/// A folder with the layout of the repository's root, for one run.
struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Room {
        let room = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fluent-bit-{name}"));
        let _ = fs::remove_dir_all(&room);
        fs::create_dir_all(room.join("examples/fluent-bit")).unwrap();
        fs::create_dir_all(room.join("out")).unwrap();
        for entry in fs::read_dir(workspace().join("examples/fluent-bit")).unwrap() {
            let from = entry.unwrap().path();
            let to = room
                .join("examples/fluent-bit")
                .join(from.file_name().unwrap());
            fs::copy(from, to).unwrap();
        }
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../guest");
        let module = weir_fluent_bit::build(&target).unwrap();
        fs::write(room.join("out/aadgraph-4xx-fluent-bit.wasm"), module).unwrap();
        Room(room)
    }

    fn input(&self, lines: &[String]) {
        fs::write(self.0.join(INPUT), lines.join("\n") + "\n").unwrap();
    }

    /// Replaces a text in a configuration, which must contain it.
    fn change(&self, configuration: &str, from: &str, to: &str) {
        let path = self.0.join("examples/fluent-bit").join(configuration);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    fn start(&self, configuration: &str) -> FluentBit {
        let program = std::env::var("FLUENT_BIT").expect("FLUENT_BIT=/path/to/fluent-bit");
        let log = self.0.join("log");
        let child = Command::new(program)
            .current_dir(&self.0)
            .args(["-c", &format!("examples/fluent-bit/{configuration}")])
            .stdin(Stdio::null())
            .stdout(File::create(&log).unwrap())
            .stderr(File::create(self.0.join("errors")).unwrap())
            .spawn()
            .unwrap();
        FluentBit {
            child,
            room: self.0.clone(),
            start: Instant::now(),
        }
    }

    /// The alerts of a plain `weir run`.
    fn wanted(&self, more: &[&str]) -> Vec<Value> {
        let answer = Command::new(workspace().join("target/release/weir"))
            .current_dir(&self.0)
            .args(["run", "--no-cache", "--format", "ecs"])
            .args(more)
            .arg(INPUT)
            .output()
            .unwrap();
        assert!(answer.status.success());
        sorted(&String::from_utf8(answer.stdout).unwrap())
    }
}

struct FluentBit {
    child: Child,
    room: PathBuf,
    start: Instant,
}

impl Drop for FluentBit {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl FluentBit {
    fn lines(&self, file: &str) -> String {
        let text = fs::read_to_string(self.room.join(file)).unwrap_or_default();
        // The last line may be half written.
        text[..text.rfind('\n').map_or(0, |end| end + 1)].to_owned()
    }

    fn wait<T>(&self, what: &str, mut until: impl FnMut(&Self) -> Option<T>) -> T {
        while self.start.elapsed() < PATIENCE {
            if let Some(found) = until(self) {
                let told = self.lines("errors") + &self.lines("log");
                for bad in ["[error]", "exception", "[wasm]"] {
                    assert!(!told.contains(bad), "{told}");
                }
                return found;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("no {what}; {}{}", self.lines("errors"), self.lines("log"));
    }

    /// Waits for so many alerts, and for those that should not be there.
    fn alerts(&self, wanted: usize) -> Vec<Value> {
        let file = "out/fluent-bit-alerts.ndjson";
        self.wait("alerts", |fb| {
            (fb.lines(file).lines().count() >= wanted).then_some(())
        });
        std::thread::sleep(Duration::from_secs(3));
        sorted(&self.lines(file))
    }

    /// Waits until so many events were read; how long it took, to about a second.
    fn counted(&self, events: u64) -> Duration {
        self.wait("status", |fb| {
            let log = fb.lines("log");
            let last = log.lines().rfind(|line| line.contains("weir_status"))?;
            let status: Value = serde_json::from_str(last).ok()?;
            let count = |name: &str| status[format!("weir.status.{name}")].as_u64();
            (count("counted")? + count("duplicate")? >= events).then(|| fb.start.elapsed())
        })
    }
}

/// Documents in an order of their own, numbers as doubles: Fluent Bit writes 1.0 as 1.
fn sorted(lines: &str) -> Vec<Value> {
    let mut all: Vec<Value> = lines
        .lines()
        .map(|line| doubles(serde_json::from_str(line).unwrap()))
        .collect();
    all.sort_by_key(|document| {
        let at = |name: &str| document[name].to_string();
        (at("weir.alert.id"), at("weir.alert.revision"))
    });
    all
}

fn doubles(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(all) => all.into_iter().map(doubles).collect(),
        Value::Object(all) => all
            .into_iter()
            .map(|(key, value)| (key, doubles(value)))
            .collect(),
        other => other,
    }
}

/// An hour of a tenant; the attacks are over before its last windows.
fn hour(events: u64) -> Vec<String> {
    let mut random = Random::new(1);
    Tenant::new(events, 11, 1)
        .map(|event| document(&event, Shape::EventHub, Style::Plain, &mut random))
        .collect()
}

#[test]
#[ignore = "needs a real Fluent Bit"]
fn the_example_as_it_stands_gives_the_alerts_of_weir_run() {
    for configuration in [EXAMPLE, MSGPACK] {
        let room = Room::new(configuration);
        let wanted = room.wanted(&[]);
        assert!(!wanted.is_empty());
        assert_eq!(
            room.start(configuration).alerts(wanted.len()),
            wanted,
            "{configuration}"
        );
    }
}

#[test]
#[ignore = "needs a real Fluent Bit"]
fn a_tenants_hour_gives_the_alerts_of_weir_run() {
    let room = Room::new("hour");
    let events = hour(20_000);
    room.input(&events);
    room.change(
        EXAMPLE,
        "    - name: 'null'\n      match: aad.graph\n",
        "    - name: file\n      match: aad.graph\n      path: out\n      file: events\n      format: plain\n",
    );
    let wanted = room.wanted(&[]);
    assert!(wanted.len() > 3, "{}", wanted.len());
    let running = room.start(EXAMPLE);
    assert_eq!(running.alerts(wanted.len()), wanted);
    let parsed = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let passed: Vec<Value> = running.lines("out/events").lines().map(parsed).collect();
    assert_eq!(passed.len(), events.len());
    for (passed, event) in passed.iter().zip(&events) {
        assert_eq!(*passed, parsed(event));
    }
}

#[test]
#[ignore = "needs a real Fluent Bit"]
fn silence_closes_windows_by_the_tick() {
    let room = Room::new("silence");
    let burst: Vec<String> = (0..30)
        .map(|n| {
            json!({"category": "AzureADGraphActivityLogs", "properties": {
                "userId": "u", "httpStatusCode": 403, "requestUri": format!("/t/{n}"),
                "timeGenerated": format!("2026-05-19T09:30:00.{n:02}0Z")}})
            .to_string()
        })
        .collect();
    room.input(&burst);
    let parameters = r#""window_seconds": 2, "out_of_orderness_seconds": 1"#;
    let settings =
        format!(r#"{{"weir": {{"parameters": {{{parameters}}}, "idle_timeout_seconds": 2}}}}"#);
    room.change(EXAMPLE, SETTINGS, &settings);
    let more = [
        "--set",
        "window_seconds=2",
        "--set",
        "out_of_orderness_seconds=1",
    ];
    let wanted = room.wanted(&more);
    assert_eq!(wanted.len(), 1);
    assert_eq!(room.start(EXAMPLE).alerts(1), wanted);
}

#[test]
#[ignore = "needs a real Fluent Bit"]
fn problems_are_reported_and_nothing_stops() {
    let room = Room::new("wrong");
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(120), "]".repeat(120));
    let mut lines = hour(2_000);
    lines.insert(100, deep);
    lines.insert(200, format!("{{\"long\":\"{}\"}}", "x".repeat(500_000)));
    lines.insert(
        300,
        r#"{"category":"AzureADGraphActivityLogs","properties":{}}"#.to_owned(),
    );
    room.input(&lines);
    room.change(
        EXAMPLE,
        SETTINGS,
        r#"{"weir": {"parameters": {"min_error": 1}}}"#,
    );
    let wanted = room.wanted(&[]);
    let running = room.start(EXAMPLE);
    assert_eq!(running.alerts(wanted.len()), wanted);
    running.counted(2_000);
    let log = running.lines("log");
    for told in [
        "parameters.min_error: no such parameter",
        "malformed: ",
        "\"weir.status.other_data_set\":2",
    ] {
        assert!(log.contains(told), "{told}: {log}");
    }
}

/// Events a second by the time that the process computed, so that a busy machine and the
/// second between two ticks do not matter.
#[test]
#[ignore = "needs a real Fluent Bit"]
fn cost_of_an_event_beside_weir_run() {
    const EVENTS: u64 = 200_000;
    let room = Room::new("cost");
    room.input(&hour(EVENTS));
    let dropping = SETTINGS.replace("pass", "drop");
    let every = |settings: &str| settings.replace("\"idle", "\"status_seconds\": 1, \"idle");
    let mut rows = Vec::new();
    for (name, configuration, from, to) in [
        ("json, events pass", EXAMPLE, SETTINGS, every(SETTINGS)),
        ("json, events dropped", EXAMPLE, SETTINGS, every(&dropping)),
        ("msgpack, text under a key", MSGPACK, KEYED, every(KEYED)),
    ] {
        let path = room.0.join("examples/fluent-bit").join(configuration);
        let before = fs::read_to_string(&path).unwrap();
        room.change(configuration, from, &to);
        let running = room.start(configuration);
        running.counted(EVENTS);
        rows.push((name, computed(&running.child.id().to_string())));
        fs::write(path, before).unwrap();
    }
    // The pipeline without the detector, for comparison.
    let path = room.0.join("examples/fluent-bit").join(EXAMPLE);
    let text = fs::read_to_string(&path).unwrap();
    let (start, rest) = text.split_once("    - name: wasm").unwrap();
    let end = rest.find("    # A record for each alert").unwrap();
    let bare = format!("{start}{}", &rest[end..]);
    fs::write(&path, bare).unwrap();
    let running = room.start(EXAMPLE);
    // Without a status, waits until the process is idle.
    let process = running.child.id().to_string();
    let mut before = -1.0;
    while computed(&process) - before > 0.05 {
        before = computed(&process);
        std::thread::sleep(Duration::from_secs(2));
    }
    rows.push((
        "Fluent Bit without the detector",
        computed(&running.child.id().to_string()),
    ));
    drop(running);
    let weir = Command::new("bash")
        .current_dir(&room.0)
        .args(["-c", "times=$( { TIMEFORMAT='%U %S'; time \"$0\" run --output /dev/null \"$1\" 2>/dev/null; } 2>&1 ); echo $times"])
        .arg(workspace().join("target/release/weir"))
        .arg(INPUT)
        .output()
        .unwrap();
    let weir: f64 = String::from_utf8(weir.stdout)
        .unwrap()
        .split_whitespace()
        .map(|seconds| seconds.parse::<f64>().unwrap())
        .sum();
    rows.push(("weir run", weir));
    for (name, seconds) in rows {
        #[allow(clippy::cast_precision_loss, reason = "a count of events is small")]
        let each = seconds / EVENTS as f64 * 1e6;
        println!(
            "{name}: {seconds:.2} s of processor time, {each:.1} us an event, {:.1} times weir run",
            seconds / weir
        );
    }
}

/// Seconds of processor time of a process.
fn computed(process: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, rest) = text.rsplit_once(") ").unwrap();
    let fields: Vec<f64> = rest
        .split(' ')
        .map(|field| field.parse().unwrap_or(0.0))
        .collect();
    // User and system time, in hundredths of a second on every Linux.
    (fields[11] + fields[12]) / 100.0
}
