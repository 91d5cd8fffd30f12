use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Starts with this cache; whether the code came from it. It must work either way.
fn start(cache: &CodeCache) -> bool {
    let limits = Limits::default();
    let sandbox = cache.sandbox(weir_shipped::COMPONENT, &limits).unwrap();
    assert!(!sandbox.describe().unwrap().is_empty());
    sandbox.is_precompiled()
}

/// A cache that holds the embedded component's code, and the file with it.
fn filled() -> (TempDir, CodeCache, PathBuf) {
    let room = tempfile::tempdir().unwrap();
    let cache = CodeCache::open(&room.path().join("weir")).unwrap();
    assert!(!start(&cache), "there was nothing");
    let entry = walkdir::WalkDir::new(&cache.folder)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .find(|path| path.is_file() && path.extension().is_none())
        .unwrap();
    (room, cache, entry)
}

#[test]
fn a_second_start_takes_the_code_from_the_folder() {
    let (_room, cache, entry) = filled();
    let before = fs::metadata(&entry).unwrap().modified().unwrap();
    assert!(start(&cache));
    assert!(start(&cache));
    let after = fs::metadata(&entry).unwrap().modified().unwrap();
    assert_eq!(before, after, "it was not written again");
    let mode = fs::metadata(&cache.folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn without_a_cache_nothing_is_precompiled() {
    assert!(
        !Sandbox::new(weir_shipped::COMPONENT, &Limits::default())
            .unwrap()
            .is_precompiled()
    );
}

#[test]
fn a_component_that_is_refused_leaves_nothing() {
    let room = tempfile::tempdir().unwrap();
    let cache = CodeCache::open(&room.path().join("weir")).unwrap();
    for component in [&b"no component"[..], b"\0asm\x0d\0\x01\0"] {
        assert!(cache.sandbox(component, &Limits::default()).is_err());
    }
    assert_eq!(fs::read_dir(&cache.folder).unwrap().count(), 0);
}

#[test]
fn damaged_code_is_compiled_anew() {
    let (_room, cache, entry) = filled();
    let whole = fs::read(&entry).unwrap();
    let damage: [fn(&mut Vec<u8>); 4] = [
        |bytes| *bytes.last_mut().unwrap() ^= 1,
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x10;
        },
        |bytes| bytes.truncate(1000),
        Vec::clear,
    ];
    for damage in damage {
        let mut bytes = whole.clone();
        damage(&mut bytes);
        fs::write(&entry, bytes).unwrap();
        assert!(!start(&cache));
        assert_eq!(fs::read(&entry).unwrap(), whole, "it was mended");
        assert!(start(&cache));
    }
}

#[test]
fn code_without_its_digest_is_compiled_anew() {
    let (_room, cache, entry) = filled();
    let name = entry.file_name().unwrap().to_str().unwrap();
    let dir = entry.ancestors().nth(4).unwrap();
    let digest = dir.join(format!("{name}.sha256"));
    fs::remove_file(&digest).unwrap();
    assert!(!start(&cache));
    fs::write(&digest, "").unwrap();
    assert!(!start(&cache));
    assert!(start(&cache));
}

#[test]
fn what_a_killed_start_left_does_not_stay_in_the_way() {
    let (_room, cache, entry) = filled();
    let half = entry.with_extension("wip-atomic-write-mod");
    fs::write(&half, "half").unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let file = fs::File::options().write(true).open(&half).unwrap();
    file.set_modified(long_ago).unwrap();
    fs::remove_file(&entry).unwrap();
    assert!(!start(&cache));
    assert!(start(&cache));
}

#[test]
fn a_folder_that_others_can_write_to_is_refused() {
    let room = tempfile::tempdir().unwrap();
    let folder = room.path().join("weir");
    for mode in [0o777, 0o720, 0o702, 0o1777] {
        fs::create_dir_all(&folder).unwrap();
        set_mode(&folder, mode);
        let why = CodeCache::open(&folder).unwrap_err();
        assert!(why.contains("others can write to it"), "{why}");
        assert!(why.starts_with(folder.to_str().unwrap()), "{why}");
    }
    set_mode(&folder, 0o755);
    CodeCache::open(&folder).unwrap();
}

#[test]
fn a_folder_that_others_can_replace_is_refused() {
    let room = tempfile::tempdir().unwrap();
    let above = room.path().join("above");
    let folder = above.join("weir");
    CodeCache::open(&folder).unwrap();
    set_mode(&above, 0o777);
    let why = CodeCache::open(&folder).unwrap_err();
    let begins = format!("{}: others can write", above.display());
    assert!(why.starts_with(&begins), "{why}");
    set_mode(&above, 0o1777);
    CodeCache::open(&folder).unwrap();
}

#[test]
fn a_symlink_or_a_file_is_refused() {
    let room = tempfile::tempdir().unwrap();
    let real = room.path().join("real");
    CodeCache::open(&real).unwrap();
    let link = room.path().join("link");
    symlink(&real, &link).unwrap();
    let why = CodeCache::open(&link).unwrap_err();
    assert!(why.contains("is a symlink"), "{why}");
    let file = room.path().join("file");
    fs::write(&file, "").unwrap();
    let why = CodeCache::open(&file).unwrap_err();
    assert!(why.contains("is no folder"), "{why}");
}

#[test]
fn a_folder_that_was_open_to_others_is_emptied() {
    let (_room, cache, entry) = filled();
    let dir = entry.ancestors().nth(4).unwrap();
    assert_eq!(dir.parent().unwrap(), cache.folder);
    set_mode(dir, 0o755);
    assert!(!start(&cache));
    assert!(start(&cache));
}

#[test]
fn the_oldest_components_make_room() {
    let (_room, cache, _) = filled();
    for n in 0..40 {
        let folder = cache.folder.join(format!("{n:064x}"));
        fs::create_dir(&folder).unwrap();
    }
    let other = cache.folder.join("not-of-ours");
    fs::create_dir(&other).unwrap();
    entries::trim(&cache.folder);
    assert_eq!(fs::read_dir(&cache.folder).unwrap().count(), 17);
    assert!(other.exists());
}

#[test]
fn the_folder_is_the_users_own() {
    let at = |cache: Option<&str>, home: Option<&str>| {
        CodeCache::folder_for(cache.map(Path::new), home.map(Path::new))
    };
    assert_eq!(at(Some("/c"), Some("/h")), Some("/c/weir".into()));
    assert_eq!(at(None, Some("/h")), Some("/h/.cache/weir".into()));
    assert_eq!(at(Some("c"), Some("/h")), Some("/h/.cache/weir".into()));
    assert_eq!(at(Some(""), Some("/h")), Some("/h/.cache/weir".into()));
    assert_eq!(at(None, Some("h")), None);
    assert_eq!(at(None, None), None);
}
