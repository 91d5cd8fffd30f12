//! The archive: the same bytes each time, and nothing of the machine that made it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]
#![cfg(unix)]

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use flate2::read::GzDecoder;
use tar::Archive;
use weir_package::{archive, sums};

/// What a test's folder has: name, content, mode.
const FILES: [(&str, &str, u32); 3] = [
    ("z.txt", "last", 0o600),
    ("bin/tool", "run", 0o700),
    ("bin/a", "first", 0o664),
];

fn folder(at: &Path, names: impl Iterator<Item = &'static (&'static str, &'static str, u32)>) {
    for (name, text, mode) in names {
        let path = at.join("it").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
    }
}

#[test]
fn order_time_and_permissions_of_the_files_do_not_matter() {
    let room = tempfile::tempdir().unwrap();
    let (a, b) = (room.path().join("a"), room.path().join("b"));
    folder(&a, FILES.iter());
    folder(&b, FILES.iter().rev());
    let loose = fs::Permissions::from_mode(0o644);
    fs::set_permissions(b.join("it/z.txt"), loose).unwrap();
    let old = File::options()
        .write(true)
        .open(b.join("it/bin/a"))
        .unwrap();
    old.set_modified(std::time::UNIX_EPOCH).unwrap();
    for at in [&a, &b] {
        archive::write(&at.join("it"), 1_700_000_000, &at.join("it.tar.gz")).unwrap();
    }
    let bytes = |at: &Path| fs::read(at.join("it.tar.gz")).unwrap();
    assert_eq!(bytes(&a), bytes(&b));
    archive::write(&a.join("it"), 1_700_000_001, &a.join("it.tar.gz")).unwrap();
    assert_ne!(bytes(&a), bytes(&b));
}

#[test]
fn names_are_sorted_and_owners_are_nobody() {
    let room = tempfile::tempdir().unwrap();
    folder(room.path(), FILES.iter());
    let file = room.path().join("it.tar.gz");
    archive::write(&room.path().join("it"), 1_700_000_000, &file).unwrap();
    let mut archive = Archive::new(GzDecoder::new(File::open(&file).unwrap()));
    let mut found = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), 1_700_000_000);
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        let name = entry.path().unwrap().display().to_string();
        found.push((name, header.mode().unwrap()));
    }
    let expected = [
        ("it", 0o755),
        ("it/bin", 0o755),
        ("it/bin/a", 0o644),
        ("it/bin/tool", 0o755),
        ("it/z.txt", 0o644),
    ];
    assert_eq!(found, expected.map(|(name, mode)| (name.to_owned(), mode)));
}

#[test]
fn sums_are_those_that_tools_check() {
    let room = tempfile::tempdir().unwrap();
    folder(room.path(), FILES.iter());
    let it = room.path().join("it");
    sums::write(&it, &sums::below(&it).unwrap()).unwrap();
    let list = fs::read_to_string(it.join("SHA256SUMS")).unwrap();
    let first = "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e  bin/a\n";
    assert!(list.starts_with(first), "{list}");
    assert_eq!(list.lines().count(), 3);
}
