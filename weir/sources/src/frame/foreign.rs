//! Recognition of formats other than JSON by their first bytes.

use super::line;

/// Bytes by which all but archives of tar are told.
pub(super) const LEAST: usize = 16;
/// Lines, and bytes, in which JSON must begin.
const LINES: usize = 8;
const BYTES: usize = 64 << 10;

type Sentence = &'static str;

const BINARY: [(&[u8], Sentence); 28] = [
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"PK\x07\x08", ZIP),
    (
        b"BZh",
        "is compressed with bzip2; unpack it first (bzip2 -dc)",
    ),
    (
        b"\xfd7zXZ\0",
        "is compressed with xz; unpack it first (xz -dc)",
    ),
    (
        b"7z\xbc\xaf\x27\x1c",
        "is a 7z archive; unpack it first (7z x -so)",
    ),
    (
        b"Rar!\x1a\x07",
        "is a rar archive; unpack it first (unrar p -inul)",
    ),
    (
        b"LZIP",
        "is compressed with lzip; unpack it first (lzip -dc)",
    ),
    (
        b"\x04\x22\x4d\x18",
        "is compressed with lz4; unpack it first (lz4 -dc)",
    ),
    (
        b"\xff\x06\0\0sNaPpY",
        "is compressed with snappy; unpack it first (snzip -dc)",
    ),
    (
        b"\x1f\x9d",
        "is compressed with compress; unpack it first (gzip -dc)",
    ),
    (b"\x1f\x8b", TWICE),
    (b"\x28\xb5\x2f\xfd", TWICE),
    (
        b"PAR1",
        "is a Parquet file; convert it to JSON first (duckdb -c \"copy (from 'FILE') to '/dev/stdout' (format json)\")",
    ),
    (
        b"Obj\x01",
        "is an Avro file; convert it to JSON first (avro-tools tojson)",
    ),
    (
        b"ORC",
        "is an ORC file; convert it to JSON first (orc-contents)",
    ),
    (b"ARROW1\0\0", "is an Arrow file; convert it to JSON first"),
    (
        b"ElfFile\0",
        "is a Windows event log (EVTX); Azure's logs are JSON: this is another log",
    ),
    (
        b"SQLite format 3\0",
        "is a SQLite database; export its table as JSON first (sqlite3 -json FILE 'select * from TABLE')",
    ),
    (
        b"%PDF-",
        "is a PDF document; the log itself is wanted, as JSON",
    ),
    (b"\x89PNG", IMAGE),
    (b"\xff\xd8\xff", IMAGE),
    (b"GIF8", IMAGE),
    (b"\x7fELF", "is a program, not a log"),
    (b"\xff\xfe\0\0", UTF32),
    (b"\0\0\xfe\xff", UTF32),
    (b"\xff\xfe", UTF16),
    (b"\xfe\xff", UTF16),
];

const ZIP: Sentence = "is a zip archive (as xlsx and docx are); unpack it first (unzip -p)";
const TWICE: Sentence = "is compressed more than twice; unpack it first (gzip -dc or zstd -dc)";
const IMAGE: Sentence = "is an image; the log itself is wanted, as JSON";
const UTF32: Sentence = "is UTF-32 text; convert it to UTF-8 first (iconv -f UTF-32 -t UTF-8)";
const UTF16: Sentence = "is UTF-16 text; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)";
const TAR: Sentence = "is a tar archive; unpack it first (tar -xOf)";
const HTML: Sentence =
    "is a web page (HTML), perhaps one to sign in at; the log itself is wanted, as JSON";
const XML: Sentence = "is XML; the log is wanted as JSON";
const YAML: Sentence = "is YAML; convert it to JSON first (yq -o=json)";
const LOGFMT: Sentence =
    "is logfmt; convert it to JSON first (mlr --idkvp --ifs space --ojson cat)";
const BASE64: Sentence = "is base64; decode it first (base64 -d)";
const NO_TEXT: Sentence = "is binary, no text; the log is wanted as JSON";
const OTHER: Sentence = "is no JSON: all of it is malformed, and no line begins with `{` or `[`";
const KINDS: [(u8, Sentence); 4] = [
    (
        b',',
        "is CSV; convert it to JSON first (mlr --icsv --ojson cat)",
    ),
    (
        b'\t',
        "is a table with tabs (TSV); convert it to JSON first (mlr --itsv --ojson cat)",
    ),
    (
        b';',
        "is CSV with semicolons; convert it to JSON first (mlr --icsv --ifs ';' --ojson cat)",
    ),
    (
        b'|',
        "is CSV with bars; convert it to JSON first (mlr --icsv --ifs '|' --ojson cat)",
    ),
];

