//! The package that `make package` made: all there, as its lists say, and it installs and works.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]
#![cfg(unix)]

#[path = "../../../tests/tests/it/docs/links.rs"]
mod links;
mod made;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output};

use flate2::read::GzDecoder;
use made::{made, root, target};
use tar::Archive;
use weir_package::{Inputs, Source, archive, layout, sums, write};

/// A command that has to succeed.
#[track_caller]
fn succeed(command: &mut Command) -> Output {
    let answer = command.output().unwrap();
    let errors = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{command:?}: {errors}");
    answer
}

/// Names of the files below a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let name = |path: &Path| path.strip_prefix(folder).unwrap().display().to_string();
    let files = sums::below(folder).unwrap();
    files.iter().map(|path| name(path)).collect()
}

#[test]
fn everything_is_in_it() {
    let made = made();
    let found = names(&made.folder);
    for name in [
        "SHA256SUMS",
        "bin/weir",
        "etc/weir/weir.toml",
        "lib/systemd/system/weir.service",
        "lib/weir/aadgraph-4xx-fluent-bit.wasm",
        "lib/weir/aadgraph.wasm",
        "share/doc/weir/BENCHMARKS.md",
        "share/doc/weir/CHANGELOG.md",
        "share/doc/weir/LICENSE",
        "share/doc/weir/README.md",
        "share/doc/weir/contrib/flink/job.py",
        "share/doc/weir/docs/packaging.md",
        "share/doc/weir/examples/python/alerts.py",
        "share/doc/weir/weir.cdx.json",
        "share/doc/weir/wit/world.wit",
        "share/man/man1/weir.1",
        "share/man/man1/weir-serve.1",
    ] {
        assert!(found.contains(name), "no {name} in {found:#?}");
    }
    for (_, name) in layout::COMPLETIONS {
        assert!(found.contains(name), "no {name}");
    }
    let rubbish = |name: &&String| name.contains("node_modules") || name.contains("/target/");
    assert_eq!(found.iter().find(rubbish), None);
}

#[test]
fn links_of_its_documents_lead_to_its_files() {
    let pages = links::pages(&made().folder);
    assert!(pages.len() > 20, "{pages:?}");
    for page in pages {
        assert_eq!(links::broken(&page), [""; 0], "{}", page.display());
    }
}

/// The names in a folder's list of checksums, each right.
#[track_caller]
fn listed(folder: &Path) -> BTreeSet<String> {
    let list = fs::read_to_string(folder.join(sums::NAME)).unwrap();
    let line = |line: &str| {
        let (sum, name) = line.split_once("  ").unwrap();
        let bytes = fs::read(folder.join(name)).unwrap();
        assert_eq!(sums::sha256(&bytes), sum, "{name}");
        name.to_owned()
    };
    list.lines().map(line).collect()
}

#[test]
fn the_lists_of_checksums_are_whole_and_right() {
    let made = made();
    let mut all = names(&made.folder);
    assert!(all.remove(sums::NAME));
    assert_eq!(listed(&made.folder), all);
    let outside = listed(&made.out);
    for file in [&made.archive, &made.sbom, &made.oci.join("index.json")] {
        let name = file.strip_prefix(&made.out).unwrap().display().to_string();
        assert!(outside.contains(&name), "no {name} in {outside:#?}");
    }
}

#[test]
fn packages_for_two_targets_stand_side_by_side() {
    let made = made();
    let room = tempfile::tempdir().unwrap();
    let out = room.path();
    let (root, source) = (root(), Source::read(&root()).unwrap());
    let targets = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];
    for target in targets {
        let inputs = Inputs {
            root: &root,
            target,
            weir: &made.folder.join("bin/weir"),
            component: &made.folder.join("lib/weir/aadgraph.wasm"),
            module: &made.folder.join("lib/weir/aadgraph-4xx-fluent-bit.wasm"),
        };
        write(&inputs, &source, out).unwrap();
    }
    let found = listed(out);
    for target in targets {
        for end in ["tar.gz", "cdx.json"] {
            let name = format!("weir-{}-{target}.{end}", source.version);
            assert!(found.contains(&name), "no {name} in {found:#?}");
        }
    }
    let unpacked = |name: &&String| name.contains("/bin/");
    assert_eq!(found.iter().find(unpacked), None);
}

