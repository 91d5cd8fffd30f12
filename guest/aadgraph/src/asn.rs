//! The `asn` table: from an address to the autonomous system that announces it.

use weir_detector::address;
use weir_detector::log::LookupTable;
use weir_detector::mmdb::Database;
use weir_detector::model::TableError;

/// The description of the table.
pub const TABLE: LookupTable = LookupTable {
    name: "asn",
    format: "MaxMind DB",
    summary: "Gives source.as.number and source.as.organization.name for records that come without them.",
    when_absent: "No ASN database was given: calls in raw records have no source.as.number, and all of a user's calls in one window form one group.",
};

/// A loaded database.
pub struct AsnTable(Database);

impl AsnTable {
    /// # Errors
    /// When the bytes are no MaxMind DB, are damaged, or hold no autonomous systems.
    pub fn new(data: Vec<u8>) -> Result<AsnTable, TableError> {
        let malformed = |why: &str| TableError::Malformed(why.to_owned());
        let database = Database::open(data).map_err(malformed)?;
        if !database.kind.contains("ASN") && !database.kind.contains("ISP") {
            return Err(TableError::Malformed(format!(
                "its type is {:?}; an ASN database such as GeoLite2-ASN is wanted",
                database.kind
            )));
        }
        Ok(AsnTable(database))
    }

    /// The number and name of an address's autonomous system; None if the database has none.
    pub fn find(&self, bits: u128) -> Option<(i64, Option<&str>)> {
        let record = self.0.find(address::to_ip(bits))?;
        let number = record.number("autonomous_system_number")?.try_into().ok()?;
        let name = record.text("autonomous_system_organization");
        Some((number, name.filter(|name| !name.is_empty())))
    }
}
