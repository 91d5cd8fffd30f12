//! Events of inputs, cut into documents.

use weir_host::Limits;
use weir_host::error::Error;
use weir_pipeline::sizes;
use weir_sources::frame::{Framer, Piece};
use weir_sources::input::Source;

/// Documents of some inputs.
#[derive(Debug, Default)]
pub struct Material {
    /// Batches as `weir run` pushes them.
    pub batches: Vec<Vec<u8>>,
    /// Single documents, each with its line end.
    pub documents: Vec<Document>,
    /// Number of documents that are refused before the detector.
    pub refused: u64,
}

/// One document.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its bytes, with the line end.
    pub line: Vec<u8>,
    /// Whether it was a line of its own, so that it can be reordered.
    pub loose: bool,
}

/// Reads inputs, in any form that `weir run` reads; no more than so many documents and the rest of
/// their batch.
///
/// # Errors
///
/// [`Error::Input`] when one cannot be read, or not to its end.
pub fn read(sources: &[Source], limits: &Limits, most: usize) -> Result<Material, Error> {
    let sizes = sizes(limits);
    let mut material = Material::default();
    for source in sources {
        let mut framer = Framer::new(source.open()?, sizes, true);
        while material.documents.len() < most {
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
