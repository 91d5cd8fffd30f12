//! Options, configuration files, and what is said about wrong ones.

use crate::support::{Room, burst, lines};

#[test]
fn usage_errors_end_with_3_and_help_with_0() {
    let room = Room::new();
    room.weir(&[]).ends(3);
    room.weir(&["run", "--no-such-option"]).ends(3);
    room.weir(&["run", "--format", "xml"]).ends(3);
    for help in [
        &["--help"][..],
        &["--version"],
        &["run", "--help"],
        &["help", "test"],
    ] {
        let answer = room.weir(help);
        assert!(!answer.ends(0).out.is_empty());
    }
    assert!(room.weir(&["--help"]).out.contains("Exit codes:"));
}

#[test]
fn settings_reach_the_detector() {
    let room = Room::new();
    room.write("input", lines(&burst()))
        .write("config.toml", "[parameters]\nmin_total_calls = 26\n");
    let alerts = |arguments: &[&str]| {
        let answer = room.weir(&[&["run", "input"], arguments].concat());
        answer.ends(0).alerts().len()
    };
    assert_eq!(alerts(&[]), 1);
    assert_eq!(alerts(&["--set", "min_total_calls=26"]), 0);
    assert_eq!(alerts(&["--config", "config.toml"]), 0);
    let both = ["--config", "config.toml", "--set", "min_total_calls=25"];
    assert_eq!(alerts(&both), 1, "an option goes over the file");
}

#[test]
fn a_wrong_setting_is_named_with_the_nearest_right_one() {
    let room = Room::new();
    let says = |setting: &str, text: &str| {
        room.weir(&["run", "-", "--set", setting])
            .ends(3)
            .says(text);
    };
    says(
        "min_eror=1",
        "no parameter `min_eror`; did you mean `min_errors`?",
    );
    says("zzz=1", "no parameter `zzz`; it has: min_total_calls");
    says("min_errors", "`min_errors` is no setting; write KEY=VALUE");
    says("min_errors=many", "min_errors: ");
    says("min_errors=-1", "min_errors: ");
}

#[test]
fn a_configuration_file_is_refused_with_its_line() {
    let room = Room::new();
    let says = |text: &str, message: &str| {
        room.write("config.toml", text);
        room.weir(&["run", "-", "--config", "config.toml"])
            .ends(3)
            .says(message);
    };
    says("\n\n[limit]\n", "config.toml:3: unknown field `limit`");
    says(
        "[limits]\n\nmemory = 1\n",
        "config.toml:3: unknown field `memory`",
    );
    says("component = 1\n", "config.toml:1: ");
    says("a = [\n", "config.toml:");
    says(
        "[limits]\ndeadline_ms = 0\n",
        "limits.deadline_ms is 0; it must be 1 to",
    );
    says("[parameters]\nmin_errs = 1\n", "did you mean `min_errors`?");
    room.weir(&["run", "-", "--config", "none.toml"])
        .ends(3)
        .says("none.toml: no such file");
}

#[test]
fn tables_are_handed_over_or_named() {
    let room = Room::new();
    room.write("bad.mmdb", "no database");
    let says = |arguments: &[&str], message: &str| {
        room.weir(&[&["run", "-"], arguments].concat())
            .ends(3)
            .says(message);
    };
    says(&["--asn-db", "bad.mmdb"], "table `asn`: ");
    says(&["--asn-db", "none.mmdb"], "none.mmdb: no such file");
    says(&["--table", "xyz=bad.mmdb"], "no table `xyz`; it has: asn");
    says(&["--table", "xyz"], "write NAME=FILE");
    room.write("sub/config.toml", "asn_db = \"db.mmdb\"\n")
        .write("sub/db.mmdb", "no database");
    says(&["--config", "sub/config.toml"], "table `asn`: ");
}

#[test]
fn settings_of_the_kafka_client_are_read_in_every_build() {
    let room = Room::new();
    room.write("input", lines(&burst()));
    room.write(
        "good.toml",
        "[kafka]\nsecurity.protocol = \"SSL\"\n\"session.timeout.ms\" = 6000\n",
    );
    room.weir(&["run", "--config", "good.toml", "input"])
        .ends(0);
    room.write("bad.toml", "[kafka]\nclient.id = \"a\"\nssl.list = [1]\n");
    room.weir(&["run", "--config", "bad.toml", "input"])
        .ends(3)
        .says("bad.toml:3: kafka.ssl.list must be text");
}

#[cfg(not(feature = "kafka"))]
#[test]
fn without_kafka_it_is_said_how_to_get_it() {
    let room = Room::new();
    for arguments in [
        &["run", "kafka://127.0.0.1:9092/events"][..],
        &["run", "--kafka", "client.id=a"],
    ] {
        let answer = room.weir(arguments);
        answer.ends(3).says("--features weir/kafka");
    }
}
