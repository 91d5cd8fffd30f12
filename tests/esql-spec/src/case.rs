//! Tests as csv-spec files hold them: a name, a query that ends with a semicolon, and a table that
//! ends with one.

/// A test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The line of its name, from 1.
    pub(crate) line: usize,
    pub(crate) query: String,
    /// Names and types of the table's columns.
    pub(crate) columns: Vec<(String, String)>,
    /// The cells of its rows. A cell that holds nothing at all is None.
    pub(crate) rows: Vec<Vec<Option<String>>>,
    /// Whether rows may come in any order.
    pub(crate) any_order: bool,
}

/// What may stand between a query and its table, before a colon.
const NOTES: [&str; 4] = [
    "warning",
    "warningRegex",
    "ignoreOrder",
    "required_capability",
];

/// The tests of a file, and what is none, each with its line.
pub(crate) fn read(text: &str) -> (Vec<Case>, Vec<String>) {
    let mut reader = Reader {
        lines: Vec::new(),
        at: 0,
    };
    let lines = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()));
    let counts = |(_, line): &(usize, &str)| {
        !line.is_empty() && !line.starts_with("//") && !line.starts_with('#')
    };
    reader.lines.extend(lines.filter(counts));
    let (mut cases, mut malformed) = (Vec::new(), Vec::new());
    while reader.at < reader.lines.len() {
        match reader.case() {
            Ok(case) => cases.push(case),
            Err((line, why)) => malformed.push(format!(":{line}: {why}")),
        }
    }
    (cases, malformed)
}

struct Reader<'t> {
    /// Lines that count, with their numbers.
    lines: Vec<(usize, &'t str)>,
    at: usize,
}

type Refused = (usize, String);

impl<'t> Reader<'t> {
    fn next(&mut self, what: &str) -> Result<(usize, &'t str), Refused> {
        let last = self.lines.last().map_or(0, |(line, _)| *line);
        let found = self.lines.get(self.at).copied();
        self.at += 1;
        found.ok_or((last, format!("the file ends where {what} should follow")))
    }

    /// The line that is next begins with one of the notes' names.
    fn note(&self) -> Option<(&'static str, &'t str)> {
        let (_, line) = self.lines.get(self.at)?;
        let (name, rest) = line.split_once(':')?;
        let name = NOTES.into_iter().find(|known| *known == name)?;
        Some((name, rest.trim()))
    }

    fn case(&mut self) -> Result<Case, Refused> {
        let (line, name) = self.next("a test")?;
        // What versions it runs on stands behind its name.
        let name = name.split('#').next().unwrap_or(name).trim().to_owned();
        while self.note().is_some() {
            self.at += 1;
        }
        let query = self.query()?;
        let mut any_order = false;
        while let Some((note, value)) = self.note() {
            any_order |= note == "ignoreOrder" && value == "true";
            self.at += 1;
        }
        let (at, header) = self.next("the table of a test")?;
        let columns = columns(header).map_err(|why| (at, why));
        let mut rows = Vec::new();
        loop {
            let (at, line) = self.next("the semicolon after a table")?;
            if line == ";" {
                break;
            }
            rows.push((at, cells(line)));
        }
        let columns = columns?;
        let wrong = rows.iter().find(|(_, cells)| cells.len() != columns.len());
        if let Some((at, cells)) = wrong {
            let why = format!(
                "a row of {} cells in a table of {}",
                cells.len(),
                columns.len()
            );
            return Err((*at, why));
        }
        let rows = rows.into_iter().map(|(_, cells)| cells).collect();
        Ok(Case {
            name,
            line,
            query,
            columns,
            rows,
            any_order,
        })
    }

    /// The lines up to one that ends with a semicolon, which a backslash before it takes away.
    fn query(&mut self) -> Result<String, Refused> {
        let mut query = String::new();
        loop {
            let (_, line) = self.next("the semicolon after a query")?;
            let end = line.strip_suffix(';').filter(|rest| !rest.ends_with('\\'));
            query.push_str(&end.unwrap_or(line).replace("\\;", ";"));
            query.push('\n');
            if end.is_some() {
                return Ok(query);
            }
        }
    }
}

/// Names and types: the last colon of a cell stands between them, `::` is a cast.
fn columns(header: &str) -> Result<Vec<(String, String)>, String> {
    let column = |cell: Option<String>| {
        let cell = cell.unwrap_or_default();
        let (name, kind) = cell.rsplit_once(':')?;
        let (name, kind) = (name.trim(), kind.trim());
        let whole = !name.is_empty() && !kind.is_empty() && !name.ends_with(':');
        whole.then(|| (name.to_owned(), kind.to_owned()))
    };
    let columns: Option<Vec<_>> = cells(header).into_iter().map(column).collect();
    columns.ok_or_else(|| format!("`{header}` is no header: name:type | name:type"))
}

/// The cells of a line: between bars, but for those in quotes. Quotes around a cell go away.
fn cells(line: &str) -> Vec<Option<String>> {
    split(line, '|')
        .into_iter()
        .map(|cell| unquoted(&cell))
        .collect()
}

/// A cell without blanks and quotes around it; None where nothing is between two separators.
pub(crate) fn unquoted(cell: &str) -> Option<String> {
    let inner = cell.trim();
    let quoted = inner
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(quoted) => Some(quoted.replace("\"\"", "\"")),
        None => (!cell.is_empty()).then(|| inner.to_owned()),
    }
}

/// The parts of a line between separators outside of quotes that begin a part, and of brackets.
pub(crate) fn split(line: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut depth, mut escaped) = (false, 0_usize, false);
    for character in line.chars() {
        let blank = parts.last().is_none_or(|part| part.trim().is_empty());
        match character {
            _ if escaped => {}
            '"' if quoted || blank => quoted = !quoted,
            '[' if !quoted && blank => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            _ if character == separator && !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        escaped = character == '\\' && !escaped;
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts
}
