//! A state or a queue that another component left is not gone on with by mistake.

use std::fs;

use crate::support::{Answer, Room, burst, lines};

/// The shipped detection under another digest, as in a new release of the component.
fn release() -> Vec<u8> {
    let mut bytes = weir_shipped::COMPONENT.to_vec();
    // An empty custom section called x.
    bytes.extend([0, 2, 1, b'x']);
    bytes
}

fn room() -> Room {
    let room = Room::new();
    room.write("new.wasm", release())
        .write("in/a.ndjson", lines(&burst()[..20]));
    room
}

/// Digests of the component inside and of the new one.
fn digests(room: &Room) -> [String; 2] {
    [
        &["inspect", "--json"][..],
        &["inspect", "--json", "new.wasm"],
    ]
    .map(|command| {
        let json = room.weir(command).out;
        let said: serde_json::Value = serde_json::from_str(&json).unwrap();
        said["sha256"].as_str().unwrap().to_owned()
    })
}

fn run(room: &Room, more: &[&str]) -> Answer {
    let run = ["run", "--checkpoint", "state", "--output", "alerts", "in"];
    room.logged(&[&run[..], more].concat())
}

const NEW: [&str; 2] = ["--component", "new.wasm"];
const ACCEPT: &str = "--accept-component";

#[test]
fn a_state_names_its_component_and_refuses_another_until_it_is_accepted() {
    let room = room();
    run(&room, &[]).ends(0);
    room.write("in/b.ndjson", lines(&burst()[20..]));
    let [old, new] = digests(&room);
    let refused = run(&room, &NEW);
    refused
        .ends(2)
        .tells_with("component-changed", "state/checkpoint-")
        .tells_with("component-changed", &format!("sha256 {old}"))
        .tells_with("component-changed", &new)
        .tells_with("component-changed", ACCEPT);
    // Taken over, it is the new one's; the old one is another then.
    run(&room, &[&NEW[..], &[ACCEPT]].concat()).ends(0);
    run(&room, &NEW).ends(0);
    run(&room, &[])
        .ends(2)
        .tells_with("component-changed", &format!("{old} (the one inside"));
    // What a run of one component over all of it finds.
    let whole = room.weir(&["run", "--final", "in"]);
    let last = room.read("alerts");
    let last: serde_json::Value = serde_json::from_str(last.lines().last().unwrap()).unwrap();
    assert_eq!(
        last["Esql.total_calls"],
        whole.alerts()[0]["Esql.total_calls"]
    );
}

#[test]
fn an_accepted_component_must_count_as_the_rule_of_the_state_does() {
    let room = room();
    run(&room, &[]).ends(0);
    let more = [&NEW[..], &[ACCEPT, "--set", "window_seconds=30"]].concat();
    run(&room, &more)
        .ends(3)
        .tells_with("configuration-refused", "window_seconds was ");
    // Refused, nothing has changed.
    run(&room, &[]).ends(0);
    room.write("zoo.wasm", crate::support::zoo::animal("honest"));
    run(&room, &["--component", "zoo.wasm"]).ends(2);
    run(&room, &["--component", "zoo.wasm", ACCEPT]).ends(3);
    run(&room, &[]).ends(0);
}

/// The header of a checkpoint of an earlier weir says nothing of the component.
#[test]
fn a_state_of_an_earlier_weir_is_taken() {
    let room = room();
    run(&room, &[]).ends(0);
    let mut newest: Vec<_> = fs::read_dir(room.path("state"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(".weir"))
        .collect();
    newest.sort();
    for path in &newest {
        forget_component(path);
    }
    run(&room, &NEW).ends(0);
    run(&room, &[]).ends(2);
}

/// Takes the component out of a checkpoint: magic, version, two sections and a digest.
fn forget_component(path: &std::path::Path) {
    use sha2::{Digest, Sha256};
    let bytes = fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[10..18].try_into().unwrap()) as usize;
    let mut header: serde_json::Value = serde_json::from_slice(&bytes[18..18 + length]).unwrap();
    assert!(header["component"].is_string(), "{header}");
    header.as_object_mut().unwrap().remove("component");
    let header = header.to_string();
    let mut old = bytes[..10].to_vec();
    old.extend((header.len() as u64).to_le_bytes());
    old.extend(header.as_bytes());
    old.extend(&bytes[18 + length..bytes.len() - 32]);
    let digest = Sha256::digest(&old);
    old.extend(digest);
    fs::write(path, old).unwrap();
}

#[test]
fn a_queue_names_its_components_and_refuses_another_until_it_is_accepted() {
    let room = room();
    let run = |more: &[&str]| {
        // Nobody listens: what is found waits in the queue.
        let run = [
            "run",
            "--output",
            "http://127.0.0.1:9/alerts",
            "--drain-seconds",
            "0",
            "--queue",
            "queue",
            "in",
        ];
        room.logged(&[&run[..], more].concat())
    };
    let [old, new] = digests(&room);
    run(&[]).ends(0);
    assert_eq!(room.read("queue/components"), format!("{old}\n"));
    run(&NEW)
        .ends(2)
        .tells_with("component-changed", "queue queue")
        .tells_with("component-changed", &format!("sha256 {old}"))
        .tells_with("component-changed", &new);
    run(&[&NEW[..], &[ACCEPT]].concat()).ends(0);
    run(&NEW).ends(0);
    run(&[]).ends(2);
    // A queue of an earlier weir.
    fs::remove_file(room.path("queue/components")).unwrap();
    run(&[]).ends(0);
    run(&NEW).ends(2);
}

#[test]
fn a_server_goes_by_the_component_of_its_state() {
    let room = room();
    run(&room, &[]).ends(0);
    let serve = ["serve", "--listen", "unix:in.sock", "--checkpoint", "state"];
    room.logged(&[&serve[..], &NEW].concat())
        .ends(2)
        .tells_with("component-changed", ACCEPT);
    assert!(room.weir(&["serve", "--help"]).out.contains(ACCEPT));
}
