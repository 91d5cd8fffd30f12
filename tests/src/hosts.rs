//! Programs that run the detection, each in its own way: the sandbox, the plain library, Node,
//! Python. All are called as `PROGRAM CONFIGURATION [TABLE] < NDJSON`, print one alert a line as
//! the contract's record in JSON, and say on stderr what they counted.

pub mod same;
pub mod speed;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

/// One such program.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its name in reports.
    pub name: String,
    /// The program and its first arguments.
    pub command: Vec<String>,
}

/// What a program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its alerts, one a line.
    pub alerts: String,
    /// What it counted, or what was wrong.
    pub words: String,
    /// Whether it ended well.
    pub well: bool,
}

/// Reads hosts from a command line: `--host NAME PROGRAM ARGUMENT... --host NAME ...`.
#[must_use]
pub fn read(arguments: &[String]) -> Option<Vec<Host>> {
    let mut parts = arguments.split(|argument| argument == "--host");
    if !parts.next()?.is_empty() {
        return None;
    }
    parts
        .map(|part| match part {
            [name, command @ ..] if !command.is_empty() => Some(Host {
                name: name.clone(),
                command: command.to_vec(),
            }),
            _ => None,
        })
        .collect()
}

impl Host {
    /// Runs it over a file.
    ///
    /// # Errors
    /// When it cannot be started, or the file cannot be opened.
    pub fn run(
        &self,
        configuration: &str,
        table: Option<&Path>,
        input: &Path,
    ) -> Result<Said, String> {
        let (program, arguments) = self.command.split_first().ok_or("a host has no command")?;
        let file = File::open(input).map_err(|e| format!("{}: {e}", input.display()))?;
        let ended = Command::new(program)
            .args(arguments)
            .arg(configuration)
            .args(table)
            .stdin(Stdio::from(file))
            .output()
            .map_err(|e| format!("{program}: {e}"))?;
        Ok(Said {
            alerts: String::from_utf8_lossy(&ended.stdout).into_owned(),
            words: String::from_utf8_lossy(&ended.stderr).into_owned(),
            well: ended.status.success(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn hosts_are_read_from_a_command_line() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let hosts = read(&words("--host a b --host node node x.mjs")).unwrap();
        assert_eq!(hosts.len(), 2);
        assert_eq!(hosts[1].name, "node");
        assert_eq!(hosts[1].command, ["node", "x.mjs"]);
        assert!(read(&words("a --host b c")).is_none());
        assert!(read(&words("--host b")).is_none());
    }
}
