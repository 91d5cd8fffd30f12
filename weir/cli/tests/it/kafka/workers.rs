//! Workers over Kafka find what one run over the same events finds, whatever happens to them.

use crate::support::start::Start as _;
use std::process::Command;

use serde_json::Value;

use super::broker::Broker;
use crate::support::Room;
use crate::support::life::Life;
use crate::support::stream::{Revisions, documents};

const PARTITIONS: i32 = 3;
const EVENTS: usize = 6000;

/// Runs tests on the mock cluster; on Tansu when they are asked for, since it is a program of its own.
macro_rules! on_brokers {
    ($($test:ident),*) => {
        mod mock {
            $(#[test]
            fn $test() {
                super::$test(super::Broker::mock());
            })*
        }
        mod tansu {
            $(#[test]
            #[ignore = "needs a Tansu: make test-kafka TANSU=/path/to/it"]
            fn $test() {
                super::$test(super::Broker::tansu().expect("TANSU names one"));
            })*
        }
    };
}
on_brokers!(
    one_worker_that_reads_to_the_end,
    two_workers_of_which_one_is_killed_and_another_joins,
    what_is_no_event_is_named_by_its_place_and_the_rest_goes_on
);

fn arguments(broker: &Broker, more: &str) -> Vec<String> {
    let address = format!("kafka://{}/events?group=g{more}", broker.servers);
    let options = [
        "--output",
        "kafka:///alerts",
        "--kafka",
        "session.timeout.ms=6000",
        "--kafka",
        "heartbeat.interval.ms=500",
    ];
    let mut all = vec!["run".to_owned(), address];
    all.extend(options.map(str::to_owned));
    all
}

fn worker(room: &Room, broker: &Broker, name: &str, more: &str) -> Life {
    let arguments = arguments(broker, more);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    room.start_logged(name, &arguments)
}

fn signal(life: &Life, name: &str) {
    let number = life.id().to_string();
    let mut kill = Command::new("kill");
    kill.args([name, &number]);
    assert!(kill.start().wait().unwrap().success());
}

/// What one run over the same events finds.
fn expected(room: &Room, documents: &[String]) -> Revisions {
    room.write("events.ndjson", documents.join("\n"));
    let answer = room.weir(&["run", "--final", "events.ndjson"]);
    answer.ends(0);
    Revisions::of(&answer.out)
}

/// What is in the topic of alerts. Revisions that came twice came the same.
fn found(broker: &Broker) -> Revisions {
    let mut lines = String::new();
    for (key, value) in broker.read("alerts", PARTITIONS) {
        let text = String::from_utf8(value).unwrap();
        let alert: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(alert["weir.alert.id"].as_str().unwrap().as_bytes(), key);
        lines.push_str(&text);
        lines.push('\n');
    }
    Revisions::of(&lines)
}

/// Closes all windows, and compares.
fn compare(room: &Room, broker: &Broker, expected: &Revisions) {
    let last = worker(room, broker, "last", "&until=end").end();
    last.ends(0);
    let found = found(broker);
    let (standing, wanted) = (found.standing(), expected.standing());
    assert!(wanted.len() > 10, "{} alerts are no test", wanted.len());
    let ids =
        |all: &std::collections::BTreeMap<String, Value>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids(&standing), ids(&wanted));
    assert_eq!(standing, wanted);
    assert_eq!(found.gaps(), Vec::<&String>::new());
}

fn prepared(broker: &Broker) {
    broker.create("events", PARTITIONS);
    broker.create_for("g", PARTITIONS, "alerts");
}

fn produce(broker: &mut Broker, documents: &[String]) {
    for document in documents {
        broker.produce("events", PARTITIONS as usize, document);
    }
    broker.flush();
}

fn partials(broker: &Broker) -> i64 {
    let ends = (0..PARTITIONS).map(|partition| broker.extent("g.partials", partition).1);
    ends.sum()
}