/// Name of a binary format; none for possible UTF-8 text.
pub(super) fn binary(head: &[u8]) -> Option<Sentence> {
    if let Some((_, what)) = BINARY.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(what);
    }
    // Without a mark: brackets and quotes are ASCII in every encoding.
    let text = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    // NULs between line ends are holes in a file.
    let text = |a: u8, b: u8| text(a) && text(b) && (a.is_ascii_graphic() || b.is_ascii_graphic());
    match *head {
        [a, 0, 0, 0, b, 0, 0, 0, ..] | [0, 0, 0, a, 0, 0, 0, b, ..] if text(a, b) => Some(UTF32),
        [a, 0, b, 0, ..] | [0, a, 0, b, ..] if text(a, b) => Some(UTF16),
        _ if is_tar(head) => Some(TAR),
        _ => None,
    }
}

/// Whether a text begins as an archive of tar: with a name, and with no line's end before what
/// tells it. Of anything else, fewer bytes would be looked at where they come slowly.
fn is_tar(head: &[u8]) -> bool {
    let Some((header, rest)) = head.split_at_checked(257) else {
        return false;
    };
    let named = !matches!(header.first(), Some(0 | b' ' | b'\t' | b'\r' | 0x0c));
    rest.starts_with(b"ustar")
        && named
        && !header.starts_with(super::MARK)
        && !header.contains(&b'\n')
}

/// Whether these first bytes tell what the file is, or are JSON's in UTF-8.
pub(super) fn is_enough(head: &[u8]) -> bool {
    let json = matches!(
        head,
        [
            b'{' | b'[' | b'"' | b' ' | b'\n' | b'\r' | b'\t',
            1..=u8::MAX,
            ..
        ]
    );
    json || head.len() >= LEAST
}

/// Name of the format of a text whose first line is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// That needs more of it.
    Short,
    Foreign(Sentence),
    /// A value that spans lines begins behind something else.
    Value,
    /// Lines of any kind.
    Lines,
}

impl Head {
    /// By its first lines; more may come unless it `ended`.
    pub(super) fn of(text: &[u8], ended: bool) -> Self {
        let seen = text.get(..BYTES).unwrap_or(text);
        let ended = ended || seen.len() == BYTES;
        let mut lines = seen.split(|byte| *byte == b'\n');
        let mut open = None;
        if !ended {
            // The text behind the last line end may go on.
            open = lines.next_back();
        }
        let mut lines = lines
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty());
        let Some(first) = lines.next() else {
            return if ended { Self::Lines } else { Self::Short };
        };
        if let Some(what) = markup(first) {
            return Self::Foreign(what);
        }
        let second = lines.next();
        if second.is_none() && open.is_some() {
            return Self::Short;
        }
        let json = |line: &&[u8]| matches!(line::without_commas(line).first(), Some(b'{' | b'['));
        if let Some(what) = table(first, second).filter(|_| !second.as_ref().is_some_and(json)) {
            return Self::Foreign(what);
        }
        let next: Vec<&[u8]> = second.into_iter().chain(lines).take(LINES).collect();
        match next.iter().copied().find(json) {
            Some(line) if line::opens_value(line) => Self::Value,
            Some(_) => Self::Lines,
            None if open.is_some() && next.len() < LINES => Self::Short,
            None => Self::Lines,
        }
    }
}

fn markup(line: &[u8]) -> Option<Sentence> {
    let lower: Vec<u8> = line.iter().take(16).map(u8::to_ascii_lowercase).collect();
    match lower.as_slice() {
        [b'<', b'!' | b'h', ..]
            if lower.starts_with(b"<!doctype html") || lower.starts_with(b"<html") =>
        {
            Some(HTML)
        }
        [b'<', b'?' | b'!' | b'a'..=b'z', ..] => Some(XML),
        b"---" => Some(YAML),
        _ if lower.starts_with(b"%yaml") => Some(YAML),
        _ => None,
    }
}

