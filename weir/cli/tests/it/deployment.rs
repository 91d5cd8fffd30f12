//! The systemd unit and the image: what they ask of the command, it does.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::told::JSON;
use crate::support::{BURST, Room, burst, http, lines};

/// The repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The lines of the unit that set something, in their order.
fn unit() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("contrib/packaging/weir.service")).unwrap();
    text.lines()
        .filter(|line| !line.starts_with(['#', '[']) && !line.is_empty())
        .map(|line| {
            let (key, value) = line.split_once('=').unwrap();
            (key.to_owned(), value.to_owned())
        })
        .collect()
}

/// The instructions of the Dockerfile, with lines that go on joined.
fn instructions() -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join("Dockerfile")).unwrap();
    text.replace("\\\n", "")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split_whitespace().map(str::to_owned).collect())
        .collect()
}

/// The value of the only instruction of its kind, a list.
fn list(name: &str) -> Vec<String> {
    let found: Vec<_> = instructions()
        .into_iter()
        .filter(|words| words[0] == name)
        .collect();
    assert_eq!(found.len(), 1, "{name}");
    serde_json::from_str(&found[0][1..].join(" ")).unwrap()
}

#[test]
fn the_unit_starts_a_server_that_ends_in_order() {
    let room = Room::new();
    let unit = unit();
    let start: Vec<_> = unit.iter().filter(|(key, _)| key == "ExecStart").collect();
    let mut words = start[0].1.split(' ');
    assert_eq!(words.next(), Some("/usr/local/bin/weir"));
    // As systemd does it: folders made, what it knows put in, options that nobody set left out.
    for folder in ["state/weir", "logs/weir"] {
        fs::create_dir_all(room.path(folder)).unwrap();
    }
    let toml = root().join("contrib/packaging/weir.toml");
    let mut arguments: Vec<String> = words
        .filter(|word| *word != "$WEIR_OPTIONS")
        .map(|word| match word {
            "/etc/weir/weir.toml" => toml.display().to_string(),
            word => word.replace("%S", "state").replace("%L", "logs"),
        })
        .collect();
    assert!(!arguments.iter().any(|word| word.contains(['%', '$'])));
    arguments.extend(["--listen".to_owned(), "http://127.0.0.1:0".to_owned()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();

    let mut life = room.start_logged("unit", &arguments);
    let at = life.wait_to_listen("http://");
    let answer = http::post(&at, "", lines(&burst()).as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["documents"], BURST);
    // Whatever ends it in order but `systemctl stop`, it is started again.
    let restart = unit.iter().find(|(key, _)| key == "Restart");
    assert_eq!(restart.unwrap().1, "always");
    let reload = unit.iter().find(|(key, _)| key == "ExecReload");
    assert_eq!(reload.unwrap().1, "/bin/kill -HUP $MAINPID");
    life.stop().ends(0);
    assert!(
        fs::read_dir(room.path("state/weir/checkpoint"))
            .unwrap()
            .count()
            > 0
    );
    assert!(room.path("logs/weir/alerts.ndjson").exists());
}

#[test]
fn the_unit_gives_nothing_away() {
    let unit = unit();
    let values = |key: &str| -> Vec<&str> {
        unit.iter()
            .filter(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
            .collect()
    };
    for key in [
        "DynamicUser",
        "LockPersonality",
        "NoNewPrivileges",
        "PrivateDevices",
        "PrivateTmp",
        "PrivateUsers",
        "ProtectClock",
        "ProtectControlGroups",
        "ProtectHome",
        "ProtectHostname",
        "ProtectKernelLogs",
        "ProtectKernelModules",
        "ProtectKernelTunables",
        "RemoveIPC",
        "RestrictNamespaces",
        "RestrictRealtime",
        "RestrictSUIDSGID",
    ] {
        assert_eq!(values(key), ["yes"], "{key}");
    }
    assert_eq!(values("ProtectSystem"), ["strict"]);
    assert_eq!(values("CapabilityBoundingSet"), [""]);
    assert_eq!(values("AmbientCapabilities"), [""]);
    assert_eq!(values("SystemCallArchitectures"), ["native"]);
    assert_eq!(
        values("RestrictAddressFamilies"),
        ["AF_INET AF_INET6 AF_UNIX"]
    );
    assert_eq!(
        values("SystemCallFilter"),
        ["@system-service", "~@privileged @resources"]
    );
    for key in ["StateDirectory", "LogsDirectory", "CacheDirectory"] {
        assert_eq!(values(key), ["weir"], "{key}");
    }
    assert_eq!(values("IPAddressDeny"), ["any"]);
    assert_eq!(values("IPAddressAllow"), ["localhost"]);
    // Compiled code could not run.
    assert_eq!(values("MemoryDenyWriteExecute"), [""; 0]);
    // The server takes in what has come for 10 s, and writes a checkpoint.
    let patience: u64 = values("TimeoutStopSec")[0].parse().unwrap();
    assert!(patience > 10);
    assert_eq!(values("KillSignal"), ["SIGTERM"]);
    assert_eq!(values("Restart"), ["always"]);
    assert_eq!(values("RestartPreventExitStatus"), ["2"]);
}

/// The cache of the unit is a folder below the service's, which systemd makes a link.
#[test]
fn compiled_code_is_kept_behind_the_services_link() {
    let room = Room::new();
    assert!(unit().contains(&(
        "Environment".to_owned(),
        "XDG_CACHE_HOME=%C/weir".to_owned()
    )));
    fs::create_dir_all(room.path("private/weir")).unwrap();
    symlink("private/weir", room.path("weir")).unwrap();
    room.write("input", lines(&burst()));
    let home = room.path("weir").display().to_string();
    let variables = [("XDG_CACHE_HOME", Some(home.as_str())), JSON];
    let answer = room.weir_in(&["run", "input"], b"", &variables);
    answer.ends(0).lacks("cache-refused");
    assert!(
        fs::read_dir(room.path("private/weir/weir"))
            .unwrap()
            .count()
            > 0
    );
}

#[test]
fn the_configuration_of_the_package_is_valid_with_its_comments_taken_out_too() {
    let room = Room::new();
    let text = fs::read_to_string(root().join("contrib/packaging/weir.toml")).unwrap();
    room.write("as-it-is.toml", &text);
    // What is commented out without a blank is a setting; the database is not there.
    let all: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') && !rest.starts_with("asn_db") => rest,
            _ => line,
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    assert_ne!(all, text);
    room.write("all.toml", all);
    for file in ["as-it-is.toml", "all.toml"] {
        let answer = room.weir(&["validate", file]);
        assert!(!answer.ends(0).out.contains("error"), "{}", answer.out);
    }
}

#[test]
fn the_image_starts_what_is_in_it() {
    let command = list("ENTRYPOINT");
    let all = instructions();
    let build: String = all
        .iter()
        .filter(|words| words[0] == "RUN")
        .map(|words| words.join(" "))
        .collect();
    let put = format!("install -m 755 out/static/weir /image{}", command[0]);
    assert!(build.contains(&put), "{build}");
    assert!(build.contains("REQUIRE_STATIC=1"), "{build}");
    let has = |line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        assert!(all.contains(&words), "no {line}");
    };
    has("FROM scratch");
    has("COPY --from=build /image /");
    has("USER 65532:65532");
    has("EXPOSE 8400");

    let room = Room::new();
    let state = room.path("state").display().to_string();
    let arguments: Vec<String> = list("CMD")
        .iter()
        .map(|word| word.replace("/var/lib/weir", &state))
        .chain(["--listen".to_owned(), "http://127.0.0.1:0".to_owned()])
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut life = room.start_logged("image", &arguments);
    life.wait_to_listen("http://");
    life.stop().ends(0);
}

/// What is copied into the image is enough for cargo to see the whole workspace.
#[test]
fn the_image_is_built_from_sources_that_exist() {
    let room = Room::new();
    let mut copied = Vec::new();
    for words in instructions() {
        if words[0] == "COPY" && !words[1].starts_with("--from") {
            copied.extend(words[1..words.len() - 1].iter().cloned());
        }
    }
    assert!(copied.len() > 5, "{copied:?}");
    let ignored = fs::read_to_string(root().join(".dockerignore")).unwrap();
    for source in &copied {
        assert!(root().join(source).exists(), "{source}");
        assert!(!ignored.lines().any(|line| line == source), "{source}");
        let from = root().join(source).canonicalize().unwrap();
        symlink(from, room.path(source)).unwrap();
    }
    let answer = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--no-deps"])
        .args(["--format-version", "1"])
        .current_dir(room.folder.path())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert!(answer.status.success(), "{errors}");
}
