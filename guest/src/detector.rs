//! The detector as the contract has it: bytes in, alerts out.

use crate::asn::{self, AsnTable};
use crate::batch::{self, Place, Taken};
use crate::config::Config;
use crate::event::{self, Mapping};
use crate::fields::Tree;
use crate::hash::Seed;
use crate::model::{
    Alert, Counters, MergeError, Outcome, Problem, Refusal, RefusalKind, TableError, Verdict,
};
use crate::snapshot;
use crate::stream::{Fate, Stream};
use crate::totals::add_missed;

/// One stream's worth of state. See `wit/detection.wit` for each method's contract.
pub struct Detector {
    stream: Stream,
    tree: Tree,
    asn: Option<AsnTable>,
}

impl Detector {
    /// Opens a detector on a JSON object of parameters; `{}` is the rule as published.
    ///
    /// # Errors
    /// Every problem of the configuration, each naming its key.
    pub fn open(configuration: &str, seed: (u64, u64)) -> Result<Detector, Vec<Problem>> {
        let config = Config::parse(configuration)?;
        Ok(Detector {
            stream: Stream::new(config, Seed(seed.0, seed.1)),
            tree: Tree::new(),
            asn: None,
        })
    }

    /// Hands over a look-up table; the rule has one, `asn`.
    ///
    /// # Errors
    /// When there is no table of that name, or the bytes are not in its format.
    pub fn load_table(&mut self, name: &str, data: &[u8]) -> Result<(), TableError> {
        if name != asn::TABLE.name {
            return Err(TableError::Unknown(vec![asn::TABLE.name.to_owned()]));
        }
        self.asn = Some(AsnTable::new(data.to_vec())?);
        Ok(())
    }

    /// Takes documents: JSON values, one a line.
    pub fn push(&mut self, batch: &[u8]) -> Outcome {
        let mut outcome = Outcome::default();
        let (stream, asn) = (&mut self.stream, self.asn.as_ref());
        batch::read(batch, &self.tree, |place, taken| {
            take(stream, asn, &mut outcome, &place, taken);
        });
        outcome
    }

    /// Takes documents as text.
    pub fn push_text(&mut self, batch: &str) -> Outcome {
        self.push(batch.as_bytes())
    }

    /// Tells the wall-clock time in milliseconds since 1970.
    pub fn clock(&mut self, now: i64) {
        self.stream.clock(now);
    }

    /// Raises the watermark, in milliseconds since 1970.
    pub fn advance(&mut self, to: i64) {
        self.stream.advance(to);
    }

    /// Closes every window.
    pub fn flush(&mut self) {
        self.stream.flush();
    }

    /// Takes up to `max` revisions, oldest first.
    pub fn take_alerts(&mut self, max: u32) -> Vec<Alert> {
        self.stream.take_alerts(max as usize)
    }

    /// Takes up to `max` entries of the ledger, oldest first.
    pub fn take_verdicts(&mut self, max: u32) -> Vec<Verdict> {
        self.stream.take_verdicts(max as usize)
    }

    /// Totals since `open`.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.stream.counters()
    }

    /// The whole state as bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        snapshot::encode(&self.stream)
    }

    /// Gives the whole state away as bytes, and goes on as if just opened, with the tables
    /// and with what it was told.
    pub fn take_state(&mut self) -> Vec<u8> {
        snapshot::encode(&self.stream.take_all())
    }

    /// Takes in a state as if its documents had been pushed here.
    ///
    /// # Errors
    /// When the state is damaged, or of another rule, configuration or seed; nothing
    /// has changed then.
    pub fn merge(&mut self, state: &[u8]) -> Result<(), MergeError> {
        let other = snapshot::decode(state, &self.stream.config)?;
        if other.seed != self.stream.seed {
            if self.stream.is_empty() {
                self.stream.seed = other.seed;
            } else if !other.is_empty() {
                return Err(MergeError::OtherSeed);
            }
        }
        self.stream.merge(other);
        Ok(())
    }
}

/// Counts one document, and takes its event into the stream.
fn take(
    stream: &mut Stream,
    asn: Option<&AsnTable>,
    outcome: &mut Outcome,
    place: &Place,
    taken: Taken,
) {
    let mapped = match taken {
        Taken::Malformed(reason) => Err(reason),
        Taken::Other => Ok(None),
        Taken::Record(record) => {
            let with = Mapping {
                elastic_uri_nulls: stream.config.elastic_uri_nulls,
                seed: stream.seed,
                asn,
            };
            event::map(record, &with)
        }
    };
    let mut refuse = |kind, reason| outcome.refused.push(refusal(place, kind, reason));
    match mapped {
        Err(reason) => {
            stream.totals.malformed += 1;
            outcome.malformed += 1;
            refuse(RefusalKind::Malformed, reason);
        }
        Ok(None) => {
            stream.totals.other_data_set += 1;
            outcome.other_data_set += 1;
        }
        Ok(Some(event)) => {
            add_missed(
                &mut stream.totals.tables_missed,
                asn::TABLE.name,
                event.missed,
            );
            if stream.config.exceptions.iter().any(|e| e.covers(&event)) {
                stream.totals.excluded += 1;
                outcome.excluded += 1;
                return;
            }
            match stream.take(&event) {
                Fate::Counted => outcome.counted += 1,
                Fate::Duplicate => outcome.duplicate += 1,
                Fate::DroppedLate => {
                    outcome.dropped_late += 1;
                    let reason = "later than the allowed lateness (allowed_lateness_seconds), or than windows are kept inside the budget (max_state_mib)";
                    refuse(RefusalKind::DroppedLate, reason.to_owned());
                }
                Fate::RefusedFuture => {
                    outcome.refused_future += 1;
                    let reason = "too far in the future of the host's clock (max_future_seconds), or ahead of all before it (max_jump_seconds)";
                    refuse(RefusalKind::RefusedFuture, reason.to_owned());
                }
            }
        }
    }
}

/// A batch is far below 4 GiB: the contract's lists are at most that long.
fn refusal(place: &Place, kind: RefusalKind, reason: String) -> Refusal {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Refusal {
        line: place.line,
        offset: number(place.span.start),
        length: number(place.span.len()),
        kind,
        reason,
    }
}
