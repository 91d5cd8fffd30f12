//! Numbers of the documents in a value: records of the log, and others.

/// Numbers of documents.
#[derive(Default)]
pub(super) struct DocumentCounts {
    /// Number of records of the log.
    pub(super) ours: u64,
    /// Number of other documents.
    pub(super) others: u64,
}

impl DocumentCounts {
    pub(super) const ONE: DocumentCounts = DocumentCounts { ours: 1, others: 0 };

    /// Counts a row, which is a record or another document.
    pub(super) fn add_row(&mut self, ours: bool) {
        match ours {
            true => self.ours += 1,
            false => self.others += 1,
        }
    }

    /// Adds the counts of a part, which is a document itself if nothing was found in it.
    pub(super) fn add(&mut self, part: &DocumentCounts, text: &str) {
        self.ours += part.ours;
        self.others += match part.ours {
            0 => u64::from(is_document(text)),
            _ => part.others,
        };
    }
}

/// Whether a value would be a document by itself, that is, no scalar and no list of scalars.
fn is_document(text: &str) -> bool {
    text.starts_with('{') || text.starts_with("\"{")
}
