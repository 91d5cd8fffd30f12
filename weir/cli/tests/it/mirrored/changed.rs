//! Files that changed, shrank, or were replaced or linked between two runs.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{CALLS, GROWN, RUN, calls, long, mirror, once};
use crate::support::{Room, gzip, lines};

#[test]
fn a_blob_whose_beginning_changed_is_another_one_and_read_whole() {
    // From its start, in its middle, and at the end of what was read.
    let all = long(calls(false));
    for changed in [0, 8, 15] {
        let room = Room::new();
        mirror(&room, "in/h", lines(&all));
        room.weir(&RUN).ends(0);
        let mut other = all.clone();
        other[changed]["properties"]["userId"] = json!("others");
        other.push(all[3].clone());
        mirror(&room, "in/h", lines(&other));
        let answer = room.weir(&RUN);
        assert_eq!(answer.count("counted"), 2 * CALLS as u64 + 1, "{changed}");
        answer.says("in/h: is another file than was read before; reading it from its start");
    }
}

/// A change that keeps all others in their places is between the first and the last 4 KiB.
#[test]
fn a_blob_that_changed_in_its_middle_alone_is_another_one_and_read_whole() {
    let mut all = long(calls(false));
    all.extend(long(calls(true)));
    let mut other = all.clone();
    other[CALLS]["properties"]["userId"] = json!("other");
    assert_eq!(lines(&all).len(), lines(&other).len());
    other.push(all[3].clone());
    for compressed in [false, true] {
        let form = |values: &[Value]| match compressed {
            true => gzip(lines(values).as_bytes()),
            false => lines(values).into_bytes(),
        };
        let room = Room::new();
        mirror(&room, "in/h", form(&all[..CALLS + 4]));
        room.weir(&RUN).ends(0);
        // Read on, in between, by a run that does not begin at the start.
        mirror(&room, "in/h", form(&all));
        let answer = room.weir(&RUN);
        assert_eq!(answer.says(GROWN).count("counted"), 2 * CALLS as u64);
        mirror(&room, "in/h", form(&other));
        let answer = room.weir(&RUN);
        answer.says("in/h: was replaced by a copy that differs from what was read of it before");
        assert_eq!(
            answer.count("counted") + answer.count("duplicate"),
            4 * CALLS as u64 + 1
        );
    }
}

#[test]
fn a_file_that_is_rewritten_in_place_behind_its_beginning_is_read_whole() {
    let room = Room::new();
    let all = calls(false);
    room.write("in/h", lines(&all));
    room.weir(&RUN).ends(0);
    let mut other = all.clone();
    other[CALLS - 1]["properties"]["userId"] = json!("others");
    room.write("in/h", lines(&other));
    let answer = room.weir(&RUN);
    answer.ends(0).says("in/h: was rewritten: ");
    assert_eq!(answer.count("counted"), 2 * CALLS as u64);
}

#[test]
fn a_copy_that_is_not_whole_yet_is_waited_for() {
    let (short, long) = (lines(&calls(false)), lines(&long(calls(false))));
    assert!(short.len() < 5500 && long.len() > 8192);
    for (text, length) in [
        (&short, 0),
        (&short, 100),
        (&short, 2500),
        (&short, short.len() - 9),
        (&long, 2500),
        (&long, 5000),
        (&long, long.len() - 9),
    ] {
        let room = Room::new();
        room.write("in/h", text);
        once(&room.weir(&RUN));
        // In place, and in its stead.
        room.write("in/h", &text[..length]);
        let answer = room.weir(&RUN);
        once(answer.says("in/h: has only a part of what was read of it before"));
        room.write("in/h", text);
        once(&room.weir(&RUN));
        mirror(&room, "in/h", &text[..length]);
        once(&room.weir(&RUN));
        mirror(&room, "in/h", text);
        once(&room.weir(&RUN));
    }
}

