//! Changes of the output between starts, and the combinations that are refused.

use super::{bursts, three};
use crate::support::Room;
use crate::support::receiver::{OK, Receiver};
use crate::support::stream::{Revisions, documents};

#[test]
fn the_output_may_be_another_at_each_start() {
    let room = Room::new();
    let documents = documents(2000, 5);
    let receiver = Receiver::start(|_, _| OK);
    room.write("all", documents.join("\n"));
    let whole = room.weir(&["run", "--early", "all"]);
    let mut found = Revisions::default();
    for (n, part) in documents.chunks(700).enumerate() {
        room.write(&format!("in/{n}"), part.join("\n"));
    }
    for (input, output) in [("in/0", "file"), ("in/1", &receiver.url), ("in/2", "file")] {
        let run = [
            "run",
            "--early",
            input,
            "--checkpoint",
            "state",
            "--output",
            output,
        ];
        room.weir(&run).ends(0);
    }
    // What cannot go out now waits for an address, and is not forgotten.
    room.write("last", bursts(1));
    let run = [
        "run",
        "--early",
        "last",
        "--checkpoint",
        "state",
        "--output",
    ];
    let nobody = ["unix:nobody", "--drain-seconds", "0"];
    let before = receiver.posts().len();
    room.logged(&[&run[..], &nobody].concat())
        .ends(0)
        .tells("alerts-kept");
    room.logged(&[&run[..], &["file"]].concat())
        .ends(0)
        .tells("queue-left");
    room.weir(&[&run[..], &[&receiver.url]].concat()).ends(0);
    assert!(receiver.posts().len() > before);
    found.add(&receiver.taken());
    assert!(!found.standing().is_empty());
    found.add(&room.read("file"));
    let standing = Revisions::of(&whole.out).standing();
    let missing = standing
        .keys()
        .filter(|id| !found.standing().contains_key(*id));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_read() {
    let (room, _) = three();
    room.write("token", "of some length\n").write("empty", "");
    let to = "http://127.0.0.1:9/";
    for (options, said) in [
        (
            &["--output", "s3://bucket/x"][..],
            "none of http, https, hec+http, hec+https, bulk+http, bulk+https, tcp, forward, unix and kafka",
        ),
        (
            &["--output", to, "--format", "table"],
            "--format table is for people",
        ),
        (
            &["--output", to, "--format", "bulk"],
            "--format bulk is for files and pipes",
        ),
        (&["--output", "bulk+http://127.0.0.1:9/"], "names no index"),
        (
            &[
                "--output",
                "hec+http://192.0.2.1",
                "--output-token-file",
                "token",
            ],
            "use https",
        ),
        (
            &[
                "--output",
                "http://192.0.2.1/",
                "--output-token-file",
                "token",
            ],
            "use https",
        ),
        (
            &["--output", "tcp://host:1", "--output-token-file", "token"],
            "sent over HTTP",
        ),
        (
            &["--output", "file", "--queue", "queue"],
            "--queue is for alerts that are sent",
        ),
        (
            &["--output", to, "--output-token-file", "empty"],
            "no token",
        ),
        (
            &["--output", "https://localhost/", "--output-ca", "token"],
            "no certificate in it",
        ),
        (&["--output", to, "--output-ca", "token"], "is not https"),
    ] {
        room.weir(&[&["run", "in"], options].concat())
            .ends(3)
            .says(said);
    }
    room.write("queue/in", "");
    let inside = room.weir(&["run", "queue/in", "--output", to, "--queue", "queue"]);
    inside.ends(3).says("is in the folder of the queue");
}
