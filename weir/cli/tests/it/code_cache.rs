//! Compiled code that is kept: by the command.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::told::JSON;
use crate::support::{Answer, Room, burst, lines};

/// A room with a burst in it and a cache of its own.
struct Cached(Room);

impl Cached {
    fn new() -> Self {
        let room = Room::new();
        room.write("input", lines(&burst()));
        Self(room)
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        let home = self.0.path("home");
        let home = home.to_str().unwrap();
        let arguments = [&["run", "input"], arguments].concat();
        let variables = [("XDG_CACHE_HOME", Some(home)), JSON];
        let answer = self.0.weir_in(&arguments, b"", &variables);
        assert_eq!(answer.ends(0).alerts().len(), 1);
        answer
    }

    fn files(&self, folder: &str) -> usize {
        let all = walkdir::WalkDir::new(self.0.path(folder)).into_iter();
        all.flatten().filter(|e| e.file_type().is_file()).count()
    }
}

#[test]
fn a_run_keeps_its_code_and_finds_the_same_with_it() {
    let room = Cached::new();
    let first = room.run(&[]);
    assert!(room.files("home/weir") >= 2);
    assert_eq!(room.run(&[]).out, first.out);
}

#[test]
fn no_cache_writes_nothing() {
    let room = Cached::new();
    room.0
        .write("off.toml", "cache = false\n")
        .write("both.toml", "cache = false\ncache_dir = \"own\"\n");
    room.run(&["--no-cache"]);
    room.run(&["--config", "off.toml"]);
    room.run(&["--config", "both.toml"]);
    assert!(!room.0.path("home").exists());
    assert!(!room.0.path("own").exists());
}

#[test]
fn a_configuration_moves_the_cache() {
    let room = Cached::new();
    room.0.write("config/moved.toml", "cache_dir = \"own\"\n");
    room.run(&["--config", "config/moved.toml"]);
    assert!(room.files("config/own") >= 2);
    assert!(!room.0.path("home").exists());
}

#[test]
fn a_folder_that_others_can_write_to_is_named_once_and_not_used() {
    let room = Cached::new();
    let folder = room.0.path("home/weir");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let answer = room.run(&[]);
    assert_eq!(answer.told("cache-refused").len(), 1, "{}", answer.err);
    assert_eq!(room.files("home"), 0);
}

#[test]
fn without_a_home_nothing_is_kept_nor_said() {
    let room = Cached::new();
    let nowhere = [("XDG_CACHE_HOME", None), ("HOME", None), JSON];
    let answer = room.0.weir_in(&["run", "input"], b"", &nowhere);
    assert_eq!(answer.ends(0).alerts().len(), 1);
    answer.lacks("cache-refused");
    let names: Vec<_> = fs::read_dir(room.0.path("")).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}
