//! Copies of followed files: whole, under way, compressed, or in place of the file.

use super::*;

#[test]
fn a_file_is_truncated_and_goes_on_and_a_copy_of_it_is_not_read_again() {
    let all = events();
    for copied in [false, true] {
        let mut room = Room::new();
        room.write("in/log", lines(&all[..10]));
        room.follow(&["in"]);
        let mut from = 10;
        if copied {
            // More came before the copy was made.
            room.append("in/log", lines(&all[10..12]));
            room.write("in/log.1", lines(&all[..12]));
            from = 12;
        }
        room.write("in/log", "");
        room.poll();
        room.says("source-replaced", "in/log", 1);
        room.append("in/log", lines(&all[from..]));
        room.poll();
        room.has_read(EVENTS);
        room.has_reached("in/log", lines(&all[from..]).len());
    }
}

#[test]
fn a_copy_that_is_still_being_written_is_waited_for() {
    let mut room = Room::new();
    let all = events();
    room.write("in/log", lines(&all[..13]));
    room.follow(&["in"]);
    for range in [0..8, 8..13] {
        room.append("in/log.1", lines(&all[range]));
        room.poll();
        room.has_read(13);
    }
    room.append("in/log", lines(&all[13..]));
    room.poll();
    room.has_read(EVENTS);
}

#[test]
fn a_compressed_copy_of_a_followed_file_is_not_read_again() {
    let mut room = Room::new();
    let all = events();
    room.write("in/log", lines(&all[..10]));
    room.follow(&["in"]);
    fs::remove_file(room.path("in/log")).unwrap();
    room.write("in/log.1.gz", gzip(&lines(&all[..13])));
    room.write("in/log", lines(&all[13..]));
    room.poll();
    assert_eq!(room.events().len(), EVENTS - 3, "it may be written to");
    room.pass(SETTLED);
    room.has_read(EVENTS);
}

#[test]
fn a_temporary_file_in_a_followed_folder_is_not_read_twice() {
    let text = lines(&long_events(EVENTS));
    // The temporary one is seen first, and last.
    for name in ["in/h.partial", "in/a.partial"] {
        let mut room = Room::new();
        room.write("in/h", &text[..5000]);
        room.follow(&["in"]);
        for range in [0..400, 400..3000, 3000..5500, 5500..text.len()] {
            room.append(name, &text[range]);
            room.poll();
        }
        room.rename(name, "in/h");
        room.poll();
        room.has_read(EVENTS);
    }
}

#[test]
fn a_file_that_is_copied_in_place_once_more_goes_on_where_it_was() {
    let text = lines(&long_events(EVENTS));
    for part in [300, 3000, 5000, 6000] {
        let mut room = Room::new();
        room.write("in/h", &text[..6100]);
        room.follow(&["in"]);
        room.write("in/h", &text[..part]);
        room.poll();
        room.append("in/h", &text[part..]);
        room.poll();
        room.has_read(EVENTS);
    }
}

#[test]
fn lines_that_are_written_to_a_file_after_its_copy_took_its_place_are_read() {
    let mut room = Room::new();
    let all = events();
    room.write("in/h", lines(&all[..5]));
    room.follow(&["in/h"]);
    fs::hard_link(room.path("in/h"), room.path("old")).unwrap();
    room.mirror("in/h", lines(&all[..10]));
    room.poll();
    room.says("source-grown", "in/h", 1);
    room.append("old", lines(&all[10..]));
    room.poll();
    room.has_read(EVENTS);
}
