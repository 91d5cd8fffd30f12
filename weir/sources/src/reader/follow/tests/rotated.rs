//! Files that are renamed, moved away or come back.

use super::*;

#[test]
fn a_renamed_file_in_a_folder_is_not_read_twice() {
    let mut room = Room::new();
    let all = events();
    room.write("in/log", lines(&all[..10]));
    room.follow(&["in"]);
    room.rename("in/log", "in/log.1");
    room.write("in/log", lines(&all[10..14]));
    room.poll();
    room.append("in/log.1", lines(&all[14..]));
    room.poll();
    room.has_read(EVENTS);
    room.has_reached("in/log", lines(&all[10..14]).len());
}

/// The writer of the old one may write to it until it opens the new one.
#[test]
fn a_rotated_log_is_read_on_for_a_while_beside_the_new_one_at_its_path() {
    let mut room = Room::new();
    let all = events();
    room.write("in/log", lines(&all[..5]));
    room.follow(&["in/log"]);
    room.rename("in/log", "in/log.1");
    room.append("in/log.1", lines(&all[5..7]));
    room.write("in/log", lines(&all[7..10]));
    room.poll();
    room.says("source-rotated", "in/log", 1);
    room.has_read(10);
    room.pass(LINGER / 2);
    room.append("in/log.1", lines(&all[10..]));
    room.poll();
    room.has_read(EVENTS);
    room.pass(LINGER);
    room.append("in/log.1", lines(&all));
    room.poll();
    room.has_read(EVENTS);
}

#[test]
fn what_was_rotated_while_nobody_followed_is_known_again() {
    // By renaming, and by a copy that goes on.
    for copied in [false, true] {
        let mut room = Room::new();
        let all = events();
        room.write("in/log", lines(&all[..5]));
        room.follow(&["in"]);
        if copied {
            room.write("copy", lines(&all[..5]));
        }
        room.rename("in/log", "in/log.1");
        room.append("in/log.1", lines(&all[5..8]));
        if copied {
            room.rename("copy", "in/log");
        }
        room.append("in/log", lines(&all[8..]));
        room.follow(&["in"]);
        room.poll();
        room.has_read(EVENTS);
        assert_eq!(room.messages, []);
    }
}

#[test]
fn a_file_that_was_moved_away_is_read_on_and_may_come_back() {
    let mut room = Room::new();
    let all = events();
    room.write("in/log", lines(&all[..10]));
    room.follow(&["in"]);
    room.rename("in/log", "away");
    room.pass(LINGER / 2);
    room.append("away", lines(&all[10..12]));
    room.poll();
    room.has_read(12);
    // Not after that time, but from where it was when it comes back.
    room.pass(LINGER);
    room.append("away", lines(&all[12..14]));
    room.poll();
    room.has_read(12);
    room.rename("away", "in/log");
    room.append("in/log", lines(&all[14..]));
    room.poll();
    room.has_read(EVENTS);
    // Meanwhile the folder was empty.
    room.says("source-missing", "in", 1);
    assert_eq!(room.messages.len(), 1);
}
