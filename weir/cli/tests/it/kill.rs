//! A run that is killed at any moment and started again finds what an unbroken one
//! finds.

use std::fs::OpenOptions;
use std::io::Write;
use std::thread::{self, sleep};
use std::time::Duration;

use weir_generator::random::Random;

use crate::support::stream::{Revisions, documents, spread};
use crate::support::{Answer, Room};

const CLASSES: [&str; 5] = [
    "counted",
    "duplicate",
    "other data set",
    "malformed",
    "dropped late",
];
const CONFIG: &str = "[limits]\nbatch_kib = 1\n";
const INTERVAL: &str = "0.01";

fn counts(answer: &Answer) -> Vec<u64> {
    CLASSES.iter().map(|name| answer.count(name)).collect()
}

/// Kills in all, and the seed of their moments.
fn kills(count: usize, seed: u64, mut scenario: impl FnMut(&mut Random, &mut usize)) {
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let mut left = count;
    while left > 0 {
        scenario(&mut random, &mut left);
    }
}

/// Runs to the end with kills on the way, and gives the last life's answer and what
/// all have written to stdout.
fn lives(
    room: &Room,
    arguments: &[&str],
    random: &mut Random,
    left: &mut usize,
) -> (Answer, Revisions) {
    let mut written = Revisions::default();
    loop {
        let mut life = room.start("life", arguments);
        if *left > 0 {
            room.wait_for_lock("state", &mut life);
            sleep(Duration::from_millis(random.below(250)));
            if !life.is_over() {
                *left -= 1;
                written.add(&life.kill().out);
                continue;
            }
        }
        let answer = life.end();
        answer.ends(0);
        written.add(&answer.out);
        return (answer, written);
    }
}

#[test]
fn files_with_an_output_file() {
    let room = Room::new();
    let documents = documents(4000, 1);
    let inputs = spread(&room, &documents);
    room.write("config.toml", CONFIG);
    let base = [&["run", "--config", "config.toml"], &inputs[..]].concat();
    let whole = room.weir(&base);
    whole.ends(0);
    let expected = Revisions::of(&whole.out).standing();
    assert!(expected.len() > 10);
    kills(20, 11, |random, left| {
        let _ = std::fs::remove_dir_all(room.path("state"));
        let options = ["--checkpoint", "state", "--checkpoint-interval", INTERVAL];
        let files = ["--output", "alerts", "--rejects", "rejects"];
        let (answer, _) = lives(&room, &[&base[..], &options, &files].concat(), random, left);
        let found = Revisions::of(&room.read("alerts"));
        assert_eq!(found.repeated, 0, "the file has every revision once");
        assert_eq!(found.gaps(), Vec::<&String>::new());
        assert_eq!(found.standing(), expected);
        assert_eq!(counts(&answer), counts(&whole));
        assert_eq!(room.read("rejects").lines().count(), 1);
        // The whole came out as one unbroken run would write it.
        assert_eq!(
            room.read("alerts").lines().count(),
            whole.out.lines().count()
        );
    });
}

#[test]
fn files_with_stdout() {
    let room = Room::new();
    let inputs = spread(&room, &documents(4000, 2));
    room.write("config.toml", CONFIG);
    let base = [&["run", "--early", "--config", "config.toml"], &inputs[..]].concat();
    let whole = room.weir(&base);
    let expected = Revisions::of(&whole.ends(0).out).standing();
    assert!(expected.len() > 10);
    kills(15, 12, |random, left| {
        let _ = std::fs::remove_dir_all(room.path("state"));
        let options = ["--checkpoint", "state", "--checkpoint-interval", INTERVAL];
        let (answer, found) = lives(&room, &[&base[..], &options].concat(), random, left);
        assert_eq!(found.gaps(), Vec::<&String>::new());
        assert_eq!(found.standing(), expected);
        assert_eq!(counts(&answer), counts(&whole));
    });
}

#[test]
fn followed_files() {
    let room = Room::new();
    let documents = documents(3000, 3);
    room.write("whole", documents.join("\n"));
    let whole = room.weir(&["run", "--early", "whole"]);
    let expected = Revisions::of(&whole.ends(0).out).standing();
    room.write("live/one", "").write("live/two", "");
    let append = |name: &str| {
        OpenOptions::new()
            .append(true)
            .open(room.path(name))
            .unwrap()
    };
    let mut files = [append("live/one"), append("live/two")];
    let lines = documents.clone();
    let writer = thread::spawn(move || {
        // Pieces that end inside lines, in turn to both files.
        for (at, chunk) in lines.chunks(20).enumerate() {
            let text: String = chunk.iter().map(|line| format!("{line}\n")).collect();
            let (first, second) = text.as_bytes().split_at(text.len() / 2);
            for part in [first, second] {
                files[at % 2].write_all(part).unwrap();
                sleep(Duration::from_millis(60));
            }
        }
    });
    println!("seed 13");
    let mut random = Random::new(13);
    let mut found = Revisions::default();
    let base = ["run", "--early", "live", "--checkpoint", "state"];
    // Long enough for alerts to wait when the kill comes: a restart reads the files
    // in other pieces and another order, and so finds other early revisions.
    let options = ["--checkpoint-interval", "0.3", "--follow"];
    let follow = [&base[..], &options].concat();
    for _ in 0..15 {
        let mut life = room.start("life", &follow);
        room.wait_for_lock("state", &mut life);
        sleep(Duration::from_millis(random.below(600)));
        assert!(!life.is_over(), "{}", life.err());
        found.add(&life.kill().out);
    }
    let mut life = room.start("life", &follow);
    room.wait_for_lock("state", &mut life);
    writer.join().unwrap();
    sleep(Duration::from_millis(500));
    found.add(&life.stop().ends(0).out);
    // What is left, and the windows that were open.
    let answer = room.weir(&base);
    found.add(&answer.ends(0).out);
    assert_eq!(counts(&answer), counts(&whole));
    assert_eq!(found.gaps(), Vec::<&String>::new());
    assert_eq!(found.standing(), expected);
}
