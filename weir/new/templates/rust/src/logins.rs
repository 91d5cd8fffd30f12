//! The log: logins, in documents as Elastic's integration `system.auth` makes them.

use weir_detector::plain::{PlainField, PlainLog, address, text};

/// Records whose `data_stream.dataset` is `system.auth`.
pub struct Logins;

impl PlainLog for Logins {
    const NAME: &'static str = "system.auth";
    // Other logs say here where these stand: MARK, TIME and ID.
    const FIELDS: &'static [PlainField] = &[
        text("event.outcome"),
        text("host.name"),
        text("user.name"),
        address("source.ip"),
    ];
}
