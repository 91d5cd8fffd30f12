//! The types of fields, by name.
//!
//! ECS fields that are no keywords, as facts. Every other field is a keyword, unless its use says
//! that it is a number.

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// An exact text.
    Keyword,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A truth value.
    Boolean,
    /// A point in time.
    Date,
    /// An IP address.
    Address,
    /// A text that is searched word by word.
    Text,
    /// Objects that are searched one by one.
    Nested,
    /// A place on earth.
    Point,
}

use weir_detector::program::words::Analyzer;

use FieldType::{Address, Boolean, Date, Integer, Nested, Number, Point, Text};

/// The type of a field, if it is no keyword.
#[must_use]
pub fn known(name: &str) -> Option<FieldType> {
    let exact = { EXACT.iter() }.find(|(known, _)| *known == name);
    if let Some((_, kind)) = exact {
        return Some(*kind);
    }
    // Fields of objects that stand under several others.
    let below = |(ending, kind): &(&str, FieldType)| {
        let parent = name.strip_suffix(ending)?.strip_suffix('.')?;
        let parent = parent.rsplit('.').next().unwrap_or(parent);
        PARENTS.contains(&parent).then_some(*kind)
    };
    if let Some(kind) = REUSED.iter().find_map(below) {
        return Some(kind);
    }
    let ends = |(ending, _): &&(&str, FieldType)| {
        { name.strip_suffix(ending) }.is_some_and(|parent| parent.ends_with('.'))
    };
    let found = ENDINGS.iter().find(ends);
    found.map(|(_, kind)| *kind)
}

/// How the words of a text are found; None if it is not known, or if the field is no text of its
/// own but another one's words.
#[must_use]
pub fn analyzer(name: &str) -> Option<Analyzer> {
    match name {
        "message" | "error.message" => Some(Analyzer::Standard),
        // Winlogbeat and the Windows integration: `[\W&&[^-]]+` separates words.
        "powershell.file.script_block_text" => Some(Analyzer::Script),
        _ => None,
    }
}

/// Objects that have the fields of [`REUSED`].
const PARENTS: [&str; 18] = [
    "client",
    "destination",
    "server",
    "source",
    "nat",
    "process",
    "parent",
    "entry_leader",
    "session_leader",
    "group_leader",
    "previous",
    "responsible",
    "effective_parent",
    "host",
    "observer",
    "indicator",
    "process_leader",
    "target",
];

/// Fields of objects that stand under several others.
#[rustfmt::skip]
const REUSED: &[(&str, FieldType)] = &[
    ("ip", Address), ("port", Integer), ("bytes", Integer), ("packets", Integer),
    ("as.number", Integer), ("pid", Integer), ("pgid", Integer), ("ppid", Integer),
    ("vpid", Integer), ("args_count", Integer), ("exit_code", Integer), ("uptime", Integer),
    ("thread.id", Integer), ("tty.char_device.major", Integer),
    ("tty.char_device.minor", Integer), ("tty.columns", Integer), ("tty.rows", Integer),
    ("interactive", Boolean), ("same_as_process", Boolean), ("start", Date), ("end", Date),
];

/// Endings of names that have a type wherever they stand.
#[rustfmt::skip]
const ENDINGS: &[(&str, FieldType)] = &[
    ("text", Text), ("geo.location", Point),
    ("code_signature.exists", Boolean), ("code_signature.trusted", Boolean),
    ("code_signature.valid", Boolean), ("code_signature.timestamp", Date),
    ("x509.not_after", Date), ("x509.not_before", Date),
    ("x509.public_key_exponent", Integer), ("x509.public_key_size", Integer),
    ("pe.sections", Nested), ("elf.sections", Nested), ("elf.segments", Nested),
    ("macho.sections", Nested), ("elf.header.entrypoint", Integer),
    ("risk.static_score", Number), ("risk.static_score_norm", Number),
    ("risk.calculated_score", Number), ("risk.calculated_score_norm", Number),
];

#[rustfmt::skip]
const EXACT: &[(&str, FieldType)] = &[
    ("@timestamp", Date), ("message", Text), ("error.message", Text),
    ("powershell.file.script_block_text", Text),
    ("event.created", Date), ("event.end", Date), ("event.ingested", Date),
    ("event.start", Date), ("event.duration", Integer), ("event.sequence", Integer),
    ("event.severity", Integer), ("event.risk_score", Number), ("event.risk_score_norm", Number),
    ("file.size", Integer), ("file.accessed", Date), ("file.created", Date),
    ("file.ctime", Date), ("file.mtime", Date),
    ("http.request.bytes", Integer), ("http.request.body.bytes", Integer),
    ("http.response.bytes", Integer), ("http.response.body.bytes", Integer),
    ("http.response.status_code", Integer),
    ("log.origin.file.line", Integer), ("log.syslog.facility.code", Integer),
    ("log.syslog.priority", Integer), ("log.syslog.severity.code", Integer),
    ("network.bytes", Integer), ("network.packets", Integer), ("network.forwarded_ip", Address),
    ("related.ip", Address), ("dns.resolved_ip", Address), ("dns.answers.ttl", Integer),
    ("url.port", Integer), ("tls.established", Boolean), ("tls.resumed", Boolean),
    ("tls.client.not_after", Date), ("tls.client.not_before", Date),
    ("tls.server.not_after", Date), ("tls.server.not_before", Date),
    ("package.installed", Date), ("package.size", Integer),
    ("email.delivery_timestamp", Date), ("email.origination_timestamp", Date),
    ("email.attachments", Nested), ("email.attachments.file.size", Integer),
    ("threat.enrichments", Nested), ("threat.indicator.first_seen", Date),
    ("threat.indicator.last_seen", Date), ("threat.indicator.modified_at", Date),
    ("threat.indicator.scanner_stats", Integer), ("threat.indicator.sightings", Integer),
    ("vulnerability.score.base", Number), ("vulnerability.score.environmental", Number),
    ("vulnerability.score.temporal", Number), ("vulnerability.description", Text),
    ("faas.coldstart", Boolean), ("faas.trigger", Nested), ("host.uptime", Integer),
    ("host.cpu.usage", Number), ("host.disk.read.bytes", Integer),
    ("host.disk.write.bytes", Integer), ("host.network.egress.bytes", Integer),
    ("host.network.egress.packets", Integer), ("host.network.ingress.bytes", Integer),
    ("host.network.ingress.packets", Integer), ("container.cpu.usage", Number),
    ("container.disk.read.bytes", Integer), ("container.disk.write.bytes", Integer),
    ("container.memory.usage", Number), ("container.network.egress.bytes", Integer),
    ("container.network.ingress.bytes", Integer),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_are_no_keywords_have_a_type() {
        for (name, kind) in [
            ("source.ip", Some(Address)),
            ("client.nat.port", Some(Integer)),
            ("process.parent.pid", Some(Integer)),
            ("process.parent.code_signature.trusted", Some(Boolean)),
            ("destination.as.number", Some(Integer)),
            ("source.geo.location", Some(Point)),
            ("process.command_line.text", Some(Text)),
            ("http.response.status_code", Some(Integer)),
            ("event.code", None),
            ("aws.cloudtrail.user_identity.arn", None),
            ("text", None),
            ("zeek.ip", None),
        ] {
            assert_eq!(known(name), kind, "{name}");
        }
    }
}