/// Signs by which the first two lines of a table are recognised.
fn table(first: &[u8], second: Option<&[u8]>) -> Option<Sentence> {
    if let Some(separator) = first.strip_prefix(b"sep=") {
        let mut kinds = KINDS.iter().copied();
        return kinds
            .find(|(byte, _)| separator == [*byte])
            .map(|(_, what)| what);
    }
    let found = KINDS.iter().find(|(separator, _)| {
        let (columns, _) = fields(first, *separator);
        let tabs = *separator == b'\t';
        let alike = second.is_none_or(|line| {
            // A text in quotes may go on in the next line.
            let (found, open) = fields(line, *separator);
            line != first && (found == columns || open && found <= columns)
        });
        let named = || first.split(|byte| byte == separator).all(is_name);
        alike && columns >= 3 && (named() || tabs && second.is_some())
    });
    found.map(|(_, what)| *what)
}

/// Whether a text has a line that begins as an object or array does.
pub fn has_json(text: &[u8]) -> bool {
    !is_binary(text) && lines(text).any(|line| matches!(line.first(), Some(b'{' | b'[')))
}

/// Name of the format of a text that is malformed throughout.
pub fn guess(text: &[u8]) -> Sentence {
    if is_binary(text) {
        return NO_TEXT;
    }
    let text = text.get(..BYTES).unwrap_or(text);
    let lines = lines(text).filter(|line| !line.starts_with(b"#"));
    let lines: Vec<&[u8]> = lines.take(LINES).collect();
    let Some((first, rest)) = lines.split_first() else {
        return OTHER;
    };
    let all = |is: fn(&[u8]) -> bool| lines.iter().all(|line| is(line));
    let same = |separator: u8| {
        let columns = fields(first, separator).0;
        let alike = |line: &&[u8]| {
            let (found, open) = fields(line, separator);
            found == columns || open
        };
        columns > 1 && (rest.iter().all(alike) && !rest.is_empty() || columns > 2)
    };
    let raw = first.strip_prefix(b"\"").unwrap_or(first);
    match KINDS.iter().find(|(separator, _)| same(*separator)) {
        _ if all(is_pair) => LOGFMT,
        _ if first.len() >= 40 && all(is_base64) => BASE64,
        _ if all(is_yaml) => YAML,
        _ if first.starts_with(b"CEF:") || first.starts_with(b"LEEF:") => OTHER,
        Some((_, what)) => what,
        None if raw.starts_with(b"_raw") => KINDS[0].1,
        None => OTHER,
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let bare = |line| {
        let mut line = line::without_commas(line);
        while let Some(rest) = line.strip_prefix(super::MARK).or(line.strip_prefix(b"\0")) {
            line = rest.trim_ascii_start();
        }
        line
    };
    let lines = text.split(|byte| matches!(byte, b'\n' | b'\r')).map(bare);
    lines.filter(|line| !line.is_empty())
}

/// Whether more than a few bytes are of no text. NULs may be holes in a file of text.
fn is_binary(text: &[u8]) -> bool {
    let head = text.get(..4096).unwrap_or(text);
    let odd = |byte: &&u8| byte.is_ascii_control() && !b"\0\t\n\r\x0c\x1b".contains(byte);
    20 * head.iter().filter(odd).count() > head.len()
}

/// Whether a line begins with a name and its value.
fn is_pair(line: &[u8]) -> bool {
    let mut parts = line.splitn(2, |byte| *byte == b'=');
    let name = parts.next().unwrap_or_default();
    parts.next().is_some() && is_name(name) && !name.contains(&b' ')
}

fn is_base64(line: &[u8]) -> bool {
    let of = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
    line.iter().all(of)
}

fn is_yaml(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"- ").unwrap_or(line);
    let mut parts = line.splitn(2, |byte| *byte == b':');
    let name = parts.next().unwrap_or_default();
    let rest = parts.next();
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b' ')))
        && is_name(name)
        && !name.contains(&b' ')
}

/// How many fields a line has, and whether it ends inside quotes.
fn fields(line: &[u8], separator: u8) -> (usize, bool) {
    let (mut count, mut quoted) = (1, false);
    for byte in line {
        quoted ^= *byte == b'"';
        count += usize::from(*byte == separator && !quoted);
    }
    (count, quoted)
}

