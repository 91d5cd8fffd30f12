//! The crates that are in what ships: asked of cargo, from the locked graph.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::Result;

/// A crate, by name and version.
pub type Name = (String, String);

/// Crates, and which others each is made with.
pub type Graph = BTreeMap<Name, BTreeSet<Name>>;

/// What a package is made of for a target: no build scripts, no macros, nothing for tests.
///
/// # Errors
/// When cargo fails, or says something else than a tree.
pub fn graph(root: &Path, package: &str, features: &str, target: &str) -> Result<(Name, Graph)> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let answer = Command::new(cargo)
        .current_dir(root)
        .args(["tree", "--locked", "--package", package])
        .args(["--features", features, "--target", target])
        .args(["--edges", "normal,no-proc-macro"])
        .args(["--prefix", "depth", "--format", " {p}"])
        .output()
        .map_err(|error| format!("cargo tree: {error}"))?;
    if !answer.status.success() {
        let errors = String::from_utf8_lossy(&answer.stderr);
        return Err(format!("cargo tree --package {package}: {errors}").into());
    }
    read(&String::from_utf8(answer.stdout)?)
}

/// Reads a tree: each line has its depth, and a crate whose branches were shown before has none.
fn read(tree: &str) -> Result<(Name, Graph)> {
    let mut graph = Graph::new();
    let mut path: Vec<Name> = Vec::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let parsed = (|| {
            let depth: usize = words.next()?.parse().ok()?;
            let name = words.next()?.to_owned();
            let version = words.next()?.strip_prefix('v')?.to_owned();
            Some((depth, (name, version)))
        })();
        let (depth, name) = parsed
            .filter(|(depth, _)| *depth <= path.len())
            .ok_or_else(|| format!("cargo tree says {line:?}, where a crate is expected"))?;
        path.truncate(depth);
        graph.entry(name.clone()).or_default();
        if let Some(parent) = path.last() {
            graph
                .entry(parent.clone())
                .or_default()
                .insert(name.clone());
        }
        path.push(name);
    }
    let top = path.first().ok_or("cargo tree says nothing")?;
    Ok((top.clone(), graph))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> Name {
        (name.to_owned(), "1.0.0".to_owned())
    }

    #[test]
    fn a_tree_becomes_edges() {
        let tree =
            "0 top v1.0.0 (/somewhere)\n1 a v1.0.0\n2 b v1.0.0\n1 c v1.0.0\n2 a v1.0.0 (*)\n";
        let (top, graph) = read(tree).expect("it is a tree");
        assert_eq!(top, name("top"));
        assert_eq!(graph.len(), 4);
        assert_eq!(graph[&name("top")], BTreeSet::from([name("a"), name("c")]));
        assert_eq!(graph[&name("a")], BTreeSet::from([name("b")]));
        assert_eq!(graph[&name("c")], BTreeSet::from([name("a")]));
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        for text in ["", "what", "0 a", "0 a v1.0.0\n2 b v1.0.0", "x a v1.0.0"] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