/// Writes documents bit by bit, so that workers have something on their way at any moment.
fn trickle(broker: &mut Broker, documents: &[String]) {
    for some in documents.chunks(100) {
        produce(broker, some);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

fn one_worker_that_reads_to_the_end(mut broker: Broker) {
    let room = Room::new();
    prepared(&broker);
    let documents = documents(EVENTS, 5);
    let expected = expected(&room, &documents);
    produce(&mut broker, &documents);
    compare(&room, &broker, &expected);
}

fn two_workers_of_which_one_is_killed_and_another_joins(mut broker: Broker) {
    let room = Room::new();
    prepared(&broker);
    let documents = documents(EVENTS, 11);
    let expected = expected(&room, &documents);
    let (first, rest) = documents.split_at(EVENTS / 3);
    let (second, third) = rest.split_at(EVENTS / 3);
    produce(&mut broker, first);
    let one = worker(&room, &broker, "one", "");
    let two = worker(&room, &broker, "two", "");
    broker.wait("partial states", &[&one, &two], |broker| {
        partials(broker) > 20
    });
    trickle(&mut broker, second);
    if broker.expires() {
        assert_eq!(one.kill().code, None);
    } else {
        // Nobody else would notice.
        one.stop().ends(0);
    }
    let three = worker(&room, &broker, "three", "");
    trickle(&mut broker, third);
    broker.wait("end of the events", &[&two, &three], |broker| {
        broker.is_read("g", "events", PARTITIONS)
    });
    two.stop().ends(0);
    three.stop().ends(0);
    compare(&room, &broker, &expected);
}

#[test]
fn a_worker_that_was_taken_for_dead_changes_nothing_when_it_wakes() {
    let mut broker = Broker::mock();
    let room = Room::new();
    prepared(&broker);
    let documents = documents(EVENTS, 23);
    let expected = expected(&room, &documents);
    let (first, rest) = documents.split_at(EVENTS / 2);
    produce(&mut broker, first);
    let zombie = worker(&room, &broker, "zombie", "");
    broker.wait("partial states", &[&zombie], |broker| partials(broker) > 20);
    signal(&zombie, "-STOP");
    let other = worker(&room, &broker, "other", "");
    produce(&mut broker, rest);
    broker.wait("end of the events", &[&other], |broker| {
        broker.is_read("g", "events", PARTITIONS)
    });
    signal(&zombie, "-CONT");
    zombie.stop().ends(0);
    other.stop().ends(0);
    compare(&room, &broker, &expected);
}

#[test]
fn brokers_that_go_away_and_come_back_cost_no_event() {
    let mut broker = Broker::mock();
    let room = Room::new();
    prepared(&broker);
    let documents = documents(EVENTS, 31);
    let expected = expected(&room, &documents);
    let (first, rest) = documents.split_at(EVENTS / 2);
    produce(&mut broker, first);
    let mut one = worker(&room, &broker, "one", "");
    broker.wait("partial states", &[&one], |broker| partials(broker) > 20);
    broker.away(true);
    one.wait_to_tell("brokers-silent");
    broker.away(false);
    produce(&mut broker, rest);
    broker.wait("end of the events", &[&one], |broker| {
        broker.is_read("g", "events", PARTITIONS)
    });
    one.stop().ends(0);
    compare(&room, &broker, &expected);
}

#[test]
fn a_run_to_the_end_waits_for_what_a_killed_worker_had() {
    let mut broker = Broker::mock();
    let room = Room::new();
    prepared(&broker);
    let documents = documents(EVENTS, 41);
    let expected = expected(&room, &documents);
    produce(&mut broker, &documents);
    let decider = |name: &str, more: &str| {
        let mut arguments = arguments(&broker, more);
        // Long enough for the other to be done with all that it has.
        arguments.extend(["--kafka", "session.timeout.ms=15000"].map(str::to_owned));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        room.start(name, &arguments)
    };
    let states = |broker: &Broker| {
        let ends = (0..PARTITIONS).map(|partition| broker.extent("g.state", partition).1);
        ends.sum::<i64>()
    };
    let first = decider("first", "&role=decide");
    // The seed, and a claim of each partition.
    let claimed = i64::from(PARTITIONS) + 1;
    broker.wait("claims", &[&first], |broker| states(broker) >= claimed);
    let last = decider("last", "&role=decide&until=end");
    broker.wait("a claim of the other", &[&first, &last], |broker| {
        states(broker) > claimed
    });
    assert_eq!(first.kill().code, None);
    worker(&room, &broker, "collect", "&role=collect&until=end")
        .end()
        .ends(0);
    last.end().ends(0);
    let (found, wanted) = (found(&broker).standing(), expected.standing());
    assert!(wanted.len() > 10, "{} alerts are no test", wanted.len());
    let (ids, wanted_ids) = (found.keys(), wanted.keys());
    assert!(ids.eq(wanted_ids), "{} of {}", found.len(), wanted.len());
    assert!(found == wanted, "alerts of the same ids differ");
}

#[test]
fn a_group_that_begins_now_misses_nothing_between_two_workers() {
    let mut broker = Broker::mock();
    let room = Room::new();
    prepared(&broker);
    let documents = documents(EVENTS, 43);
    let (old, new) = documents.split_at(EVENTS / 2);
    let expected = expected(&room, new);
    produce(&mut broker, old);
    let one = worker(&room, &broker, "one", "&from=now");
    broker.wait("a place to begin", &[&one], |broker| {
        broker.is_read("g", "events", PARTITIONS)
    });
    one.stop().ends(0);
    assert_eq!(found(&broker).standing().len(), 0);
    produce(&mut broker, new);
    compare(&room, &broker, &expected);
}

fn what_is_no_event_is_named_by_its_place_and_the_rest_goes_on(mut broker: Broker) {
    let room = Room::new();
    prepared(&broker);
    let documents = documents(2000, 7);
    let expected = expected(&room, &documents);
    for bad in [Some(&b"{\"cut\": "[..]), None, Some(b""), Some(b"\xff\xfe")] {
        broker.produce_to("events", 1, bad);
    }
    // Several in one message, in two forms.
    let (list, lines) = documents.split_at(1000);
    for some in list.chunks(50) {
        let envelope = format!("{{\"records\": [{}]}}", some.join(","));
        broker.produce("events", 3, &envelope);
    }
    for some in lines.chunks(50) {
        broker.produce("events", 3, &some.join("\n"));
    }
    broker.flush();
    let mut arguments = arguments(&broker, "&until=end");
    arguments.extend(["--rejects".to_owned(), "bad.ndjson".to_owned()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = room.logged(&arguments);
    answer.ends(0).tells_with("malformed", "events/1@1: ");
    let collected = &answer.summary()["collected"];
    assert_eq!(collected["events_malformed"], 4, "{}", answer.err);
    let rejects = room.read("bad.ndjson");
    let places: Vec<Value> = rejects
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|reject: Value| reject["file"].clone())
        .collect();
    for offset in 0..4 {
        assert!(
            places.contains(&format!("events/1@{offset}").into()),
            "{rejects}"
        );
    }
    assert_eq!(found(&broker).standing(), expected.standing());
}

#[test]
fn workers_of_another_configuration_are_refused_before_anything_is_lost() {
    let mut broker = Broker::mock();
    let room = Room::new();
    prepared(&broker);
    let documents = documents(1000, 3);
    produce(&mut broker, &documents);
    let collect = worker(&room, &broker, "collect", "&until=end&role=collect").end();
    collect.ends(0);
    let mut other = arguments(&broker, "&until=end&role=decide");
    other.extend(["--set".to_owned(), "min_errors=3".to_owned()]);
    let other: Vec<&str> = other.iter().map(String::as_str).collect();
    let answer = room.logged(&other);
    answer
        .ends(3)
        .tells_with("configuration-refused", "min_errors");
    // The right one finds all of it still there.
    worker(&room, &broker, "decide", "&until=end&role=decide")
        .end()
        .ends(0);
    let expected = expected(&room, &documents);
    assert_eq!(found(&broker).standing(), expected.standing());
}

#[test]
fn what_nothing_was_merged_into_refuses_no_other_configuration() {
    let mut broker = Broker::mock();
    let room = Room::new();
    prepared(&broker);
    let run = |broker: &Broker, ask: &str, set: &[&str]| {
        let mut run = arguments(broker, ask);
        run.extend(set.iter().map(|argument| (*argument).to_owned()));
        let run: Vec<&str> = run.iter().map(String::as_str).collect();
        room.logged(&run)
    };
    run(&broker, "&until=end&role=collect", &[]).ends(0);
    run(
        &broker,
        "&until=end&role=decide",
        &["--set", "min_errors=3"],
    )
    .ends(0);
    let documents = documents(1000, 3);
    produce(&mut broker, &documents);
    run(&broker, "&until=end&role=collect", &[]).ends(0);
    run(&broker, "&until=end&role=decide", &[])
        .ends(0)
        .tells("checkpoint-empty");
    let expected = expected(&room, &documents);
    assert_eq!(found(&broker).standing(), expected.standing());
}

#[test]
fn states_of_a_newer_format_are_not_passed_over() {
    let mut broker = Broker::mock();
    let room = Room::new();
    prepared(&broker);
    broker.produce_to("g.partials", 1, Some(b"Some text is passed over"));
    broker.produce_to("g.partials", 1, Some(b"S\x09of tomorrow"));
    broker.flush();
    for name in ["one", "again"] {
        let answer = worker(&room, &broker, name, "&role=decide").end();
        answer
            .ends(3)
            .tells_with("state-refused", "g.partials/1@0 ")
            .tells_with(
                "configuration-refused",
                "partition 1, offset 1: of format 9",
            );
    }
}

#[test]
fn what_cannot_be_is_said_before_anything_is_read() {
    let broker = Broker::mock();
    let room = Room::new();
    let address = format!("kafka://{}/events", broker.servers);
    let says = |arguments: &[&str], text: &str| {
        room.weir(arguments).ends(3).says(text);
    };
    says(&["run", &address], "no topic `events` to read");
    says(
        &["run", &address, "more.ndjson"],
        "name one kafka:// address",
    );
    says(&["run", &address, "--final"], "--final");
    says(
        &["run", &address, "--kafka", "sasl.password=hush"],
        "sasl.password=@FILE",
    );
    says(&["run", &address, "--kafka", "no.such=1"], "no.such");
    says(
        &["run", &address, "--output", "kafka:///weir.state"],
        "holds something else",
    );
    says(
        &["run", &address, "--output", "http://127.0.0.1:1/alerts"],
        "name a folder that keeps them, --queue DIR",
    );
    broker.create("events", 1);
    // The mock cluster makes none.
    says(
        &["run", &address],
        "topic `weir.state`: 1 partitions, cleanup.policy=compact",
    );
}

#[test]
fn the_example_for_event_hubs_is_what_the_client_takes() {
    let room = Room::new();
    let example = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../examples/event-hubs/weir.toml"
    );
    room.write("weir.toml", std::fs::read(example).unwrap());
    let address = "kafka://127.0.0.1:1/events?group=g";
    let arguments = ["run", "--config", "weir.toml", address];
    room.weir(&arguments)
        .ends(3)
        .says("kafka.sasl.password: event-hubs.secret: no such file");
    room.write(
        "event-hubs.secret",
        "Endpoint=sb://none/;SharedAccessKey=hush=\n",
    );
    room.weir(&["validate", "weir.toml"]).ends(0);
    // Nobody is there, so it says so until it is told to end.
    let mut life = room.start_logged("away", &arguments);
    life.wait_to_tell("brokers-failed");
    let answer = life.stop();
    answer.ends(0);
    assert!(!answer.err.contains("hush"), "{}", answer.err);
}

/// Wall-clock and processor time of a command, in seconds.
fn times(room: &Room, arguments: &[String]) -> (f64, f64) {
    let mut command = Command::new("sh");
    command
        .args(["-c", "\"$@\" > out.txt 2> err.txt || exit; times", "sh"])
        .arg(env!("CARGO_BIN_EXE_weir"))
        .args(arguments)
        .current_dir(room.folder.path());
    let begun = std::time::Instant::now();
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", room.read("err.txt"));
    let wall = begun.elapsed().as_secs_f64();
    // The second line is of the shell's children: user's and system's time, as 0m1.234s.
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().nth(1).unwrap();
    let seconds = line.split_whitespace().map(|time| {
        let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    });
    (wall, seconds.sum())
}

/// `make bench-kafka`. The mock cluster keeps only the last 5 MB of a partition.
#[test]
#[ignore = "a measurement"]
fn how_long_a_worker_takes_beside_a_run_over_a_file() {
    let asked = std::env::var("EVENTS").map(|events| events.parse().unwrap());
    let (mut broker, events, partitions) = match Broker::tansu() {
        Some(broker) => (broker, asked.unwrap_or(100_000), PARTITIONS),
        None => (Broker::mock(), 40_000, PARTITIONS),
    };
    let room = Room::new();
    let documents = documents(events, 1);
    room.write("events.ndjson", documents.join("\n"));
    broker.create("events", partitions);
    broker.create_for("g", PARTITIONS, "alerts");
    for document in &documents {
        broker.produce("events", partitions as usize, document);
    }
    broker.flush();
    let file = ["run", "--final", "events.ndjson"].map(str::to_owned);
    // Once for the cache of compiled code.
    times(&room, &file);
    let (wall, processor) = times(&room, &file);
    println!("{events} events");
    println!("weir run FILE:    {wall:6.2} s, {processor:6.2} s of the processor");
    let (all, all_processor) = times(&room, &arguments(&broker, "&until=end"));
    println!("{}", room.read("err.txt"));
    // With nothing to read: joining the groups, and leaving them.
    let (idle, idle_processor) = times(&room, &arguments(&broker, "&until=end"));
    println!("weir run kafka:// {all:6.2} s, {all_processor:6.2} s of the processor, of which");
    println!("    with no events {idle:6.2} s, {idle_processor:6.2} s of the processor");
    println!(
        "ratio of the processor's time: {:.2}",
        (all_processor - idle_processor) / processor
    );
}
