//! Last lines that have no end yet.

use super::*;

#[test]
fn a_line_waits_for_its_end() {
    let mut room = Room::new();
    let text = lines(&events());
    room.write("log", &text[..text.len() - 300]);
    room.follow(&["log"]);
    room.pass(SETTLED);
    room.has_read(EVENTS - 1);
    // All but its line feed.
    room.append("log", &text[text.len() - 300..text.len() - 1]);
    room.poll();
    room.has_read(EVENTS);
    room.append("log", "\n{\"a line\": \"without its end");
    room.pass(SETTLED);
    room.has_read(EVENTS);
}

/// It is read when it stays as it is, and what comes behind it then is new.
#[test]
fn a_broken_last_line_without_its_end_is_read_when_it_stays_as_it_is() {
    let all = events();
    let texts: Vec<String> = all.iter().map(ToString::to_string).collect();
    let mut broken = texts[..12].to_vec();
    broken.insert(9, "{'event':1}".to_owned());
    for (front, times) in [
        (format!("[{}]", broken.join(",")), 1),
        (texts[..12].concat(), 0),
    ] {
        let mut room = Room::new();
        room.write("log", &front);
        room.follow(&["log"]);
        room.pass(POLL * 5);
        assert!(!room.text.contains("'event'"), "more may come");
        // As the first line, and as the line that it is then taken for.
        room.pass(SETTLED * 2);
        assert_eq!(room.text.matches("'event'").count(), times, "{}", room.text);
        room.append("log", format!("\n{}", lines(&all[12..])));
        room.poll();
        for text in &texts {
            assert_eq!(room.text.matches(text).count(), 1, "{text}");
        }
        assert_eq!(room.text.matches("'event'").count(), times);
    }
}

/// A record under way is waited for, however long that takes.
#[test]
fn a_list_under_way_is_read_as_far_as_it_is_there() {
    let list = json!(events()).to_string();
    let (half, rest) = list.split_at(list.len() / 2);
    for again in [true, false] {
        let mut room = Room::new();
        room.write("log", half);
        room.follow(&["log"]);
        room.pass(SETTLED);
        let there = half.matches("event").count();
        assert!(there - room.events().len() <= 1, "{}", room.text);
        if again {
            room.follow(&["log"]);
        }
        room.append("log", rest);
        room.pass(SETTLED);
        room.has_read(EVENTS);
        room.append("log", "\n{\"half\":{\"of\":1},");
        room.pass(SETTLED);
        room.append("log", "\"it\":2}\n");
        room.poll();
        room.has_read(EVENTS);
        assert!(
            room.text.ends_with("{\"half\":{\"of\":1},\"it\":2}\n"),
            "{}",
            room.text
        );
    }
}
