//! The example with Vector on both ends of a broker, word for word but for the broker's address, Vector
//! killed midway. `make test-kafka VECTOR=/path/to/vector` runs it; the Vector must have been built with Kafka.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::broker::Broker;
use crate::support::Room;
use crate::support::life::Life;
use crate::support::stream::{Revisions, documents};

const EXAMPLE: &str = "examples/vector/kafka.yaml";
const INPUT: &str = "examples/fluent-bit/events.ndjson";
const ALERTS: &str = "out/vector/alerts.ndjson";
/// Where the example has its broker.
const AT: &str = "127.0.0.1:9092";
const PARTITIONS: i32 = 3;
const EVENTS: usize = 6000;

/// What the comment on top of the example says to type, in a folder that is laid out as the repository is.
struct Typed<'a> {
    room: &'a Room,
    text: String,
    vector: String,
}

impl Typed<'_> {
    fn line(&self, begins: &str) -> String {
        let lines = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("#   "));
        let mut found = lines.filter(|line| line.starts_with(begins));
        found
            .next()
            .unwrap_or_else(|| panic!("no {begins:?}"))
            .to_owned()
    }

    fn start(&self, name: &str, begins: &str) -> Life {
        let line = self.line(begins);
        let program = match begins {
            "weir" => env!("CARGO_BIN_EXE_weir"),
            _ => &self.vector,
        };
        let rest = line.strip_prefix(begins).unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("exec '{program}'{rest}")])
            .stdin(Stdio::null());
        self.room.launch(name, command)
    }

    fn found(&self) -> Revisions {
        let text = fs::read(self.room.path(ALERTS)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        // A line that a kill has cut comes again.
        let whole = |line: &&str| serde_json::from_str::<serde_json::Value>(line).is_ok();
        let lines: Vec<&str> = text.lines().filter(whole).collect();
        Revisions::of(&(lines.join("\n") + "\n"))
    }
}

fn on(name: &str, broker: &Broker) {
    let vector = std::env::var("VECTOR").expect("VECTOR names one");
    let room = Room::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join(EXAMPLE)).unwrap();
    assert!(text.matches(AT).count() > 2, "{EXAMPLE}");
    let text = text.replace(AT, &broker.servers);
    room.write(EXAMPLE, &text);
    room.write(INPUT, documents(EVENTS, 5).join("\n") + "\n");
    fs::create_dir_all(room.path("out/vector")).unwrap();
    broker.create("aadgraph", PARTITIONS);
    broker.create_for("weir", PARTITIONS, "alerts");
    let whole = room.weir(&["run", "--final", INPUT]);
    let wanted = Revisions::of(&whole.out).standing();
    assert!(wanted.len() > 10, "{}", wanted.len());

    let typed = Typed {
        room: &room,
        text,
        vector,
    };
    let worker = typed.start("weir", "weir");
    let first = typed.start("vector", "vector");
    let sent = |broker: &Broker| {
        let ends = (0..PARTITIONS).map(|partition| broker.extent("aadgraph", partition).1);
        ends.sum::<i64>()
    };
    broker.wait("events", &[&worker, &first], |broker| sent(broker) > 0);
    let end = match broker.expires() {
        true => {
            first.kill();
            "killed"
        }
        // It would wait for the dead consumer of the alerts for ever.
        false => {
            first.stop();
            "stopped"
        }
    };
    let before = sent(broker);
    let second = typed.start("again", "vector");
    broker.wait("alerts", &[&worker, &second], |_| {
        typed.found().standing() == wanted
    });
    worker.stop().ends(0);
    second.stop().ends(0);
    println!(
        "{EXAMPLE} on {name}: {} events sent, vector {end} after {before}; {} alerts as of weir run, {} came twice",
        sent(broker),
        wanted.len(),
        typed.found().repeated
    );
}

#[test]
#[ignore = "needs a real Vector: make test-kafka VECTOR=/path/to/it"]
fn mock_cluster_with_vector_on_both_ends() {
    on("librdkafka's mock cluster", &Broker::mock());
}

#[test]
#[ignore = "needs a real Vector and a Tansu: make test-kafka VECTOR=/path/to/it TANSU=/path/to/it"]
fn tansu_with_vector_on_both_ends() {
    on("Tansu", &Broker::tansu().expect("TANSU names one"));
}
