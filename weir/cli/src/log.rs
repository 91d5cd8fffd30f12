//! Messages on standard error: text for people, or JSON for machines.

use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::sync::OnceLock;
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value as Json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use weir_common::escape::{escape, escape_json};
use weir_common::message::TARGET;

use crate::cli::{LogFormat, LogLevel, MessageArgs};
use crate::progress;
use crate::terminal::{BAD, ODD, Paint};

/// The field that holds a JSON object.
const SUMMARY: &str = "summary";

/// The form that was asked for.
static FORMAT: OnceLock<LogFormat> = OnceLock::new();
/// Whether messages of detectors are shown.
static DEBUG: OnceLock<bool> = OnceLock::new();

/// Begins to show messages in the form that is asked for.
pub(crate) fn start(arguments: &MessageArgs) {
    // It is set once, here.
    let _ = FORMAT.set(arguments.log_format);
    let _ = DEBUG.set(arguments.debug);
    let shown = Stderr {
        format: arguments.log_format,
        most: match arguments.log_level {
            LogLevel::Error => tracing::Level::ERROR,
            LogLevel::Warn => tracing::Level::WARN,
            LogLevel::Info => tracing::Level::INFO,
        },
        debug: arguments.debug,
        paint: Paint::stderr(),
    };
    let subscriber = tracing_subscriber::registry().with(shown);
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Whether messages are JSON.
pub(crate) fn is_json() -> bool {
    FORMAT.get() == Some(&LogFormat::Json)
}

/// Whether messages of detectors are shown.
pub(crate) fn is_debug() -> bool {
    DEBUG.get() == Some(&true)
}

/// Emits a line whose text holds escape sequences of a terminal already.
pub(crate) fn line(text: &str) {
    tracing::info!(target: TARGET, "{text}");
}

/// Emits the summary, where messages are JSON.
pub(crate) fn summarise(summary: &Json) {
    tracing::info!(target: TARGET, code = SUMMARY, summary = summary.to_string(), "summary");
}

/// Writes the summary as a JSON message even where messages of its level are left out.
pub(crate) fn summarise_anyway(summary: &Json, rule: Option<&str>) {
    let mut fields = Fields {
        message: SUMMARY.to_owned(),
        ..Fields::default()
    };
    fields.others.insert("code".to_owned(), SUMMARY.into());
    fields.others.insert(SUMMARY.to_owned(), summary.clone());
    if let Some(rule) = rule {
        fields.others.insert("rule".to_owned(), rule.into());
    }
    write(&json(tracing::Level::INFO, fields));
}

/// Writes a line to standard error; a closed reader is no error.
fn write(line: &str) {
    progress::suspended(|| drop(io::stderr().lock().write_all(line.as_bytes())));
}

/// Writes events to standard error.
struct Stderr {
    format: LogFormat,
    most: tracing::Level,
    /// Whether messages of detectors are shown, whatever the level of others.
    debug: bool,
    paint: Paint,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        match metadata.target() {
            weir_host::messages::TARGET => self.debug,
            TARGET => *metadata.level() <= self.most,
            _ => false,
        }
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        let detectors = self.debug.then_some(tracing::Level::DEBUG);
        Some(detectors.unwrap_or(self.most).into())
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        // The name of the detector, where there are several.
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                if let Some(Json::String(rule)) = of_span.others.get("rule") {
                    fields.message.insert_str(0, &format!("{}: ", escape(rule)));
                }
                fields.others.extend(of_span.others.clone());
            }
        }
        let level = *event.metadata().level();
        let line = match self.format {
            LogFormat::Text => self.text(level, &fields.message),
            LogFormat::Json => json(level, fields),
        };
        write(&line);
    }
}

impl Stderr {
    fn text(&self, level: tracing::Level, message: &str) -> String {
        let name = match level {
            tracing::Level::ERROR => self.paint.apply(BAD, "weir:"),
            tracing::Level::WARN => self.paint.apply(ODD, "weir:"),
            _ => "weir:".to_owned(),
        };
        format!("{name} {message}\n")
    }
}

/// One JSON object a line, whatever is in it.
fn json(level: tracing::Level, fields: Fields) -> String {
    let now = DateTime::<Utc>::from(SystemTime::now());
    let mut line = Map::new();
    line.insert(
        "timestamp".to_owned(),
        now.to_rfc3339_opts(SecondsFormat::Millis, true).into(),
    );
    line.insert(
        "level".to_owned(),
        level.as_str().to_ascii_lowercase().into(),
    );
    line.insert("message".to_owned(), fields.message.into());
    line.extend(fields.others);
    let mut text = escape_json(&Json::Object(line).to_string());
    text.push('\n');
    text
}

/// Fields of an event.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Json>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Json) {
        self.others.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        let object = (field.name() == SUMMARY).then(|| serde_json::from_str(value).ok());
        let value = object.flatten().unwrap_or_else(|| Json::from(value));
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a string does not fail.
            let _ = write!(self.message, "{value:?}");
        } else {
            self.add(field, format!("{value:?}").into());
        }
    }
}
