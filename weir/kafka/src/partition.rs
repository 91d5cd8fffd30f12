//! Partition of the partial states: the detector that decides for its groups.

use super::warn;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::owner::Owner;
use super::reassembly::{Outline, Reassembly};
use super::record::{self, Mark, Record, Unread};
use super::release::Release;
use super::sender::Sender;
use super::topic_partition::TopicPartition;
use super::watermark::Watermarks;
use weir_common::sealed::{other_version, seal, section, unseal};
use weir_common::time::milliseconds;
use weir_host::contract::{Alert, Counters, MergeError, Phase};
use weir_host::error::Error;
use weir_host::trust::same_component;
use weir_host::{DetectorFactory, Supervisor};
use weir_pipeline::run::unclosed;
use weir_sinks::output::AnswerBuffer;

/// Most time between two checkpoints while there is something new.
const INTERVAL: Duration = Duration::from_secs(10);
/// Alerts wait at least this long for one.
const ALERTS: Duration = Duration::from_secs(1);

/// Partition of the partial states that this worker owns.
pub(super) struct Partition {
    pub(super) number: i32,
    supervisor: Supervisor,
    parts: Reassembly,
    marks: Watermarks,
    owner: Owner,
    /// Offset of the next partial state.
    pub(super) next: i64,
    /// Alerts that no checkpoint has released.
    alerts: AnswerBuffer<Alert>,
    /// Whether all windows are closed, since the events were read to where a run was to end.
    pub(super) finished: bool,
    /// Partial states merged since the first start.
    pub(super) merged: u64,
    /// Revisions released since this start, retractions left out.
    pub(super) released: u64,
    changed: bool,
    /// Time of the last checkpoint.
    pub(super) last: Instant,
    /// Offset from which the newest checkpoint resumes.
    saved: i64,
    /// Offset that is committed for the group.
    committed: i64,
}

/// The host's part of a checkpoint.
#[derive(Serialize, Deserialize)]
struct Header {
    /// Time of the checkpoint in milliseconds since 1970, for people.
    made: i64,
    /// SHA-256 of the component whose state it is; none of one that an earlier weir made.
    #[serde(default)]
    component: Option<String>,
    next: i64,
    marks: Vec<Mark>,
    parts: Outline,
    alerts: Vec<Alert>,
    merged: u64,
}

/// Settings that a partition is opened with.
pub(super) struct Opened<'a> {
    pub(super) factory: &'a DetectorFactory,
    /// Partitions of the events.
    pub(super) events: usize,
    pub(super) idle: Option<Duration>,
    /// Whether a checkpoint of another component is gone on from.
    pub(super) accepted: bool,
}

