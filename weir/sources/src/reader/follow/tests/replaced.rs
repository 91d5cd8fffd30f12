//! Files in whose place other text is.

use super::*;

/// Longer than it was before anything is seen of that, and as long as it was.
#[test]
fn a_file_that_is_rewritten_between_two_looks_is_read_whole() {
    let all = events();
    for (first, second) in [(4, EVENTS), (2, 4)] {
        let mut room = Room::new();
        room.write("in/h", lines(&all[..first]));
        room.follow(&["in"]);
        room.write("in/h", lines(&all[first..second]));
        room.poll();
        room.says("source-replaced", "in/h", 1);
        room.has_read(second);
    }
}

/// A change that keeps all others in their places is between the first and the last 4 KiB.
#[test]
fn a_blob_that_changed_in_its_middle_alone_is_another_one_and_read_whole() {
    let mut room = Room::new();
    let all = long_events(32);
    let mut other = all.clone();
    other[16]["event"] = json!(99);
    assert_eq!(lines(&all).len(), lines(&other).len());
    other.push(all[3].clone());
    room.mirror("in/h", lines(&all));
    room.follow(&["in/h"]);
    room.mirror("in/h", lines(&other));
    room.poll();
    room.says("source-rotated", "in/h", 1);
    assert_eq!(room.text, lines(&all) + &lines(&other));
}