#[test]
fn the_archive_is_the_folder_and_can_be_made_again() {
    let made = made();
    let mut tar = Archive::new(GzDecoder::new(File::open(&made.archive).unwrap()));
    let mut found = BTreeSet::new();
    let mut time = 0;
    for entry in tar.entries().unwrap() {
        let mut entry = entry.unwrap();
        time = entry.header().mtime().unwrap();
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path().unwrap().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        assert_eq!(fs::read(made.out.join(&path)).unwrap(), bytes, "{path:?}");
        let name = path.strip_prefix(made.folder.file_name().unwrap()).unwrap();
        found.insert(name.display().to_string());
    }
    assert_eq!(found, names(&made.folder));
    let room = tempfile::tempdir().unwrap();
    let again = room.path().join("again.tar.gz");
    archive::write(&made.folder, time, &again).unwrap();
    assert_eq!(fs::read(&again).unwrap(), fs::read(&made.archive).unwrap());
}

/// `make install` or `make uninstall` into a folder.
fn make(what: &str, destination: &Path, prefix: &str) {
    let destination = destination.display();
    succeed(
        Command::new("make")
            .current_dir(root())
            // What the outer make hands on is about itself.
            .env_remove("MAKEFLAGS")
            .env_remove("MAKELEVEL")
            .args(["--silent", what])
            .arg(format!("DESTDIR={destination}"))
            .arg(format!("PREFIX={prefix}"))
            .arg(format!("TARGET={}", target())),
    );
}

#[test]
fn it_installs_runs_and_goes_away_again() {
    let room = tempfile::tempdir().unwrap();
    let to = room.path();
    make("install", to, "/opt/weir");
    make("install", to, "/opt/weir");
    let prefix = to.join("opt/weir");
    let package = names(&made().folder);
    let installed = names(&prefix);
    let below = |name: &&String| {
        ["bin/", "lib/", "share/"]
            .iter()
            .any(|top| name.starts_with(top))
    };
    let mut expected: BTreeSet<String> = package.iter().filter(below).cloned().collect();
    expected.insert("etc/weir/weir.toml".to_owned());
    assert_eq!(installed, expected);

    // The unit names where things are, without the folder that all was put in.
    let unit = fs::read_to_string(prefix.join("lib/systemd/system/weir.service")).unwrap();
    assert!(
        unit.contains("ExecStart=/opt/weir/bin/weir serve --config /opt/weir/etc/weir/weir.toml")
    );
    assert!(!unit.contains("/usr/local"), "{unit}");

    // It detects, with its own component and with the one beside it.
    let component = prefix.join("lib/weir/aadgraph.wasm");
    let component = component.display().to_string();
    let mut seen = BTreeSet::new();
    for more in [&[][..], &["--component", &component]] {
        let run = succeed(
            Command::new(prefix.join("bin/weir"))
                .env("XDG_CACHE_HOME", room.path().join("cache"))
                .args(["run", "--final", "--quiet", "--format", "ecs"])
                .args(more)
                .arg(prefix.join("share/doc/weir/examples/fluent-bit/events.ndjson")),
        );
        assert_eq!(run.stdout.iter().filter(|byte| **byte == b'\n').count(), 2);
        seen.insert(run.stdout);
    }
    assert_eq!(seen.len(), 1);

    // The page is one that man can set, where there is man.
    let page = prefix.join("share/man/man1/weir-run.1");
    match Command::new("man")
        .arg("-l")
        .arg(&page)
        .env("MANPAGER", "cat")
        .output()
    {
        Ok(set) => {
            assert!(set.status.success(), "{set:?}");
            assert!(String::from_utf8_lossy(&set.stdout).contains("--checkpoint"));
        }
        Err(error) => assert!(std::env::var_os("CI").is_none(), "man: {error}"),
    }

    // A changed configuration stays, and so does what is not Weir's.
    let configuration = prefix.join("etc/weir/weir.toml");
    fs::write(&configuration, "# mine\n").unwrap();
    fs::write(prefix.join("bin/other"), "").unwrap();
    make("install", to, "/opt/weir");
    assert_eq!(fs::read_to_string(&configuration).unwrap(), "# mine\n");
    make("uninstall", to, "/opt/weir");
    let left = ["bin/other".to_owned(), "etc/weir/weir.toml".to_owned()];
    assert_eq!(names(&prefix), BTreeSet::from(left));
    assert!(!prefix.join("share/doc/weir").exists());
}

#[test]
fn below_usr_the_configuration_is_in_etc() {
    let room = tempfile::tempdir().unwrap();
    make("install", room.path(), "/usr");
    assert!(room.path().join("etc/weir/weir.toml").exists());
    let unit = room.path().join("usr/lib/systemd/system/weir.service");
    let unit = fs::read_to_string(unit).unwrap();
    assert!(unit.contains("ExecStart=/usr/bin/weir serve --config /etc/weir/weir.toml "));
}
