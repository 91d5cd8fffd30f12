//! First-party applications of Microsoft, by their ids.

/// The list of known clients: column, value, name, kind and source of each, with tabs between.
const LIST: &[u8] = include_bytes!("../data/clients.tsv");
/// The prefix of an application's line.
const COLUMN: &[u8] = b"azure.aadgraphactivitylogs.properties.app_id\t";
/// The prefix of its kind.
const KIND: &[u8] = b"first-party";
/// Characters of an id.
const LENGTH: usize = 36;

/// The ids, parsed at compile time.
static APPS: [u128; COUNT] = read().0;
const COUNT: usize = read::<0>().1;

/// Whether an application is Microsoft's own, with its application object in Microsoft's tenant.
pub fn is_first_party(app: &str) -> bool {
    let app = number(app.as_bytes(), 0).filter(|_| app.len() == LENGTH);
    app.is_some_and(|app| APPS.contains(&app))
}

/// Up to `ROOM` ids of the list, and the number of all.
const fn read<const ROOM: usize>() -> ([u128; ROOM], usize) {
    let (mut ids, mut count, mut line) = ([0; ROOM], 0, 0);
    while line < LIST.len() {
        let app = line + COLUMN.len();
        if begins(line, COLUMN)
            && let Some(id) = number(LIST, app)
            // Behind the id, its tab, the name and its tab.
            && begins(behind(b'\t', app + LENGTH + 1), KIND)
        {
            if count < ROOM {
                ids[count] = id;
            }
            count += 1;
        }
        line = behind(b'\n', line);
    }
    (ids, count)
}

/// Whether the list has this text at an offset.
const fn begins(at: usize, text: &[u8]) -> bool {
    let mut n = 0;
    while n < text.len() {
        if at + n >= LIST.len() || LIST[at + n] != text[n] {
            return false;
        }
        n += 1;
    }
    true
}

/// The offset behind the next such byte of the list.
const fn behind(byte: u8, mut at: usize) -> usize {
    while at < LIST.len() && LIST[at] != byte {
        at += 1;
    }
    at + 1
}

/// The number of the id at an offset of a text.
const fn number(text: &[u8], at: usize) -> Option<u128> {
    if text.len() < at + LENGTH {
        return None;
    }
    let (mut number, mut n) = (0, 0);
    while n < LENGTH {
        let byte = text[at + n];
        let digit = match byte {
            b'-' if matches!(n, 8 | 13 | 18 | 23) => {
                n += 1;
                continue;
            }
            _ if matches!(n, 8 | 13 | 18 | 23) => return None,
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return None,
        };
        number = number << 4 | digit as u128;
        n += 1;
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_exactly_the_applications_of_the_list() {
        let list = std::str::from_utf8(LIST).unwrap_or_default();
        let mut found = 0;
        for line in list.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let own = fields[0].ends_with(".app_id") && fields[3].starts_with("first-party");
            assert_eq!(is_first_party(fields[1]), own, "{line}");
            assert_eq!(is_first_party(&fields[1].to_uppercase()), own, "{line}");
            found += usize::from(own);
        }
        assert_eq!(found, COUNT);
        assert!(found > 100, "{found}");
        for app in [
            "",
            "app-1",
            "00000002-0000-0000-c000-00000000000",
            "00000002-0000-0000-c000-0000000000000",
            "00000002-0000-0000-c000-000000000000\tx",
            "0000000200000000c000000000000000----",
            "8c3b0f7e-3a52-4d0f-9a0e-1f6f5a1d2e77",
        ] {
            assert!(!is_first_party(app), "{app}");
        }
    }
}
