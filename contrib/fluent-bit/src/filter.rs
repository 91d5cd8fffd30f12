//! A filter: records and ticks in, an answer for each out.

use crate::alert_queue::AlertQueue;
use crate::host::clock::Clock;
use crate::host::ecs::EcsRenderer;
use crate::host::live::Live;
use crate::settings::{Events, Settings};
use crate::status::Status;
use crate::{key, msgpack};
use high_4xx::Detector;
use std::borrow::Cow;
use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

/// The format of records and answers (`event_format`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As JSON text.
    Json,
    /// As msgpack. There an answer ends at its first zero byte, so events are never returned.
    Msgpack,
}

/// A record's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// Seconds since 1970.
    pub seconds: u32,
    /// Nanoseconds within the second.
    pub nanoseconds: u32,
}

impl Time {
    fn milliseconds(self) -> i64 {
        i64::from(self.seconds) * 1000 + i64::from(self.nanoseconds / 1_000_000)
    }
}

/// The answer to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The record passes unchanged.
    Keep,
    /// The record is dropped.
    Drop,
    /// This text replaces the record; no byte of it is zero.
    Text(Vec<u8>),
}

/// The time of the last tick.
#[derive(Default)]
struct Ticks {
    wall: Cell<i64>,
    /// The sum of the ticks' forward steps, since the wall clock may be set back.
    monotonic: Cell<Duration>,
}

impl Ticks {
    fn set(&self, now: i64) {
        let before = self.wall.replace(now);
        if before != 0 && now > before {
            let passed = Duration::from_millis(now.abs_diff(before));
            self.monotonic.set(self.monotonic.get() + passed);
        }
    }
}

struct TickClock(Rc<Ticks>);

impl Clock for TickClock {
    fn wall(&self) -> i64 {
        self.0.wall.get()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic.get()
    }
}

/// A filter of Fluent Bit with a detector.
pub struct Filter {
    detector: Detector,
    renderer: EcsRenderer,
    settings: Settings,
    asn: &'static [u8],
    seed: (u64, u64),
    ticks: Rc<Ticks>,
    live: Live,
    waiting: AlertQueue,
    status: Status,
    /// The settings of the first tick, as raw JSON.
    first_settings: Option<String>,
}

impl Filter {
    /// A filter with settings in JSON, and an ASN database unless that is empty. Problems of either
    /// are in the status of each tick.
    #[must_use]
    pub fn new(settings: &str, asn: &'static [u8], seed: (u64, u64)) -> Filter {
        let mut status = Status::default();
        let settings = Settings::parse(settings).unwrap_or_else(|problems| {
            status.add_permanent(problems);
            Settings::default()
        });
        let ticks = Rc::new(Ticks::default());
        let rule = high_4xx::describe();
        Filter {
            detector: open(&settings, asn, seed, &mut status),
            renderer: EcsRenderer::new(&rule),
            live: live(&ticks, &settings),
            settings,
            asn,
            seed,
            ticks,
            waiting: AlertQueue::default(),
            status,
            first_settings: None,
        }
    }

    /// Reports in every status that the filter trapped in a call, and lost its state.
    pub fn restarted(&mut self, times: u32) {
        let text = format!(
            "the detector failed within a call and was started anew, {times} times: its windows were lost"
        );
        self.status.add_permanent(vec![text]);
    }

    /// Counts a record that could not be copied.
    pub fn lost(&mut self, length: usize) {
        self.status.lost(length);
    }

    /// Processes a record that is no tick.
    pub fn event(&mut self, format: Format, record: &[u8]) -> Answer {
        match document(format, record, self.settings.record_key.as_deref()) {
            Ok(document) => {
                let outcome = self.detector.push(&one_line(document));
                if outcome.counted > 0 {
                    self.live.counted();
                }
                self.status.pushed(&outcome);
                for refused in outcome.refused {
                    self.status.refused(refused.kind, &refused.reason);
                }
                self.collect();
            }
            Err(why) => self.status.unreadable(why),
        }
        match (format, self.settings.events) {
            (Format::Json, None | Some(Events::Pass)) => Answer::Keep,
            _ => Answer::Drop,
        }
    }