impl Partition {
    /// Claims the partition and goes on from its newest whole checkpoint, whose alerts are
    /// released (again).
    pub(super) fn open(
        opened: &Opened<'_>,
        log: &TopicPartition<'_>,
        sender: &mut Sender,
        release: &mut Release,
    ) -> Result<Self, Error> {
        let (owner, found) = Owner::claim(log, sender)?;
        let now = Instant::now();
        let mut partition = Self {
            number: log.partition,
            supervisor: Supervisor::new(opened.factory.clone())?,
            parts: Reassembly::default(),
            marks: Watermarks::new(opened.events, opened.idle, now),
            owner,
            next: 0,
            alerts: AnswerBuffer::new(opened.factory.limits().held_bytes()),
            finished: false,
            merged: 0,
            released: 0,
            changed: false,
            last: now,
            saved: 0,
            committed: 0,
        };
        let name = format!("{}/{}", log.topic, log.partition);
        let none = found.is_empty();
        for checkpoint in found {
            // A checkpoint of another version may be whole all the same, and newer than the others.
            if let Some(version) = other_version(&checkpoint.bytes) {
                return Err(Error::config(format!(
                    "{name}: its checkpoint is of format {version}, and this weir reads another; \
                     use the weir that made it, or name another group"
                )));
            }
            match read(&checkpoint.bytes) {
                Ok((header, state, parts)) => {
                    if let Some(found) = &header.component {
                        let own = partition.supervisor.component().to_owned();
                        let place = format!("the checkpoint in {name}");
                        let found = std::slice::from_ref(found);
                        same_component(&place, found, &[own], opened.accepted)?;
                    }
                    match partition.supervisor.restore(state) {
                        Ok(()) => {}
                        Err(Error::Config(_)) if header.merged == 0 => {
                            let text = format!(
                                "{name}: no state was merged into its checkpoint, which was made \
                                 under another configuration; begun anew"
                            );
                            warn("checkpoint-empty", text);
                            return Ok(partition);
                        }
                        Err(Error::Config(why)) => {
                            return Err(Error::config(format!(
                                "the checkpoint in {name}: {}; use the configuration that it was \
                                 made under, or another group",
                                why.join("; ")
                            )));
                        }
                        Err(other) => return Err(other),
                    }
                    partition.parts = parts;
                    partition.next = header.next;
                    partition.saved = header.next;
                    partition.merged = header.merged;
                    partition.marks.restore(header.marks, now);
                    release.release(header.alerts, sender)?;
                    return Ok(partition);
                }
                Err(why) => {
                    let text = format!("{name}: a checkpoint is damaged ({why})");
                    warn("checkpoint-damaged", text);
                }
            }
        }
        if none {
            return Ok(partition);
        }
        Err(Error::config(format!(
            "{name}: no checkpoint is whole; to begin anew, name another group"
        )))
    }

    /// Takes a record. What is wrong with it, if it is none of Weir's.
    pub(super) fn take(&mut self, offset: i64, value: Option<&[u8]>) -> Result<(), Trouble> {
        self.next = offset + 1;
        self.changed = true;
        let record = value.map_or_else(|| Err("has no value".into()), record::read);
        let record = record.map_err(|why| self.unread(offset, why))?;
        match record {
            Record::Marks(marks) => {
                self.marks.hear(marks, Instant::now());
                self.settle()
            }
            // Its alerts are taken at the next marks, together with many others.
            Record::Part(part) => match self.parts.take(part) {
                Some(state) => self.merge(state),
                None => Ok(()),
            },
        }
    }

    /// Closes what is complete, and takes the alerts.
    pub(super) fn settle(&mut self) -> Result<(), Trouble> {
        if let Some(to) = self.marks.rise(Instant::now()) {
            self.supervisor.advance(Some(to), None)?;
            self.changed = true;
        }
        match self.marks.ended() {
            true if !self.finished => {
                let before = self.supervisor.counters()?;
                self.supervisor.flush()?;
                let rules = self.supervisor.rules();
                let after = self.supervisor.counters()?;
                if let Some(text) = unclosed(&rules, &before, &after, false) {
                    warn("windows-open", text);
                }
                (self.finished, self.changed) = (true, true);
            }
            true => {}
            false => self.finished = false,
        }
        loop {
            let alerts = self.supervisor.take_alerts()?;
            if alerts.is_empty() {
                return Ok(());
            }
            self.alerts.add(alerts)?;
        }
    }

    fn unread(&self, offset: i64, why: Unread) -> Trouble {
        match why {
            Unread::Wrong(why) => Trouble::Rejected(why),
            // Of a newer worker, while the group is being upgraded: its states are to be kept.
            Unread::Version(version) => Trouble::Failed(Error::config(format!(
                "partial states, partition {}, offset {offset}: of format {version}, and this weir \
                 reads {}; run the newer weir here, too",
                self.number,
                record::VERSION
            ))),
        }
    }

    fn merge(&mut self, state: Vec<u8>) -> Result<(), Trouble> {
        self.merged += 1;
        match self.supervisor.take_in(state)? {
            Ok(()) => Ok(()),
            Err(MergeError::Damaged(why)) => Err(Trouble::Rejected(format!("is damaged: {why}"))),
            Err(MergeError::OtherRule(which)) => Err(other(&format!("of another rule: {which}"))),
            Err(MergeError::OtherConfiguration(keys)) => {
                Err(other(&format!("made under another configuration: {keys}")))
            }
            Err(MergeError::OtherSeed) => Err(other("made under another hash seed")),
        }
    }

