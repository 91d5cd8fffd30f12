//! Followed files that are replaced, rewritten in place or rotated.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::thread::sleep;

use serde_json::json;

use super::{CALLS, GROWN, RUN, SETTLED, all, calls, follow, long, mirror, once};
use crate::support::life::{Life, POLLS};
use crate::support::{Room, gzip, lines};

#[test]
fn a_followed_blob_that_comes_again_longer_goes_on_behind_what_was_read() {
    for (ids, kept) in [(true, true), (false, true), (true, false), (false, false)] {
        let room = Room::new();
        let all = calls(ids);
        mirror(&room, "in/h", lines(&all[..6]));
        mirror(&room, "in/h.gz", gzip(b"{}\n"));
        let mut life = follow(&room, &["in"], kept);
        for (before, count) in [7, 12, CALLS].into_iter().enumerate() {
            mirror(&room, "in/h", lines(&all[..count]));
            life.wait_until("message", || {
                room.read("life.err")
                    .matches(&format!("h: {GROWN}"))
                    .count()
                    == before + 1
            });
        }
        sleep(POLLS);
        once(&life.stop());
    }
}

#[test]
fn a_followed_compressed_blob_that_comes_again_longer_goes_on_behind_what_was_read() {
    let room = Room::new();
    let all = calls(false);
    mirror(&room, "in/h.gz", gzip(lines(&all[..6]).as_bytes()));
    let life = follow(&room, &["in"], false);
    sleep(SETTLED);
    mirror(&room, "in/h.gz", gzip(lines(&all[..12]).as_bytes()));
    sleep(SETTLED);
    // And in place.
    room.write("in/h.gz", gzip(lines(&all).as_bytes()));
    sleep(SETTLED);
    once(&life.stop());
}

#[test]
fn a_followed_array_that_comes_again_longer_goes_on_behind_what_was_read() {
    let room = Room::new();
    let all = calls(false);
    let array = |count: usize| format!("{:#}\n", json!(&all[..count]));
    mirror(&room, "in/h", array(6));
    let life = follow(&room, &["in"], false);
    for count in [11, CALLS] {
        mirror(&room, "in/h", array(count));
        sleep(POLLS);
    }
    once(&life.stop());
}

#[test]
fn a_blob_that_came_again_while_nobody_followed_goes_on_behind_what_was_read() {
    let room = Room::new();
    let all = calls(false);
    mirror(&room, "in/h", lines(&all[..6]));
    all_of(follow(&room, &["in"], true), 6);
    mirror(&room, "in/h", lines(&all[..12]));
    let life = follow(&room, &["in"], true);
    assert!(life.err().contains(GROWN), "{}", life.err());
    room.append("in/h", &lines(&all[12..]));
    sleep(POLLS);
    once(&life.stop());
    once(&room.weir(&RUN));
}

#[track_caller]
fn all_of(life: Life, count: usize) {
    all(&life.stop(), count);
}

#[test]
fn a_followed_file_that_is_rewritten_longer_between_two_looks_is_read_whole() {
    let room = Room::new();
    let all = calls(false);
    room.write("in/h", lines(&all[..4]));
    let mut life = follow(&room, &["in"], false);
    // Longer than before at once, and of another beginning.
    room.write("in/h", lines(&all[4..]));
    life.wait_to_say("reading it from its start");
    sleep(POLLS);
    let answer = life.stop();
    once(&answer);
    assert_eq!(answer.err.matches("from its start").count(), 1);
}

#[test]
fn a_followed_file_that_is_rewritten_as_long_as_it_was_is_read_whole() {
    let room = Room::new();
    let all = calls(false);
    let same = lines(&all[2..4]);
    room.write("in/h", lines(&all[..2]));
    assert_eq!(same.len(), lines(&all[..2]).len());
    let mut life = follow(&room, &["in"], false);
    room.write("in/h", same);
    life.wait_to_say("reading it from its start");
    sleep(POLLS);
    all_of(life, 4);
}

#[test]
fn a_followed_file_that_is_copied_in_place_once_more_goes_on_where_it_was() {
    let text = lines(&long(calls(false)));
    for part in [300, 3000, 5000, 6000] {
        let room = Room::new();
        room.write("in/h", &text[..6100]);
        let life = follow(&room, &["in"], false);
        room.write("in/h", &text[..part]);
        sleep(POLLS);
        room.append("in/h", &text[part..]);
        sleep(POLLS);
        once(&life.stop());
    }
}

#[test]
fn a_temporary_file_in_a_followed_folder_is_not_read_twice() {
    let text = lines(&long(calls(false)));
    // The temporary one is seen first, and last.
    for name in ["in/h.partial", "in/a.partial"] {
        let room = Room::new();
        room.write("in/h", &text[..5000]);
        let life = follow(&room, &["in"], false);
        for range in [0..400, 400..3000, 3000..5500, 5500..text.len()] {
            room.append(name, &text[range]);
            sleep(POLLS);
        }
        fs::rename(room.path(name), room.path("in/h")).unwrap();
        sleep(POLLS);
        once(&life.stop());
    }
}

#[test]
fn a_rotated_log_and_the_new_one_at_its_path_are_both_read() {
    let room = Room::new();
    let all = calls(false);
    room.write("in/log", lines(&all[..5]));
    let mut life = follow(&room, &["in/log"], true);
    let mut old = OpenOptions::new()
        .append(true)
        .open(room.path("in/log"))
        .unwrap();
    fs::rename(room.path("in/log"), room.path("in/log.1")).unwrap();
    room.write("in/log", lines(&all[5..10]));
    life.wait_to_say("in/log: is another file than before, as after a rotation; reading it from");
    old.write_all(lines(&all[10..]).as_bytes()).unwrap();
    sleep(POLLS);
    once(&life.stop());
}

#[test]
fn what_was_rotated_while_nobody_followed_is_known_again() {
    // By renaming, and by a copy that goes on.
    for copied in [false, true] {
        let room = Room::new();
        let all = calls(false);
        room.write("in/log", lines(&all[..5]));
        all_of(follow(&room, &["in"], true), 5);
        if copied {
            room.write("copy", lines(&all[..5]));
        }
        fs::rename(room.path("in/log"), room.path("in/log.1")).unwrap();
        room.append("in/log.1", &lines(&all[5..8]));
        if copied {
            fs::rename(room.path("copy"), room.path("in/log")).unwrap();
        }
        room.append("in/log", &lines(&all[8..]));
        let answer = follow(&room, &["in"], true).stop();
        once(&answer);
        assert!(!answer.err.contains("another file"), "{}", answer.err);
    }
}

#[test]
fn lines_that_are_written_to_a_file_after_its_copy_took_its_place_are_read() {
    let room = Room::new();
    let all = calls(false);
    room.write("in/h", lines(&all[..5]));
    let mut life = follow(&room, &["in/h"], false);
    let mut old = OpenOptions::new()
        .append(true)
        .open(room.path("in/h"))
        .unwrap();
    mirror(&room, "in/h", lines(&all[..10]));
    life.wait_to_say(GROWN);
    old.write_all(lines(&all[10..]).as_bytes()).unwrap();
    sleep(POLLS);
    once(&life.stop());
}

#[test]
fn the_last_line_of_a_blob_without_its_end_counts_once() {
    let room = Room::new();
    let all = calls(false);
    mirror(&room, "in/h", lines(&all[..6]).trim_end());
    let mut life = follow(&room, &["in/h"], false);
    mirror(&room, "in/h", lines(&all));
    life.wait_to_say(GROWN);
    sleep(POLLS);
    once(&life.stop());
}
