//! The `asn` table: from an address to the autonomous system that announces it.

use crate::address;
use crate::hash::{BuildMixed, Seed};
use crate::mmdb::Database;
use crate::model::{Table, TableError};
use hashbrown::HashMap;
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

/// A loaded database, with the answers that it gave lately by the hash of the address.
pub(crate) struct AsnTable {
    database: Database,
    answers: HashMap<u64, (u128, Option<Rc<System>>), BuildMixed>,
}

impl AsnTable {
    /// # Errors
    /// When the bytes are no MaxMind DB, are damaged, or hold no autonomous systems.
    pub(crate) fn new(data: Vec<u8>) -> Result<AsnTable, TableError> {
        let malformed = |why: &str| TableError::Malformed(why.to_owned());
        let database = Database::open(data).map_err(malformed)?;
        if !database.kind.contains("ASN") && !database.kind.contains("ISP") {
            return Err(TableError::Malformed(format!(
                "its type is {:?}; an ASN database such as GeoLite2-ASN is wanted",
                database.kind
            )));
        }
        Ok(AsnTable { database, answers: HashMap::default() })
    }

    /// The system of an address; None when the database does not know it.
    pub(crate) fn find(&mut self, seed: Seed, bits: u128) -> Option<Rc<System>> {
        let hash = seed.bytes(&bits.to_le_bytes());
        if let Some((address, answer)) = self.answers.get(&hash)
            && *address == bits
        {
            return answer.clone();
        }
        if self.answers.len() >= REMEMBERED {
            self.answers.clear();
        }
        let answer = self.look_up(bits).map(Rc::new);
        self.answers.insert(hash, (bits, answer.clone()));
        answer
    }

    fn look_up(&self, bits: u128) -> Option<System> {
        let record = self.database.find(address::to_ip(bits))?;
        let name = record.text("autonomous_system_organization");
        Some(System {
            number: record.number("autonomous_system_number")?.try_into().ok()?,
            name: name.filter(|name| !name.is_empty()).map(Rc::from),
        })
    }
}
