use super::*;

/// A line program of version 4 with one folder and one file: rows at addresses 16 and 24, and the
/// end at 32.
fn program() -> Vec<u8> {
    let mut header = vec![1, 1, 1, 0xfb, 14, 13];
    header.extend([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
    header.extend(b"src\0\0lib.rs\0\x01\0\0\0");
    let rows = [
        // The address 16, line 7, a row.
        &[0, 5, 2, 16, 0, 0, 0, 3, 6, 1][..],
        // 8 on, line 9, a row.
        &[2, 8, 3, 2, 1],
        // 8 on, the end.
        &[2, 8, 0, 1, 1],
    ];
    let mut bytes = 4_u16.to_le_bytes().to_vec();
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header);
    bytes.extend(rows.concat());
    let length = (bytes.len() as u32).to_le_bytes();
    [&length[..], &bytes].concat()
}

fn module(programs: Vec<u8>) -> Module {
    Module {
        code: 1000..2000,
        programs,
        ..Module::default()
    }
}

fn lines(programs: Vec<u8>) -> Lines {
    Lines {
        modules: vec![module(programs)],
        found: Mutex::default(),
    }
}

#[test]
fn an_address_has_the_line_of_the_row_that_covers_it() {
    // What stands before it has no row for the address.
    let lines = lines(program().repeat(2));
    for (offset, line) in [
        (1015, None),
        (1016, Some("src/lib.rs:7")),
        (1023, Some("src/lib.rs:7")),
        (1024, Some("src/lib.rs:9")),
        (1031, Some("src/lib.rs:9")),
        (1032, None),
        (16, None),
        (3000, None),
    ] {
        assert_eq!(lines.find(offset).as_deref(), line, "{offset}");
        assert_eq!(lines.find(offset).as_deref(), line, "{offset}, again");
    }
}

/// Every byte of a program, changed in every way that a bit can be, and every length of it: an
/// answer or none comes of all of these.
#[test]
fn damaged_programs_end() {
    let whole = program();
    for length in 0..whole.len() {
        lines(whole[..length].to_vec()).find(1016);
    }
    for at in 0..whole.len() {
        for value in 0..=255 {
            let mut bytes = whole.clone();
            bytes[at] = value;
            let line = lines(bytes).find(1020);
            assert!(line.is_none_or(|line| line.len() < 2 * LONGEST_PATH));
        }
    }
}

/// Headers that promise more than there is, and one that is longer than any compiler's.
#[test]
fn memory_is_bounded_by_the_longest_header() {
    // Version 5: one folder in its place; 2^62 files of one byte each.
    let mut header = vec![1, 1, 1, 0xfb, 14, 1];
    header.extend([1, 1, 8, 1]);
    header.extend(b"src\0");
    header.extend([1, 1, 0x0c]);
    header.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f]);
    for files in [100, LONGEST_HEADER as usize, 1 << 20] {
        let mut bytes = 5_u16.to_le_bytes().to_vec();
        bytes.extend([4, 0]);
        let long = [&header[..], &vec![1; files]].concat();
        bytes.extend((long.len() as u32).to_le_bytes());
        bytes.extend(long);
        let length = (bytes.len() as u32).to_le_bytes();
        // What follows is found nevertheless.
        let bytes = [&length[..], &bytes, &program()].concat();
        assert_eq!(lines(bytes).find(1016).as_deref(), Some("src/lib.rs:7"));
    }
}

#[test]
fn there_are_only_so_many_look_ups() {
    let lines = lines(program());
    for offset in 1100..1100 + LOOK_UPS {
        assert_eq!(lines.find(offset), None);
    }
    assert_eq!(lines.find(1016), None);
}

#[test]
fn tables_are_taken_with_the_code_of_their_module() {
    let module = |name: &str| {
        let bytes = program();
        let section: String = { bytes.iter() }
            .map(|byte| format!("\\{byte:02x}"))
            .collect();
        format!("(core module (func unreachable) (@custom \"{name}\" (after last) \"{section}\"))")
    };
    let text = format!(
        "(component {}{})",
        module(".debug_line"),
        module(".debug_info")
    );
    let bytes = wat::parse_str(text).unwrap();
    let found = modules(&bytes);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].programs, program());
    // One function of one instruction: its count, its length, its locals, `unreachable` and `end`.
    assert_eq!(bytes[found[0].code.clone()], [1, 3, 0, 0, 0x0b]);
    assert!(modules(b"\0asm").is_empty());
}
