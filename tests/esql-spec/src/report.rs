//! What came of the tests of a folder.

use std::collections::BTreeMap;
use std::fmt;

/// What came of the tests of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// The file's name.
    pub name: String,
    /// How many tests passed.
    pub passed: usize,
    /// The place and name of each that failed, and how.
    pub failed: Vec<(String, String)>,
    /// How many were left out, by what is not supported.
    pub left_out: BTreeMap<String, usize>,
    /// What of the file is no test, with its line.
    pub malformed: Vec<String>,
}

/// What came of the tests of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its files in the order of their names.
    pub files: Vec<FileReport>,
}

impl Report {
    /// Whether a test failed.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.files.iter().any(|file| !file.failed.is_empty())
    }

    /// Whether a part of a file is no test.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        self.files.iter().any(|file| !file.malformed.is_empty())
    }
}

fn line(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    passed: usize,
    failed: usize,
    left_out: usize,
) -> fmt::Result {
    writeln!(f, "{name:<32} {passed:>7} {failed:>7} {left_out:>9}")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut features: BTreeMap<&str, usize> = BTreeMap::new();
        let mut all = [0; 3];
        for file in &self.files {
            for (title, why) in &file.failed {
                writeln!(f, "FAILED {title}\n  {}\n", why.replace('\n', "\n  "))?;
            }
            for place in &file.malformed {
                writeln!(f, "MALFORMED {}{place}\n", file.name)?;
            }
            for (feature, count) in &file.left_out {
                *features.entry(feature).or_default() += count;
            }
        }
        writeln!(f, "{:<32}  passed  failed  left out", "file")?;
        for file in &self.files {
            let counts = [file.passed, file.failed.len(), file.left_out.values().sum()];
            { all.iter_mut() }
                .zip(counts)
                .for_each(|(all, more)| *all += more);
            line(f, &file.name, counts[0], counts[1], counts[2])?;
        }
        line(f, "all", all[0], all[1], all[2])?;
        let mut features: Vec<(&str, usize)> = features.into_iter().collect();
        features.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        if !features.is_empty() {
            writeln!(f, "\nleft out for")?;
        }
        for (feature, count) in features {
            writeln!(f, "{count:>7} {feature}")?;
        }
        Ok(())
    }
}
