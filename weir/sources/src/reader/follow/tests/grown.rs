//! Files that grow, appear or come again longer.

use super::*;
use crate::reader::known_file;

#[test]
fn a_file_grows_and_another_appears_later() {
    let mut room = Room::new();
    let all = events();
    room.write("log", lines(&all[..10]));
    room.follow(&["log", "later"]);
    room.has_read(10);
    room.says("source-missing", "later", 1);
    room.append("log", lines(&all[10..13]));
    room.poll();
    room.has_read(13);
    room.has_reached("log", lines(&all[..13]).len());
    room.write("later", lines(&all[13..]));
    room.poll();
    room.has_read(EVENTS);
    room.has_reached("later", lines(&all[13..]).len());
    assert_eq!(room.messages.len(), 1);
}

/// In turn, an old file's events would be late by as much as a new one's are ahead.
#[test]
fn what_is_there_at_the_start_is_read_oldest_file_first() {
    let mut room = Room::new();
    let all = events();
    room.write("in/b-older", lines(&all[..8]));
    room.clock.advance(Duration::from_secs(3600));
    room.write("in/a-newer", lines(&all[8..]));
    room.follow(&["in"]);
    assert_eq!(room.events(), (0..EVENTS as u64).collect::<Vec<_>>());
}

#[test]
fn a_blob_that_comes_again_longer_goes_on_behind_what_was_read() {
    let mut room = Room::new();
    let all = events();
    room.mirror("in/h", lines(&all[..6]));
    room.mirror("in/h.gz", gzip("{}\n"));
    room.follow(&["in"]);
    for (before, count) in [7, 12, EVENTS].into_iter().enumerate() {
        room.mirror("in/h", lines(&all[..count]));
        room.poll();
        room.says("source-grown", "in/h", before + 1);
        room.has_read(count);
    }
    room.pass(SETTLED);
    assert!(room.text.contains("{}"), "the compressed one is read, too");
    // Those that it replaced are forgotten.
    room.pass(LINGER);
    assert_eq!(room.known.len(), 2);
    room.has_read(EVENTS);
    room.has_reached("in/h", lines(&all).len());
}

#[test]
fn a_compressed_blob_that_comes_again_longer_goes_on_behind_what_was_read() {
    let mut room = Room::new();
    let all = events();
    let part = |count: usize| gzip(&lines(&all[..count]));
    room.mirror("in/h.gz", part(6));
    room.follow(&["in"]);
    room.has_read(0);
    room.pass(SETTLED);
    room.has_read(6);
    room.mirror("in/h.gz", part(12));
    room.poll();
    room.has_read(6);
    room.pass(SETTLED);
    room.has_read(12);
    // And in place.
    room.write("in/h.gz", part(EVENTS));
    room.pass(SETTLED);
    room.has_read(EVENTS);
}

#[test]
fn a_blob_that_came_again_while_nobody_followed_goes_on_behind_what_was_read() {
    let mut room = Room::new();
    let all = events();
    room.mirror("in/h", lines(&all[..6]));
    room.follow(&["in"]);
    room.has_read(6);
    room.mirror("in/h", lines(&all[..12]));
    room.follow(&["in"]);
    room.says("source-grown", "in/h", 1);
    room.append("in/h", lines(&all[12..]));
    room.poll();
    room.has_read(EVENTS);
    room.follow(&["in"]);
    room.has_read(EVENTS);
}

/// Whole lines, last lines without their ends, lists, and a list with a field behind it as in a page
/// of an API.
#[test]
fn a_blob_that_comes_again_longer_goes_on_in_any_form() {
    type Written = fn(&[Value]) -> String;
    let forms: [Written; 10] = [
        |all| lines(all),
        |all| lines(all).trim_end().to_owned(),
        |all| format!("\u{feff}{}", lines(all)),
        |all| format!("{:#}\n", json!(all)),
        |all| format!("{:#}", json!({ "records": all })),
        |all| json!(all).to_string(),
        |all| format!("{}\n", json!(all)),
        |all| json!({ "records": all }).to_string(),
        |all| format!("{}\n", json!({ "n": 1, "records": all })),
        |all| {
            format!(
                "{:#}\n",
                json!({ "value": all, "@odata.nextLink": all.len() })
            )
        },
    ];
    let all = events();
    for form in forms {
        let mut room = Room::new();
        room.mirror("in/h", form(&all[..6]));
        room.follow(&["in/h"]);
        room.has_read(6);
        for (before, count) in [11, EVENTS].into_iter().enumerate() {
            room.mirror("in/h", form(&all[..count]));
            room.poll();
            room.says("source-grown", "in/h", before + 1);
            room.has_read(count);
        }
    }
}

#[test]
fn an_envelope_whose_count_changed_with_its_records_has_grown() {
    let mut room = Room::new();
    let all = events();
    let envelope = |all: &[Value]| json!({ "count": all.len(), "tags": ["a"], "records": all });
    room.mirror("in/h", format!("{:#}\n", envelope(&all[..9])));
    room.follow(&["in"]);
    room.mirror("in/h", format!("{:#}\n", envelope(&all)));
    room.poll();
    room.says("source-grown", "in/h", 1);
    assert!(room.messages[0].text.ends_with(known_file::HEADED));
    room.has_read(EVENTS);
}