#[test]
fn a_file_that_lost_whole_lines_is_read_again() {
    let room = Room::new();
    let all = long(calls(true));
    room.write("in/h", lines(&all));
    once(&room.weir(&RUN));
    mirror(&room, "in/h", lines(&all[..12]));
    let answer = room.weir(&RUN);
    answer
        .ends(0)
        .says("in/h: is shorter than what was read of it before; reading it from its start");
    assert_eq!(answer.count("duplicate"), 12);
}

#[test]
fn a_temporary_file_beside_its_blob_is_not_read_twice() {
    let all = calls(false);
    let room = Room::new();
    // At the first run both are there; at the next, the temporary one has grown.
    room.write("in/h", lines(&all[..8]))
        .write("in/h.partial", lines(&all[..8]));
    assert_eq!(room.weir(&RUN).ends(0).count("counted"), 8);
    room.write("in/h.partial", lines(&all[..12]));
    assert_eq!(room.weir(&RUN).ends(0).count("counted"), 12);
    fs::rename(room.path("in/h.partial"), room.path("in/h")).unwrap();
    assert_eq!(room.weir(&RUN).ends(0).count("counted"), 12);
    // One that has less than is known.
    let text = lines(&all);
    room.write("in/h.partial", &text[..text.len() / 2 + 300]);
    assert_eq!(room.weir(&RUN).ends(0).count("counted"), 12);
    room.write("in/h.partial", &text);
    fs::rename(room.path("in/h.partial"), room.path("in/h")).unwrap();
    once(&room.weir(&RUN));
}

/// File systems give the number of a file that is gone to the next one.
#[test]
fn a_number_that_another_file_had_says_nothing() {
    let all = calls(false);
    let room = Room::new();
    room.write("in/a", lines(&all[..6]))
        .write("in/b", lines(&all[8..12]));
    assert_eq!(room.weir(&RUN).ends(0).count("counted"), 10);
    fs::rename(room.path("in/a"), room.path("number")).unwrap();
    mirror(&room, "in/a", lines(&all[..8]));
    room.write("number", lines(&all[8..]));
    fs::rename(room.path("number"), room.path("in/b")).unwrap();
    once(&room.weir(&RUN));
}

#[test]
fn links_lead_to_what_they_lead_to() {
    let all = calls(false);
    let room = Room::new();
    room.write("one", lines(&all[..8])).write("in/.keep", "");
    symlink("../one", room.path("in/h")).unwrap();
    let run = ["run", "--checkpoint", "state", "in/h"];
    assert_eq!(room.weir(&run).ends(0).count("counted"), 8);
    room.write("two", lines(&all[..12]));
    symlink("../two", room.path("in/new")).unwrap();
    fs::rename(room.path("in/new"), room.path("in/h")).unwrap();
    assert_eq!(room.weir(&run).ends(0).count("counted"), 12);
    // The same file by another name.
    fs::remove_file(room.path("in/h")).unwrap();
    fs::hard_link(room.path("two"), room.path("in/h")).unwrap();
    room.write("two", lines(&all));
    once(&room.weir(&run));
}

#[test]
fn a_checkpoint_without_fingerprints_is_taken() {
    let all = calls(false);
    let room = Room::new();
    room.write("in/h", lines(&all[..8]));
    room.weir(&RUN).ends(0);
    for entry in fs::read_dir(room.path("state")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "weir") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let length = u64::from_le_bytes(bytes[10..18].try_into().unwrap()) as usize;
        let mut header: Value = serde_json::from_slice(&bytes[18..18 + length]).unwrap();
        for source in header["sources"].as_array_mut().unwrap() {
            let position = source["position"].as_object_mut().unwrap();
            assert!(position.remove("print").unwrap().is_object());
        }
        let header = serde_json::to_vec(&header).unwrap();
        let mut old = bytes[..10].to_vec();
        old.extend((header.len() as u64).to_le_bytes());
        old.extend(&header);
        old.extend(&bytes[18 + length..bytes.len() - 32]);
        let digest = Sha256::digest(&old);
        old.extend(digest);
        fs::write(&path, old).unwrap();
    }
    mirror(&room, "in/h", lines(&all));
    once(&room.weir(&RUN));
}
