//! Index of known files by inode, path and first bytes.

use std::collections::{BTreeMap, HashMap};

use crate::input::FileFingerprint;

/// Index of the start by which longer texts are found.
const START: usize = 4;
/// Bytes of that start.
pub(super) const TELLING: usize = 1024;

/// Numbers of known files, by what tells them.
#[derive(Debug, Default)]
pub(super) struct Index {
    numbers: HashMap<(u64, u64), Vec<usize>>,
    paths: HashMap<String, Vec<usize>>,
    /// By how many first bytes they are known, and the digest of these.
    heads: BTreeMap<usize, HashMap<String, Vec<usize>>>,
    /// By the digest of their first [`TELLING`] bytes, where they are known by more.
    starts: HashMap<u64, Vec<usize>>,
}

impl Index {
    /// Adds a file under a number, which is higher than those before.
    pub(super) fn add(&mut self, at: usize, identity: &FileFingerprint) {
        let numbers = (identity.device, identity.inode);
        self.numbers.entry(numbers).or_default().push(at);
        self.paths
            .entry(identity.path.clone())
            .or_default()
            .push(at);
        let heads = self.heads.entry(identity.head).or_default();
        heads.entry(identity.digest.clone()).or_default().push(at);
        if let Some(start) = identity.starts.get(START) {
            self.starts.entry(*start).or_default().push(at);
        }
    }

    /// Those of a file's device and number.
    pub(super) fn at(&self, identity: &FileFingerprint) -> &[usize] {
        some(self.numbers.get(&(identity.device, identity.inode)))
    }

    /// Those of a path.
    pub(super) fn path(&self, path: &str) -> &[usize] {
        some(self.paths.get(path))
    }

    /// Those that a text may be a copy or a part of: `digest` gives that of so many of its first
    /// bytes, if it has them.
    pub(super) fn kin(
        &self,
        starts: &[u64],
        digest: impl Fn(usize) -> Option<String>,
    ) -> Vec<usize> {
        let alike = self.heads.iter().flat_map(|(length, heads)| {
            let same = digest(*length).and_then(|digest| heads.get(&digest));
            some(same)
        });
        let longer = starts.get(START).and_then(|start| self.starts.get(start));
        let mut found: Vec<usize> = alike.chain(some(longer)).copied().collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn some(numbers: Option<&Vec<usize>>) -> &[usize] {
    numbers.map_or(&[], Vec::as_slice)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_each_of_what_tells_them() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = Index::default();
        let of = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            FileFingerprint::of(&path).unwrap().unwrap().0
        };
        let (short, long) = ("{\"a\":1}\n".repeat(20), "{\"b\":2}\n".repeat(900));
        let files = [
            of("a", &short),
            of("b", &long),
            of("c", &long),
            of("d", &long[..3000]),
        ];
        for (at, identity) in files.iter().enumerate() {
            index.add(at, identity);
        }
        for (at, identity) in files.iter().enumerate() {
            assert_eq!(index.at(identity), [at]);
            assert_eq!(index.path(&identity.path), [at]);
        }
        assert_eq!(index.path("elsewhere"), [0; 0]);
        let kin = |text: &str| {
            let starts = crate::input::starts(&text.as_bytes()[..text.len().min(4096)]);
            let digest = |length| text.as_bytes().get(..length).map(crate::input::digest);
            index.kin(&starts, digest)
        };
        assert_eq!(kin(&(short.clone() + "{}")), [0]);
        assert_eq!(kin(&long), [1, 2, 3]);
        // A part of them.
        assert_eq!(kin(&long[..2000]), [1, 2, 3]);
        assert_eq!(kin("other"), [0; 0]);
    }
}
