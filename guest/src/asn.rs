//! The `asn` table: from an address to the autonomous system that announces it.

use crate::address;
use crate::model::{Table, TableError};
use std::collections::BTreeMap;
use maxminddb::Reader;
use maxminddb::geoip2::Asn;
use std::rc::Rc;

/// What `describe` says of the table.
pub(crate) const TABLE: Table = Table {
    name: "asn",
    format: "MaxMind DB",
    summary: "Gives source.as.number and source.as.organization.name for records that come without them.",
    when_absent: "No ASN database was given: calls in raw records have no source.as.number, and all of a user's calls in one window form one group.",
};

/// Most answers that are remembered.
const REMEMBERED: usize = 1 << 16;

/// An autonomous system.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct System {
    pub(crate) number: i64,
    pub(crate) name: Option<Rc<str>>,
}

/// A loaded database, with the answers that it gave lately.
pub(crate) struct AsnTable {
    reader: Reader<Vec<u8>>,
    answers: BTreeMap<u128, Option<Rc<System>>>,
}

impl AsnTable {
    /// # Errors
    /// When the bytes are no MaxMind DB, are damaged, or hold no autonomous systems.
    pub(crate) fn new(data: &[u8]) -> Result<AsnTable, TableError> {
        let malformed = |e: maxminddb::MaxMindDbError| TableError::Malformed(e.to_string());
        let reader = Reader::from_source(data.to_vec()).map_err(malformed)?;
        let kind = &reader.metadata().database_type;
        if !kind.contains("ASN") && !kind.contains("ISP") {
            return Err(TableError::Malformed(format!(
                "the database's type is {kind:?}; an ASN database such as GeoLite2-ASN is wanted"
            )));
        }
        reader.verify().map_err(malformed)?;
        Ok(AsnTable { reader, answers: BTreeMap::new() })
    }

    /// The system of an address; None when the database does not know it.
    pub(crate) fn find(&mut self, bits: u128) -> Option<Rc<System>> {
        if let Some(answer) = self.answers.get(&bits) {
            return answer.clone();
        }
        if self.answers.len() >= REMEMBERED {
            self.answers.clear();
        }
        let answer = self.look_up(bits).map(Rc::new);
        self.answers.insert(bits, answer.clone());
        answer
    }

    fn look_up(&self, bits: u128) -> Option<System> {
        // The database was verified when it was loaded: an error here is a miss, such as
        // an IPv6 address in a database of IPv4 only.
        let found = self.reader.lookup(address::to_ip(bits)).ok()?;
        let asn: Asn = found.decode().ok()??;
        Some(System {
            number: i64::from(asn.autonomous_system_number?),
            name: asn
                .autonomous_system_organization
                .filter(|name| !name.is_empty())
                .map(Rc::from),
        })
    }
}
