//! A case's input, cut into documents.

use weir_host::Limits;
use weir_host::error::Error;
use weir_pipeline::sizes;
use weir_sources::frame::{Framer, Piece};
use weir_sources::input::Source;

use super::Case;

/// Input of a case.
pub(super) struct Material {
    /// Batches as `weir run` pushes them.
    pub(super) batches: Vec<Vec<u8>>,
    /// Single documents, each with its line end.
    pub(super) documents: Vec<Document>,
    /// Number of documents that are refused before the detector.
    pub(super) refused: u64,
}

/// One document.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) line: Vec<u8>,
    /// Whether it was a line of its own, so that it can be reordered.
    pub(super) loose: bool,
}

pub(super) fn read(case: &Case, limits: &Limits) -> Result<Material, Error> {
    let sizes = sizes(limits);
    let mut material = Material {
        batches: Vec::new(),
        documents: Vec::new(),
        refused: 0,
    };
    for input in &case.inputs {
        let source = Source::File(input.clone());
        let mut framer = Framer::new(source.open()?, sizes, true);
        loop {
            match framer.next_piece() {
                Ok(None) => break,
                Ok(Some(Piece::Refused(all))) => material.refused += all.len() as u64,
                Ok(Some(Piece::Batch(batch))) => {
                    let loose = batch.is_lines();
                    material.batches.push(batch.bytes.to_vec());
                    let lines = batch.bytes.split(|byte| *byte == b'\n');
                    for line in lines.filter(|line| !line.trim_ascii().is_empty()) {
                        let mut line = line.to_vec();
                        line.push(b'\n');
                        material.documents.push(Document { line, loose });
                    }
                }
                Err(error) => return Err(source.error(&error).into()),
            }
        }
    }
    Ok(material)
}
