use std::fs;
use std::io::Write;

use super::*;
use crate::frame::Sizes;
use crate::reader::{Next, Reader};

/// Takes what is read of a folder, until nothing came for a second.
fn taken(reader: &mut Reader) -> (String, Vec<String>) {
    let (mut text, mut notes) = (String::new(), Vec::new());
    let mut quiet = Instant::now();
    while quiet.elapsed() < Duration::from_secs(1) {
        match reader.next(POLL).unwrap() {
            Next::Part(Part::Batch(batch)) => {
                text.push_str(std::str::from_utf8(&batch.bytes).unwrap());
                quiet = Instant::now();
            }
            Next::Part(Part::Note(note)) => notes.push(note.text),
            _ => {}
        }
    }
    (text, notes)
}

#[test]
fn a_file_that_comes_back_after_lingering_is_resumed() {
    let room = tempfile::tempdir().unwrap();
    let folder = room.path().join("in");
    let (here, away) = (folder.join("log"), room.path().join("away"));
    fs::create_dir(&folder).unwrap();
    fs::write(&here, "{\"n\":1}\n{\"n\":2}\n").unwrap();
    let arguments = vec![folder.display().to_string()];
    let mut reader = Reader::follow(arguments, Sizes::DEFAULT, Vec::new()).unwrap();
    assert_eq!(taken(&mut reader).0, "{\"n\":1}\n{\"n\":2}\n");
    fs::rename(&here, &away).unwrap();
    assert_eq!(taken(&mut reader).0, "");
    let mut file = fs::OpenOptions::new().append(true).open(&away).unwrap();
    file.write_all(b"{\"n\":3}\n").unwrap();
    fs::rename(&away, &here).unwrap();
    assert_eq!(taken(&mut reader).0, "{\"n\":3}\n");
}
