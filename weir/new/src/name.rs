//! Names of detectors, which are names of crates, of modules and of rules on a command line.

use weir_host::Error;

use super::lock;

/// Longest name of a rule on a command line, in bytes.
const LONGEST: usize = 64;
/// Names that a crate, a module or a folder beside it cannot have.
const TAKEN: [&str; 33] = [
    "alloc",
    "as",
    "bool",
    "break",
    "build",
    "char",
    "const",
    "core",
    "deps",
    "else",
    "enum",
    "examples",
    "false",
    "fn",
    "for",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "match",
    "mod",
    "proc-macro",
    "pub",
    "return",
    "self",
    "std",
    "struct",
    "test",
    "true",
    "type",
    "while",
];

/// Checks that a detector can have this name.
///
/// # Errors
///
/// [`Error::Config`] with what is wrong, and a name that would do where one is near.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let first = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !first || !name.chars().all(is_plain) || name.ends_with('-') || name.len() > LONGEST {
        let near = nearest(name);
        let hint = match near.is_empty() {
            true => String::new(),
            false => format!("; `{near}` would do"),
        };
        return Err(Error::config(format!(
            "`{name}` is no name of a detector: at most {LONGEST} lower-case letters, digits and \
             hyphens, a letter first{hint}"
        )));
    }
    if TAKEN.contains(&name) || lock::has(name) {
        return Err(Error::config(format!(
            "`{name}` is a name that Rust or a crate below the detector has; `{name}-rule` would do"
        )));
    }
    Ok(())
}

/// The nearest name that would do; empty if nothing is left of it.
fn nearest(name: &str) -> String {
    let mut near = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' => near.push(c),
            '0'..='9' if !near.is_empty() => near.push(c),
            _ if near.is_empty() || near.ends_with('-') => {}
            _ => near.push('-'),
        }
    }
    near.truncate(LONGEST);
    near.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_crate_s_name_is_refused_with_one_that_is() {
        for name in ["a", "failed-logins", "t1087", "x-9"] {
            assert!(check(name).is_ok(), "{name}");
        }
        for (name, near) in [
            ("Failed Logins", "failed-logins"),
            ("failed_logins", "failed-logins"),
            ("9lives", "lives"),
            ("rule/../x", "rule-x"),
            ("x-", "x"),
            ("-", ""),
            ("", ""),
            ("ä", ""),
        ] {
            assert_eq!(nearest(name), near);
            assert!(check(name).is_err(), "{name}");
        }
        for name in [
            "test",
            "core",
            "weir-detector",
            "memchr",
            "a".repeat(65).as_str(),
        ] {
            assert!(check(name).is_err(), "{name}");
        }
    }
}
