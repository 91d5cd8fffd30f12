//! `weir validate`: check of configuration files.

use std::time::SystemTime;

use crate::validate::validate as look_at;
use weir_common::numbers::counted;
use weir_host::Error;

use super::{fail, print};
use crate::cli::ValidateArgs;
use crate::terminal::{BAD, GOOD, ODD, Paint};

/// Runs the command.
pub(crate) fn validate(arguments: &ValidateArgs) -> Result<u8, Error> {
    let paint = Paint::stdout();
    let mut codes = Vec::new();
    for path in &arguments.configs {
        let validation = look_at(path, &arguments.rules.rules, SystemTime::now());
        let lines = validation.to_string();
        let lines = lines.lines().map(|line| painted(line, paint));
        print(&lines.collect::<String>())?;
        codes.push(validation.exit_code());
    }
    // 2 goes before 3.
    let worst = [2, 3].into_iter().find(|code| codes.contains(code));
    if worst.is_some() {
        let wrong = codes.iter().filter(|code| **code != 0).count();
        let all = counted(codes.len(), "configuration");
        fail(
            "configuration-wrong",
            format!("{wrong} of {all} would not run"),
        );
    }
    Ok(worst.unwrap_or(0))
}

/// A line of a report with its first word marked.
fn painted(line: &str, paint: Paint) -> String {
    let (level, rest) = line.split_once(' ').unwrap_or((line, ""));
    let style = match level {
        "ok" => GOOD,
        "warning" => ODD,
        _ => BAD,
    };
    format!("{} {rest}\n", paint.apply(style, level))
}
