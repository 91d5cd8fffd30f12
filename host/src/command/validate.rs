//! `weir validate`: what is wrong with configuration files.

use std::time::SystemTime;

use weir::Error;
use weir::validate::validate as look_at;

use super::print;
use crate::cli::ValidateArgs;

/// Runs the command.
pub(crate) fn validate(arguments: &ValidateArgs) -> Result<u8, Error> {
    let mut codes = Vec::new();
    for path in &arguments.configs {
        let report = look_at(path, SystemTime::now());
        print(&report.to_string())?;
        codes.push(report.exit_code());
    }
    // 2 goes before 3.
    let worst = [2, 3].into_iter().find(|code| codes.contains(code));
    Ok(worst.unwrap_or(0))
}
