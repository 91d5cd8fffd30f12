//! The runner over folders of ours: all passes, all fails, malformed, empty.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::process::Command;
use weir_esql_spec::report::FileReport;
use weir_esql_spec::run;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn files(name: &str) -> Vec<FileReport> {
    run(&folder(name)).unwrap().files
}

fn exit_code(folder: &Path) -> Option<i32> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir-esql-spec"));
    command.arg(folder).output().unwrap().status.code()
}

#[test]
fn our_own_tests_pass() {
    let files = files("own");
    let [left_out, logins] = files.as_slice() else {
        panic!("{files:?}")
    };
    assert_eq!(logins.failed, []);
    assert_eq!((logins.passed, logins.left_out.len()), (8, 0));
    assert_eq!(exit_code(&folder("own")), Some(0));
    assert_eq!(left_out.failed, []);
    let features: Vec<(&str, usize)> = { left_out.left_out.iter() }
        .map(|(feature, count)| (feature.as_str(), *count))
        .collect();
    let expected = [
        ("ENRICH", 1),
        ("METADATA _version", 1),
        ("data elsewhere", 1),
        ("function kql", 1),
        ("several sources", 2),
        ("sinh", 1),
        ("source SET", 1),
        ("source SHOW", 1),
        ("tests that are switched off", 1),
        ("type geo_point", 3),
    ];
    assert_eq!(features, expected);
}

#[test]
fn what_differs_fails() {
    let [file] = files("fixtures/failing").try_into().unwrap();
    assert_eq!(file.passed, 2);
    let failed: Vec<&str> = file
        .failed
        .iter()
        .map(|(title, _)| title.as_str())
        .collect();
    let expected = [
        "wrong.csv-spec:8 otherValue",
        "wrong.csv-spec:15 otherType",
        "wrong.csv-spec:22 otherName",
        "wrong.csv-spec:29 otherOrder",
        "wrong.csv-spec:46 moreRows",
        "wrong.csv-spec:56 syntax",
        "wrong.csv-spec:63 noInteger",
        "wrong.csv-spec:70 data",
    ];
    assert_eq!(failed, expected);
    assert_eq!(exit_code(&folder("fixtures/failing")), Some(1));
}

#[test]
fn what_is_no_test_has_its_line() {
    let files = files("fixtures/malformed");
    let passed: Vec<usize> = files.iter().map(|file| file.passed).collect();
    assert_eq!(passed, [1, 0]);
    let places: Vec<&str> = { files.iter().flat_map(|file| &file.malformed) }
        .map(|place| place.split(' ').next().unwrap())
        .collect();
    assert_eq!(places, [":12:", ":18:", ":26:", ":2:"]);
    assert_eq!(exit_code(&folder("fixtures/malformed")), Some(3));
}

#[test]
fn a_folder_without_tests_is_an_error() {
    for name in ["fixtures/empty", "fixtures/absent"] {
        assert!(run(&folder(name)).is_err(), "{name}");
        assert_eq!(exit_code(&folder(name)), Some(3), "{name}");
    }
}
