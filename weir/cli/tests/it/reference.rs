//! docs/reference.md, held equal to what is defined.

use std::fs;
use std::path::Path;

use crate::support::Room;

#[test]
fn the_reference_is_what_is_defined() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference.md");
    let found = fs::read_to_string(page).unwrap();
    let room = Room::new();
    let wanted = room.weir(&["reference"]).ends(0).out.clone();
    let differs = found
        .lines()
        .zip(wanted.lines())
        .find(|(one, other)| one != other);
    assert!(
        found == wanted,
        "docs/reference.md is out of date: run `make reference`; the first difference is {differs:#?}"
    );
}