    /// Processes a tick: settings if it is the first, and the time; returns the alerts.
    pub fn tick(&mut self, format: Format, time: Time, record: &[u8]) -> Answer {
        self.configure(format, record);
        let now = time.milliseconds();
        self.ticks.set(now);
        if let Some(now) = self.live.wall() {
            self.detector.advance(None, Some(now));
        }
        let detector = &self.detector;
        let to = self
            .live
            .advance(|| Ok::<_, Infallible>(detector.counters().watermark));
        if let Ok(Some(to)) = to {
            self.detector.advance(Some(to), None);
        }
        self.collect();
        let alerts = self.waiting.take();
        let counters = self.detector.counters();
        let every = self.settings.status_seconds;
        let status = self.status.document(now, every, &counters, &self.waiting);
        if alerts.is_empty() && status.is_none() {
            return Answer::Drop;
        }
        let mut text = format!("{{\"alerts\":[{}]", alerts.join(","));
        if let Some(status) = status {
            text.push_str(",\"status\":");
            text.push_str(&status);
        }
        text.push('}');
        Answer::Text(match format {
            Format::Json => text.into_bytes(),
            Format::Msgpack => msgpack::answer(&text),
        })
    }

    /// Applies the settings of the first tick. Later ones would break open windows.
    fn configure(&mut self, format: Format, record: &[u8]) {
        let given = match document(format, record, None) {
            Ok(json) => key::raw(&json, "weir"),
            Err(why) => return self.status.unreadable(why),
        };
        let first = self.first_settings.is_none();
        let before = self
            .first_settings
            .get_or_insert_with(|| given.clone().unwrap_or_default());
        if !first {
            if given.is_some_and(|given| given != *before) {
                self.status.add_permanent(vec![
                    "a tick has other settings than the first: they are taken at the start only"
                        .to_owned(),
                ]);
            }
            return;
        }
        let Some(given) = given else { return };
        match Settings::parse(&given) {
            Ok(settings) => self.adopt(settings, format),
            Err(problems) => self.status.add_permanent(problems),
        }
    }

    fn adopt(&mut self, settings: Settings, format: Format) {
        if format == Format::Msgpack && settings.events == Some(Events::Pass) {
            let text = "events: a msgpack answer cannot hold a zero byte, so events are dropped; use event_format json";
            self.status.add_permanent(vec![text.to_owned()]);
        }
        if settings.parameters != self.settings.parameters {
            let counted = self.status.counted();
            if counted > 0 {
                self.status.add_permanent(vec![format!(
                    "{counted} events came before the first tick and were judged by the parameters built in: let the tick come first (flush_on_startup)"
                )]);
                self.detector.flush();
                self.collect();
            }
            self.status.begin();
            self.detector = open(&settings, self.asn, self.seed, &mut self.status);
        }
        self.live = live(&self.ticks, &settings);
        self.settings = settings;
    }

    /// Moves the detector's alerts to the queue.
    fn collect(&mut self) {
        loop {
            // One at a time, so that a flood is not held twice.
            let alerts = self.detector.take_alerts(1);
            let Some(alert) = alerts.first() else { return };
            self.waiting.add(self.renderer.line(alert));
        }
    }
}

fn live(ticks: &Rc<Ticks>, settings: &Settings) -> Live {
    let idle = settings.idle_timeout_seconds;
    let idle = (idle > 0).then(|| Duration::from_secs(idle));
    Live::new(Box::new(TickClock(Rc::clone(ticks))), idle)
}

/// Opens a detector; errors become permanent problems.
fn open(settings: &Settings, asn: &[u8], seed: (u64, u64), status: &mut Status) -> Detector {
    let mut detector = settings.open(seed);
    if !asn.is_empty()
        && let Err(error) = detector.load_table("asn", asn)
    {
        status.add_permanent(vec![format!("the ASN database built in: {error:?}")]);
    }
    detector
}

/// The document of a record: all of it, or the text under a key.
fn document<'r>(
    format: Format,
    record: &'r [u8],
    key: Option<&str>,
) -> Result<Cow<'r, [u8]>, &'static str> {
    match (format, key) {
        (Format::Json, None) => Ok(Cow::Borrowed(record)),
        (Format::Json, Some(key)) => Ok(key::text(record, key)),
        (Format::Msgpack, key) => {
            if let Some(key) = key
                && let Some(text) = msgpack::text(record, key)?
            {
                return Ok(Cow::Borrowed(text));
            }
            Ok(Cow::Owned(msgpack::json(record)?))
        }
    }
}

/// Joins lines: a record is one document even if it is pretty-printed, while the detector takes a
/// document a line. A line end inside JSON is white space.
fn one_line(document: Cow<[u8]>) -> Cow<[u8]> {
    if memchr::memchr(b'\n', &document).is_none() {
        return document;
    }
    let blank = |byte: &u8| if *byte == b'\n' { b' ' } else { *byte };
    Cow::Owned(document.iter().map(blank).collect())
}
