//! What the package is made from: version, commit, and the time that all files get.

use std::env;
use std::path::Path;
use std::process::Command;

use cargo_metadata::MetadataCommand;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Result;

/// The time to take in place of the commit's, in seconds since 1970, as reproducible builds have it.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// Version, commit and time.
#[derive(Debug, Clone)]
pub struct Source {
    /// The workspace's version.
    pub version: String,
    /// The commit, with `-dirty` where files differ from it; none outside of a repository.
    pub revision: Option<String>,
    /// Seconds since 1970.
    pub time: u64,
}

impl Source {
    /// Asks cargo and git.
    ///
    /// # Errors
    /// When the workspace cannot be read, or neither a commit nor `SOURCE_DATE_EPOCH` tells a time.
    pub fn read(root: &Path) -> Result<Self> {
        let metadata = MetadataCommand::new()
            .current_dir(root)
            .no_deps()
            .exec()
            .map_err(|error| format!("cargo metadata: {error}"))?;
        let version = metadata
            .packages
            .iter()
            .find(|package| package.name.as_str() == "weir")
            .map(|package| package.version.to_string())
            .ok_or("the workspace has no package weir")?;
        let time = match env::var(EPOCH) {
            Ok(text) => text
                .parse()
                .map_err(|error| format!("{EPOCH}={text}: {error}"))?,
            Err(_) => git(root, &["log", "-1", "--format=%ct"])
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| {
                    format!("there is no commit here to take the time of: set {EPOCH}")
                })?,
        };
        let revision = git(root, &["rev-parse", "HEAD"]).map(|commit| {
            let changed = git(root, &["status", "--porcelain"]);
            match changed.as_deref() {
                Some("") => commit,
                _ => commit + "-dirty",
            }
        });
        Ok(Self {
            version,
            revision,
            time,
        })
    }

    /// The time in RFC 3339.
    ///
    /// # Errors
    /// When it is out of the calendar.
    pub fn timestamp(&self) -> Result<String> {
        Ok(OffsetDateTime::from_unix_timestamp(self.time.try_into()?)?.format(&Rfc3339)?)
    }
}

/// What git answers, where there is git and a repository.
pub(crate) fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let answer = Command::new("git")
        .current_dir(root)
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    answer.status.success().then(|| text.trim().to_owned())
}
