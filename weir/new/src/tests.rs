//! Tests of what is written.

use std::collections::BTreeSet;

use super::*;

const ALL: [Language; 3] = [Language::Rust, Language::Python, Language::JavaScript];

/// The id that a text gives to `rule.id`.
fn rule_id(text: &str) -> &str {
    let rest = text.split_once("\"rule.id\":\"").unwrap().1;
    rest.split('"').next().unwrap()
}

#[test]
fn a_template_is_renamed_whole_and_has_an_id_of_its_own() {
    let mut ids = BTreeSet::new();
    for language in ALL {
        let room = tempfile::tempdir().unwrap();
        let folder = write(room.path(), "many-guesses", language).unwrap();
        let expected = fs::read_to_string(folder.join("cases/many/expected.ndjson")).unwrap();
        let id = rule_id(&expected);
        assert!(ids.insert(id.to_owned()), "{id}");
        let alert = format!("\"weir.alert.id\":\"{:032x}\"", template_alert(id));
        assert!(expected.contains(&alert), "{language:?}: {expected}");
        let mut named = 0;
        for (file, _) in files::of(language) {
            let text = fs::read_to_string(folder.join(file)).unwrap();
            for old in [TEMPLATE, &underscored(TEMPLATE), TEMPLATE_ID] {
                assert!(!text.contains(old), "{language:?} {file}: {old}");
            }
            named += usize::from(text.contains(id));
        }
        // In its source and in what the case expects.
        assert_eq!(named, 2, "{language:?}");
        for file in [
            "README.md",
            "weir.toml",
            ".gitignore",
            "wit/world.wit",
            "cases/few/case.toml",
        ] {
            assert!(folder.join(file).is_file(), "{language:?}: {file}");
        }
    }
}

#[test]
fn a_rule_file_is_renamed_with_its_cases() {
    let room = tempfile::tempdir().unwrap();
    let folder = write(room.path(), "many-guesses", Language::Esql).unwrap();
    let rule = fs::read_to_string(folder.join("many-guesses.toml")).unwrap();
    let expected =
        fs::read_to_string(folder.join("many-guesses.cases/many/expected.ndjson")).unwrap();
    let id = rule_id(&expected);
    assert!(rule.contains(&format!("rule_id = \"{id}\"")), "{rule}");
    assert_ne!(id, TEMPLATE_ID);
    let alert = format!("\"weir.alert.id\":\"{:032x}\"", template_alert(id));
    assert!(expected.contains(&alert), "{expected}");
    assert!(
        folder
            .join("many-guesses.cases/few/expected.ndjson")
            .is_file()
    );
    for (file, _) in files::of(Language::Esql) {
        let file = file.replace(TEMPLATE, "many-guesses");
        let text = fs::read_to_string(folder.join(&file)).unwrap();
        assert!(
            !text.contains(TEMPLATE) && !text.contains(TEMPLATE_ID),
            "{file}"
        );
    }
    assert!(!folder.join("cases").exists() && !folder.join("wit").exists());
}

#[test]
fn nothing_is_written_over_or_half() {
    let room = tempfile::tempdir().unwrap();
    fs::write(room.path().join("there"), "mine").unwrap();
    let again = write(room.path(), "there", Language::Python);
    assert!(matches!(again, Err(Error::Config(_))), "{again:?}");
    assert_eq!(
        fs::read_to_string(room.path().join("there")).unwrap(),
        "mine"
    );
    let nowhere = write(&room.path().join("not"), "here", Language::Python);
    assert!(matches!(nowhere, Err(Error::Output { .. })), "{nowhere:?}");
}

#[test]
fn ids_are_random_uuids() {
    let (one, other) = (new_id(), new_id());
    assert_ne!(one, other);
    let lengths: Vec<usize> = one.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12]);
    assert_eq!(one.as_bytes()[14], b'4');
    assert!(b"89ab".contains(&one.as_bytes()[19]), "{one}");
}

/// The packages of a lock file: all that stands in their entries but dependencies.
fn packages(lock: &str) -> BTreeSet<String> {
    let of = |entry: &str| {
        entry
            .split("dependencies = [")
            .next()
            .unwrap()
            .trim()
            .to_owned()
    };
    lock.split("[[package]]\n").skip(1).map(of).collect()
}

#[test]
fn the_sdk_is_locked_to_what_the_workspace_is_tested_with() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let workspace = packages(&fs::read_to_string(workspace).unwrap());
    let own = packages(files::lock());
    assert!(own.len() > 10, "{own:?}");
    let is_own = |package: &&String| {
        [TEMPLATE, "weir-detector"]
            .iter()
            .any(|name| package.starts_with(&format!("name = \"{name}\"")))
    };
    let other: Vec<&String> = own
        .difference(&workspace)
        .filter(|package| !is_own(package))
        .collect();
    assert!(other.is_empty(), "{other:#?}");
}

#[test]
fn a_lock_file_stays_in_the_order_of_names() {
    for name in ["aaa", "memchr-rule", "zzz"] {
        let lock = renamed("Cargo.lock", files::lock(), name, TEMPLATE_ID);
        let names: Vec<&str> = { lock.lines() }
            .filter_map(|line| line.strip_prefix("name = "))
            .collect();
        assert!(names.is_sorted(), "{names:?}");
        assert!(names.contains(&format!("\"{name}\"").as_str()));
    }
    assert_eq!(lock::sorted(files::lock()), files::lock());
}

#[test]
fn the_sdk_s_manifest_stands_alone() {
    let mut all = files::of(Language::Rust);
    let (_, manifest) = all
        .find(|(file, _)| *file == "sdk/detector/Cargo.toml")
        .unwrap();
    for gone in ["workspace", "dev-dependencies", "lints"] {
        assert!(!manifest.contains(gone), "{gone}: {manifest}");
    }
    for kept in ["edition = \"2024\"", "[features]", "wit-bindgen"] {
        assert!(manifest.contains(kept), "{kept}: {manifest}");
    }
}