/// Whether a field looks like the name of a column.
fn is_name(field: &[u8]) -> bool {
    let field = field.trim_ascii();
    let field = field.strip_prefix(b"\"").unwrap_or(field);
    let field = field.strip_suffix(b"\"").unwrap_or(field);
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'@');
    let usual = |byte: &u8| byte.is_ascii_alphanumeric() || b" _.-@()[]/%#$".contains(byte);
    field.first().is_some_and(letter) && field.len() <= 80 && field.iter().all(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Head {
        let whole = Head::of(text.as_bytes(), true);
        // Of less, nothing else is said.
        for length in 0..text.len() {
            let part = Head::of(&text.as_bytes()[..length], false);
            assert!(
                part == whole || part == Head::Short,
                "{text:?} {length} {part:?}"
            );
        }
        whole
    }

    fn is(text: &str, word: &str) {
        let Head::Foreign(what) = of(text) else {
            panic!("{text:?} is taken for JSON");
        };
        assert!(what.contains(word), "{text:?}: {what}");
    }

    #[test]
    fn tables_and_markup_are_told_by_their_first_lines() {
        is(
            "TenantId,TimeGenerated [UTC],Type\r\n1,\"5/19/2026, 9:30\",x\r\n",
            "--icsv",
        );
        is(
            "\"_raw\",\"_time\",\"host\"\n\"{\"\"a\"\":1,\n\"\"b\"\":2}\",1,h\n",
            "--icsv",
        );
        is("a;b;c\n1;2;3\n", "';'");
        is("a|b|c\n1|2|3\n", "'|'");
        is("sep=;\na;b\n", "';'");
        is("AppId\tStatus\tUser\n1\t200\tx\n", "--itsv");
        is(
            "1b73\t200\t2026-05-19T09:30:00Z\n1b74\t403\t2026-05-19T09:30:01Z\n",
            "--itsv",
        );
        is("<!DOCTYPE html>\n<html>", "HTML");
        is("<?xml version=\"1.0\"?>\n", "XML");
        is("<Events>\n", "XML");
        is("---\n- a: 1\n", "YAML");
    }

    #[test]
    fn names_the_format_of_a_text_that_is_malformed_throughout() {
        for (text, word) in [
            ("a,b\n1,2\n3,4\n", "--icsv"),
            ("_raw\n\"{\"\"a\"\": 1}\"\n", "--icsv"),
            ("# exported\nA,B,C\n1,2,3\n", "--icsv"),
            ("Id,Fecha de generaci\u{f3}n,C\r1,2,3\r", "--icsv"),
            ("\"1\",\"a, b\",\"c\"\n\"2\",\"d\",\"e\"\n", "--icsv"),
            ("- a: 1\n  b: 2\n", "YAML"),
            ("time=x level=info\ntime=y level=info\n", "logfmt"),
            ("not json\nnor this\n", "no line begins"),
            ("CEF:0|a|b\nCEF:0|c|d\n", "no line begins"),
            ("\u{1}\u{2}{\u{3}\n{\u{4}\u{5}", "binary"),
        ] {
            assert!(!has_json(text.as_bytes()), "{text:?}");
            let what = guess(text.as_bytes());
            assert!(what.contains(word), "{text:?}: {what}");
        }
        assert!(guess("eyJh".repeat(20).as_bytes()).contains("base64"));
        for text in ["x\n {'a'", "x\r[1", "\0\u{feff}{\"a\":1", ",{"] {
            assert!(has_json(text.as_bytes()), "{text:?}");
        }
        assert_eq!(binary(&b"\0\n".repeat(8)), None);
        assert_eq!(binary(&b"\n\0".repeat(8)), None);
    }

    #[test]
    fn lines_of_other_logs_and_garbage_are_no_tables() {
        for text in [
            "not json\n{\"a\":1}\n",
            "one, two, three\n{\"a\":1}\n",
            "May 19 09:30:00 host app[1]: a, b, c\nMay 19 09:30:00 host app[1]: d\n",
            "2026-05-19,ERROR,x\n2026-05-19,ERROR,y\n",
            "<134>1 2026-05-19T09:30:00Z host app - - - x\n<134>1 y\n",
            "\u{1b}[31mbad\n\u{1b}[31mbad\n",
            "x",
            "key=value other=value\nkey=value\n",
        ] {
            assert_eq!(of(text), Head::Lines, "{text:?}");
        }
        assert_eq!(of("WARNING: preview\n[\n  {\n"), Head::Value);
    }
}
