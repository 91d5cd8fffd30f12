//! Selection of cases by name or pattern.

use std::path::Path;

use glob::Pattern;

use weir_common::suggestion::suggestion;
use weir_host::error::Error;

use super::FoundCase;

/// The cases whose folder's name, or whole path, is one of the patterns; `*`, `?` and `[` are
/// as in the names of files.
///
/// # Errors
///
/// [`Error::Config`] with the nearest name for each pattern that fits none.
pub fn select(cases: Vec<FoundCase>, patterns: &[String]) -> Result<Vec<FoundCase>, Error> {
    if patterns.is_empty() {
        return Ok(cases);
    }
    let mut wrong = Vec::new();
    let mut wanted = Vec::new();
    for text in patterns {
        match Pattern::new(text) {
            Ok(pattern) if cases.iter().any(|case| fits(&pattern, &case.folder)) => {
                wanted.push(pattern)
            }
            Ok(_) => wrong.push(none(text, &cases)),
            Err(error) => wrong.push(format!("--case {text}: not a pattern: {}", error.msg)),
        }
    }
    Error::problems(wrong)?;
    let is_wanted = |case: &FoundCase| wanted.iter().any(|pattern| fits(pattern, &case.folder));
    Ok(cases.into_iter().filter(is_wanted).collect())
}

fn fits(pattern: &Pattern, case: &Path) -> bool {
    pattern.matches(&name(case)) || pattern.matches_path(case)
}

/// The name of a case's folder.
fn name(case: &Path) -> String {
    let name = case.file_name().unwrap_or(case.as_os_str());
    name.to_string_lossy().into_owned()
}

fn none(text: &str, cases: &[FoundCase]) -> String {
    let names: Vec<String> = cases.iter().map(|case| name(&case.folder)).collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    match suggestion(text, &known) {
        Some(nearest) => format!("--case {text}: there is no such case; did you mean `{nearest}`?"),
        None => format!("--case {text}: there is no such case among {}", known.len()),
    }
}