    /// Whether it is time for a checkpoint.
    pub(super) fn is_due(&self) -> bool {
        let since = self.last.elapsed();
        // Others who read to the end wait to see that this one has.
        let waited = !self.alerts.is_empty() || self.finished && self.changed;
        since >= INTERVAL && self.changed || since >= ALERTS && waited
    }

    /// Offset to commit for the group, where it is newer than the committed one.
    pub(super) fn uncommitted(&self) -> Option<i64> {
        (self.saved > self.committed).then_some(self.saved)
    }

    /// The group knows of it now.
    pub(super) fn commit(&mut self) {
        self.committed = self.saved;
    }

    /// Makes a checkpoint and releases the alerts in it. No, when another owns the partition by
    /// now, and nothing was released.
    pub(super) fn save(
        &mut self,
        log: &TopicPartition<'_>,
        sender: &mut Sender,
        release: &mut Release,
    ) -> Result<bool, Error> {
        let (outline, rest) = self.parts.outline();
        let header = Header {
            made: wall(),
            component: Some(self.supervisor.component().to_owned()),
            next: self.next,
            marks: self.marks.all(),
            parts: outline,
            alerts: self.alerts.take(),
            merged: self.merged,
        };
        let words = serde_json::to_vec(&header)
            .map_err(|error| Error::Broken(format!("cannot write a checkpoint: {error}")))?;
        let bytes = seal(&[&words, &self.supervisor.snapshot()?, &rest]);
        if !self.owner.write(log, sender, &bytes)? {
            return Ok(false);
        }
        // Looked at again: who was stopped for long meanwhile is to overwrite no newer revision.
        if !header.alerts.is_empty() && !self.owner.stands(log, sender)? {
            return Ok(false);
        }
        let standing = header.alerts.iter();
        let standing = standing.filter(|alert| alert.phase != Phase::Retracted);
        self.released += standing.count() as u64;
        release.release(header.alerts, sender)?;
        self.changed = false;
        self.saved = header.next;
        self.last = Instant::now();
        Ok(true)
    }

    /// The last checkpoint before it is given away, if there is anything new. What it releases
    /// is not released again by the next owner.
    pub(super) fn save_last(
        &mut self,
        log: &TopicPartition<'_>,
        sender: &mut Sender,
        release: &mut Release,
    ) -> Result<bool, Error> {
        let alerts = !self.alerts.is_empty();
        if !alerts && !self.changed {
            return Ok(true);
        }
        Ok(self.save(log, sender, release)? && (!alerts || self.save(log, sender, release)?))
    }

    /// Totals.
    pub(super) fn counters(&mut self) -> Result<Counters, Error> {
        self.supervisor.counters()
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        self.supervisor.memory_bytes()
    }
}

/// Reason for a record that was not taken.
pub(super) enum Trouble {
    /// It is none of Weir's; the next may be.
    Rejected(String),
    /// Going on would lose events.
    Failed(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn other(words: &str) -> Trouble {
    Trouble::Failed(Error::config(format!(
        "a partial state was {words}; all workers of a group must run the same detector under the \
         same parameters (name another group for others)"
    )))
}

fn read(bytes: &[u8]) -> Result<(Header, &[u8], Reassembly), String> {
    let mut rest = unseal(bytes)?;
    let header = section(&mut rest)?;
    let state = section(&mut rest)?;
    let begun = section(&mut rest)?;
    let header: Header =
        serde_json::from_slice(header).map_err(|error| format!("the host's part: {error}"))?;
    let parts = Reassembly::restore(&header.parts, begun).ok_or("states in parts are cut short")?;
    Ok((header, state, parts))
}

/// The wall-clock time in milliseconds since 1970.
pub(super) fn wall() -> i64 {
    milliseconds(SystemTime::now())
}
