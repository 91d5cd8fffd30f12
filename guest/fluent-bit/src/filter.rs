//! One filter: records and ticks in, what becomes of each record out.

use crate::host::ecs::EcsRenderer;
use crate::host::live::{Clock, Live};
use crate::settings::{Events, Settings};
use crate::status::Status;
use crate::waiting::Waiting;
use crate::{key, msgpack};
use high_4xx::Detector;
use std::borrow::Cow;
use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

/// How Fluent Bit hands records over and wants them back (`event_format`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As JSON text.
    Json,
    /// As msgpack. An answer ends at its first zero byte there, so events never come back.
    Msgpack,
}

/// A record's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// Since 1970.
    pub seconds: u32,
    /// Within the second.
    pub nanoseconds: u32,
}

impl Time {
    fn milliseconds(self) -> i64 {
        i64::from(self.seconds) * 1000 + i64::from(self.nanoseconds / 1_000_000)
    }
}

/// What becomes of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It goes on as it came.
    Keep,
    /// It ends here.
    Drop,
    /// This goes on in its place; no byte of it is zero.
    Text(Vec<u8>),
}

/// The ticks' time, as the host's clock has it.
#[derive(Default)]
struct Ticks {
    wall: Cell<i64>,
    /// Only what the ticks' time went forward: it may be set back.
    monotonic: Cell<Duration>,
}

impl Ticks {
    fn tell(&self, now: i64) {
        let before = self.wall.replace(now);
        if before != 0 && now > before {
            let passed = Duration::from_millis(now.abs_diff(before));
            self.monotonic.set(self.monotonic.get() + passed);
        }
    }
}

struct ByTicks(Rc<Ticks>);

impl Clock for ByTicks {
    fn wall(&self) -> i64 {
        self.0.wall.get()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic.get()
    }
}

/// A detector between Fluent Bit's records.
pub struct Filter {
    detector: Detector,
    renderer: EcsRenderer,
    settings: Settings,
    asn: &'static [u8],
    seed: (u64, u64),
    ticks: Rc<Ticks>,
    live: Live,
    waiting: Waiting,
    status: Status,
    /// The settings of the first tick, as they were written.
    told: Option<String>,
}

impl Filter {
    /// A filter by settings in JSON, with an ASN database unless that is empty. What is wrong
    /// with either is in the status of each tick.
    #[must_use]
    pub fn new(settings: &str, asn: &'static [u8], seed: (u64, u64)) -> Filter {
        let mut status = Status::default();
        let settings = Settings::parse(settings).unwrap_or_else(|problems| {
            status.stand(problems);
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
            waiting: Waiting::default(),
            status,
            told: None,
        }
    }

    /// Says in every status that the one before ended within a call, and its state with it.
    pub fn restarted(&mut self, times: u32) {
        let text = format!(
            "the detector failed within a call and was started anew, {times} times: its windows were lost"
        );
        self.status.stand(vec![text]);
    }

    /// Counts a record that could not be handed over.
    pub fn lost(&mut self, length: usize) {
        self.status.lost(length);
    }

    /// Takes a record that is no tick.
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

    /// Takes a tick: settings if it is the first, time, and gives the alerts.
    pub fn tick(&mut self, format: Format, time: Time, record: &[u8]) -> Answer {
        self.configure(format, record);
        let now = time.milliseconds();
        self.ticks.tell(now);
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

    /// Takes the settings of the first tick. Later ones would tear windows apart.
    fn configure(&mut self, format: Format, record: &[u8]) {
        let given = match document(format, record, None) {
            Ok(json) => key::raw(&json, "weir"),
            Err(why) => return self.status.unreadable(why),
        };
        let first = self.told.is_none();
        let before = self
            .told
            .get_or_insert_with(|| given.clone().unwrap_or_default());
        if !first {
            if given.is_some_and(|given| given != *before) {
                self.status.stand(vec![
                    "a tick has other settings than the first: they are taken at the start only"
                        .to_owned(),
                ]);
            }
            return;
        }
        let Some(given) = given else { return };
        match Settings::parse(&given) {
            Ok(settings) => self.adopt(settings, format),
            Err(problems) => self.status.stand(problems),
        }
    }

    fn adopt(&mut self, settings: Settings, format: Format) {
        if format == Format::Msgpack && settings.events == Some(Events::Pass) {
            let text = "events: a msgpack answer cannot hold a zero byte, so events are dropped; use event_format json";
            self.status.stand(vec![text.to_owned()]);
        }
        if settings.parameters != self.settings.parameters {
            let counted = self.status.counted();
            if counted > 0 {
                self.status.stand(vec![format!(
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

    /// Moves the alerts that are ready to those that wait for a tick.
    fn collect(&mut self) {
        loop {
            // One at a time: a flood of them is not there twice.
            let alerts = self.detector.take_alerts(1);
            let Some(alert) = alerts.first() else { return };
            self.waiting.add(self.renderer.line(alert));
        }
    }
}

fn live(ticks: &Rc<Ticks>, settings: &Settings) -> Live {
    let idle = settings.idle_timeout_seconds;
    let idle = (idle > 0).then(|| Duration::from_secs(idle));
    Live::new(Box::new(ByTicks(Rc::clone(ticks))), idle)
}

/// Opens a detector; what stands in its way is a standing problem.
fn open(settings: &Settings, asn: &[u8], seed: (u64, u64), status: &mut Status) -> Detector {
    let mut detector = settings.open(seed);
    if !asn.is_empty()
        && let Err(error) = detector.load_table("asn", asn)
    {
        status.stand(vec![format!("the ASN database built in: {error:?}")]);
    }
    detector
}

/// The document in a record: all of it, or the text under a key.
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

/// A record is one document, also where its text was printed over several lines; the detector
/// takes a document a line, and a line end inside JSON is white space.
fn one_line(document: Cow<[u8]>) -> Cow<[u8]> {
    if memchr::memchr(b'\n', &document).is_none() {
        return document;
    }
    let blank = |byte: &u8| if *byte == b'\n' { b' ' } else { *byte };
    Cow::Owned(document.iter().map(blank).collect())
}
