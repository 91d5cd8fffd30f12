//! Files as people have them: each is one user's burst of 30 calls, 20 of them 403, in a wrapping.

use std::fs;

use crate::support::Room;

/// A file, and how many broken elements are between its 30 calls.
const FILES: [(&str, u64); 4] = [
    ("bad-element-indented.json", 1),
    ("null-as-text-None.json", 0),
    ("rest-tables.json", 0),
    ("search-response.json", 0),
];

fn file(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/field");
    fs::read(format!("{folder}/{name}")).unwrap()
}

#[test]
fn each_wrapping_gives_the_one_alert() {
    for (name, malformed) in FILES {
        let room = Room::new();
        room.write(name, file(name));
        let read = room.weir(&["run", name]);
        let piped = room.weir_with(&["run", "-"], &file(name));
        for answer in [&read, &piped] {
            assert_eq!(answer.ends(0).alerts().len(), 1, "{name}");
            assert_eq!(answer.count("counted"), 30, "{name}");
            assert_eq!(answer.count("malformed"), malformed, "{name}");
        }
        assert_eq!(read.out, piped.out, "{name}");
        // Read again with what was kept: nothing counts twice.
        let run = ["run", "--checkpoint", "state", "--output", "alerts", name];
        for _ in 0..2 {
            assert_eq!(room.weir(&run).ends(0).count("counted"), 30, "{name}");
        }
        assert_eq!(room.read("alerts").lines().count(), 1, "{name}");
    }
}

#[test]
fn a_portal_s_csv_is_named_with_how_to_convert_it() {
    let room = Room::new();
    room.write("portal-export.csv", file("portal-export.csv"));
    let answer = room.logged(&["run", "portal-export.csv"]);
    answer
        .ends(3)
        .tells_of("source-failed", "portal-export.csv")
        .tells_with("source-failed", "mlr");
    assert_eq!(answer.out, "");
}
