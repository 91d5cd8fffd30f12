//! Follower that is driven by hand: files are written, time is let pass, and what was read is
//! looked at.

mod copied;
mod grown;
mod last_line;
mod replaced;
mod rotated;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};
use tempfile::TempDir;
use weir_common::clock::ManualClock;

use super::*;
use crate::frame::Sizes;
use crate::progress::Progress;

/// Longer than a file is taken to be still written to.
const SETTLED: Duration = Duration::from_millis(1500);
/// Number of the events in most tests.
const EVENTS: usize = 16;

/// Folder whose files are followed by a clock that the test moves on.
struct Room {
    folder: TempDir,
    clock: ManualClock,
    following: Option<(Follower, Receiver<Part>)>,
    /// The sources as a checkpoint would hold them.
    known: BTreeMap<usize, KnownFile>,
    /// Documents that were read, one a line.
    text: String,
    messages: Vec<Message>,
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        let clock = ManualClock::default();
        clock.advance(Duration::from_secs(86_400));
        Self {
            folder,
            clock,
            following: None,
            known: BTreeMap::new(),
            text: String::new(),
            messages: Vec::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file anew, in its place.
    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), "").unwrap();
        self.append(name, bytes);
    }

    /// Writes behind what a file has, at the clock's time; makes it where there is none.
    fn append(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let mut options = File::options();
        let file = options.append(true).create(true).open(self.path(name));
        let mut file = file.unwrap();
        file.write_all(bytes.as_ref()).unwrap();
        let now = UNIX_EPOCH + self.clock.monotonic();
        file.set_modified(now).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// Writes a file as a mirror does: under another name, and renamed.
    fn mirror(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.write("temporary", bytes);
        self.rename("temporary", name);
    }

    /// Begins to follow, from where this was left off before, and looks once.
    fn follow(&mut self, inputs: &[&str]) {
        let known: Vec<KnownFile> = std::mem::take(&mut self.known).into_values().collect();
        self.known = known.iter().cloned().enumerate().collect();
        let (parts, receiver) = sync_channel(1024);
        let sender = PartSender {
            parts,
            stop: Arc::default(),
            sizes: Sizes::DEFAULT,
            progress: Progress::default(),
        };
        let paths = inputs.iter().map(|name| self.path(name));
        let inputs = paths.map(|path| path.display().to_string()).collect();
        let (next, clock) = (known.len(), Rc::new(self.clock.clone()));
        let follower = Follower::new(inputs, known, next, clock, sender);
        self.following = Some((follower, receiver));
        self.poll();
    }

    /// Lets the time to the next look pass, and takes all that is read then.
    fn poll(&mut self) {
        self.clock.advance(POLL);
        let (mut follower, parts) = self.following.take().unwrap();
        let mut any = true;
        while any {
            any = follower.step().unwrap();
            parts.try_iter().for_each(|part| self.take(part));
        }
        self.following = Some((follower, parts));
    }

    fn pass(&mut self, time: Duration) {
        let until = self.clock.monotonic() + time;
        while self.clock.monotonic() < until {
            self.poll();
        }
    }

    fn take(&mut self, part: Part) {
        match part {
            Part::Opened {
                source,
                identity,
                position,
                ..
            } => {
                let known = KnownFile {
                    identity: identity.unwrap(),
                    position,
                    finished: None,
                };
                self.known.insert(source, known);
            }
            Part::Identified { source, identity } => self.source(source).identity = identity,
            Part::Batch(batch) => {
                self.text += std::str::from_utf8(&batch.bytes).unwrap();
                if !self.text.ends_with('\n') {
                    self.text.push('\n');
                }
                self.source(batch.source).position = batch.position;
            }
            Part::Ended {
                source,
                position,
                size,
            } => {
                let known = self.source(source);
                (known.position, known.finished) = (position, size);
            }
            Part::Forget { source } => drop(self.known.remove(&source)),
            Part::Note(message) => self.messages.push(message),
            other => panic!("{other:?}"),
        }
    }

    fn source(&mut self, source: usize) -> &mut KnownFile {
        self.known.get_mut(&source).unwrap()
    }

    /// Numbers of the events that were read, in their order.
    fn events(&self) -> Vec<u64> {
        let mut events = Vec::new();
        for line in self.text.lines().filter(|line| !line.is_empty()) {
            add_events(&serde_json::from_str(line).unwrap(), &mut events);
        }
        events
    }

    /// Each of the first `count` events was read, and once.
    #[track_caller]
    fn has_read(&self, count: usize) {
        let mut events = self.events();
        events.sort_unstable();
        let expected: Vec<u64> = (0..count as u64).collect();
        assert_eq!(events, expected, "{:#?}", self.messages);
    }

    /// So many messages of this code are about the file or folder.
    #[track_caller]
    fn says(&self, code: &str, name: &str, times: usize) {
        let about = format!("{}: ", self.path(name).display());
        let messages = self.messages.iter();
        let found = messages.filter(|one| one.code == code && one.text.starts_with(&about));
        assert_eq!(found.count(), times, "{code}: {:#?}", self.messages);
    }

    /// The newest source that is at a path is read to that byte.
    #[track_caller]
    fn has_reached(&self, name: &str, bytes: usize) {
        let path = self.path(name).display().to_string();
        let mut newest = self.known.values().rev();
        let newest = newest.find(|known| known.identity.path == path).unwrap();
        assert_eq!(newest.position.reached, bytes as u64, "{name}");
    }
}

fn add_events(value: &Value, events: &mut Vec<u64>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| add_events(one, events)),
        Value::Object(fields) => match fields.get("event") {
            Some(number) => events.push(number.as_u64().unwrap()),
            None => fields.values().for_each(|one| add_events(one, events)),
        },
        _ => {}
    }
}

fn event(number: usize, padding: usize) -> Value {
    json!({ "event": number, "padding": "x".repeat(padding) })
}

/// Events of which a text is longer than a fingerprint.
fn events() -> Vec<Value> {
    (0..EVENTS).map(|number| event(number, 300)).collect()
}

/// Events of which a text is longer than two fingerprints.
fn long_events(count: usize) -> Vec<Value> {
    (0..count).map(|number| event(number, 700)).collect()
}

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    gz.finish().unwrap()
}
