#![allow(clippy::unwrap_used, reason = "a test may fail")]

use tempfile::TempDir;
use weir_common::message::captured;

use super::*;

const MOST: u64 = 1 << 10;

/// Opens it; beside it are the codes of the messages.
fn open(room: &TempDir) -> (Disk, Vec<String>) {
    let (disk, messages) = captured(|| Disk::open(room.path(), MOST));
    let codes = messages.into_iter().map(|(code, _)| code);
    (disk.unwrap(), codes.collect())
}

fn line(n: usize) -> String {
    format!("{{\"n\":{n},\"filler\":\"{}\"}}", "x".repeat(n % 37))
}

fn add(disk: &mut Disk, numbers: impl IntoIterator<Item = usize>) {
    for n in numbers {
        disk.append(&line(n)).unwrap();
    }
    disk.sync().unwrap();
}

/// Takes all that is left.
fn take(disk: &mut Disk) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let lines = disk.first(7, 200).unwrap();
        if lines.is_empty() {
            assert_eq!(disk.waiting(), (0, 0));
            return all;
        }
        disk.remove(&lines).unwrap();
        all.extend(lines);
    }
}

fn segments(room: &TempDir) -> Vec<PathBuf> {
    let entries = fs::read_dir(room.path()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "weir"))
        .collect();
    found.sort();
    found
}

#[test]
fn lines_come_out_in_order_over_restarts_and_are_removed() {
    let room = tempfile::tempdir().unwrap();
    let mut taken = Vec::new();
    for round in 0..5 {
        let (mut disk, said) = open(&room);
        assert_eq!(said, Vec::<String>::new());
        add(&mut disk, round * 40..(round + 1) * 40);
        for _ in 0..4 {
            let lines = disk.first(5, 1 << 20).unwrap();
            disk.remove(&lines).unwrap();
            taken.extend(lines);
        }
        let waiting = (round + 1) * 40 - taken.len();
        assert_eq!(disk.waiting().0, waiting as u64);
        assert_eq!(waiting_in(room.path()).unwrap(), waiting as u64);
    }
    let (mut disk, _) = open(&room);
    taken.extend(take(&mut disk));
    assert_eq!(taken, (0..200).map(line).collect::<Vec<_>>());
    assert_eq!(segments(&room).len(), 1);
}

#[test]
fn unsynced_lines_are_not_read_and_bounds_spare_the_first() {
    let room = tempfile::tempdir().unwrap();
    let (mut disk, _) = open(&room);
    disk.append(&line(1)).unwrap();
    assert!(disk.first(9, 999).unwrap().is_empty());
    disk.sync().unwrap();
    add(&mut disk, 2..5);
    assert_eq!(disk.first(9, 1).unwrap(), [line(1)]);
    assert_eq!(disk.first(2, 999).unwrap().len(), 2);
}

#[test]
fn a_second_run_is_kept_out() {
    let room = tempfile::tempdir().unwrap();
    let (_disk, _) = open(&room);
    let second = Disk::open(room.path(), MOST);
    assert!(matches!(second.err(), Some(Error::Config(_))));
}

/// A machine that goes down may leave any part of what was not synced, and does not take back
/// what was.
#[test]
fn cut_anywhere_the_rest_is_whole() {
    let room = tempfile::tempdir().unwrap();
    let (mut disk, _) = open(&room);
    add(&mut disk, 0..4);
    drop(disk);
    let path = segments(&room).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    let mut ends = vec![0];
    for n in 0..4 {
        ends.push(ends[n] + record::length(&line(n)) as usize);
    }
    for cut in 0..=whole.len() {
        let other = tempfile::tempdir().unwrap();
        let name = path.file_name().unwrap();
        fs::write(other.path().join(name), &whole[..cut]).unwrap();
        let (mut disk, said) = open(&other);
        let left = ends.iter().filter(|end| **end > 0 && **end <= cut).count();
        let torn: &[&str] = if ends.contains(&cut) {
            &[]
        } else {
            &["queue-torn"]
        };
        assert_eq!(said, torn, "cut at {cut}");
        add(&mut disk, [9]);
        let expected: Vec<String> = (0..left).chain([9]).map(line).collect();
        assert_eq!(take(&mut disk), expected, "cut at {cut}");
    }
}

#[test]
fn damage_is_said_and_what_it_hides_is_kept_aside() {
    let room = tempfile::tempdir().unwrap();
    let (mut disk, _) = open(&room);
    add(&mut disk, 0..4);
    drop(disk);
    let path = segments(&room).pop().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let second = record::length(&line(0)) as usize;
    bytes[second + 10] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let (mut disk, said) = open(&room);
    assert_eq!(said, ["queue-damaged"]);
    assert_eq!(take(&mut disk), [line(0)]);
    let aside = fs::read(path.with_extension("damaged")).unwrap();
    assert_eq!(aside, bytes[second..]);
}

#[test]
fn without_its_position_all_comes_again() {
    let room = tempfile::tempdir().unwrap();
    let (mut disk, _) = open(&room);
    add(&mut disk, 0..3);
    let lines = disk.first(2, 999).unwrap();
    disk.remove(&lines).unwrap();
    drop(disk);
    fs::write(room.path().join(POSITION), "1 x").unwrap();
    let (mut disk, said) = open(&room);
    assert_eq!(said, ["queue-position-lost"]);
    assert_eq!(take(&mut disk), [line(0), line(1), line(2)]);
}

#[test]
fn dead_letters_hold_the_alert_as_it_was_and_why() {
    let room = tempfile::tempdir().unwrap();
    let (mut disk, _) = open(&room);
    assert!(disk.dead_letter(&[line(1)], "a \"reason\"").unwrap());
    let text = fs::read_to_string(room.path().join(DEAD)).unwrap();
    let expected = format!(
        "{{\"reason\":\"a \\\"reason\\\"\",\"alert\":{}}}\n",
        line(1)
    );
    assert_eq!(text, expected);
}
