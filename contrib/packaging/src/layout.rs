//! The folder of the package, laid out as below a prefix such as /usr.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use walkdir::WalkDir;

use crate::{Inputs, Result, named, put, source, sums};

/// Where the manual pages are.
pub const MAN: &str = "share/man/man1";
/// Shells, and where each looks for completions.
pub const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/weir"),
    ("zsh", "share/zsh/site-functions/_weir"),
    ("fish", "share/fish/vendor_completions.d/weir.fish"),
];
/// The service, and where each of its files goes.
const SERVICE: [(&str, &str); 2] = [
    (
        "contrib/packaging/weir.service",
        "lib/systemd/system/weir.service",
    ),
    ("contrib/packaging/weir.toml", "etc/weir/weir.toml"),
];
/// The folder of the documents, each under its path in the repository.
const DOC: &str = "share/doc/weir";
/// Documents, and the files and folders that they link to.
const DOCUMENTS: [&str; 13] = [
    "ARCHITECTURE.md",
    "BENCHMARKS.md",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "contrib/flink",
    "contrib/python",
    "contrib/spark",
    "docs",
    "examples",
    "guest/rules/high-4xx/examples",
    "wit",
];

/// Fills a folder. Pages and completions are the command's own, so it has to run here.
pub(crate) fn fill(inputs: &Inputs, folder: &Path) -> Result<()> {
    same_component(inputs)?;
    copy(inputs.weir, &folder.join("bin/weir"))?;
    copy(inputs.component, &folder.join("lib/weir/aadgraph.wasm"))?;
    copy(
        inputs.module,
        &folder.join("lib/weir/aadgraph-4xx-fluent-bit.wasm"),
    )?;
    for (from, to) in SERVICE {
        copy(&inputs.root.join(from), &folder.join(to))?;
    }
    for document in DOCUMENTS {
        for file in tracked(inputs.root, document)? {
            let name = file.strip_prefix(inputs.root)?;
            copy(&file, &folder.join(DOC).join(name))?;
        }
    }
    let man = folder.join(MAN);
    weir(inputs.weir, &["man".as_ref(), man.as_os_str()])?;
    for (shell, to) in COMPLETIONS {
        let script = weir(inputs.weir, &["completions".as_ref(), shell.as_ref()])?;
        put(&folder.join(to), &script)?;
    }
    Ok(())
}

/// Refuses a component beside the command that is not the one inside of it.
fn same_component(inputs: &Inputs) -> Result<()> {
    let bytes = fs::read(inputs.component).map_err(named(inputs.component))?;
    let said = weir(inputs.weir, &["inspect".as_ref(), "--json".as_ref()])?;
    let said: serde_json::Value = serde_json::from_slice(&said)?;
    if said["sha256"].as_str() != Some(sums::sha256(&bytes).as_str()) {
        let (file, command) = (inputs.component.display(), inputs.weir.display());
        return Err(format!("{file} is not the component inside of {command}").into());
    }
    Ok(())
}

/// What the command prints.
fn weir(binary: &Path, arguments: &[&std::ffi::OsStr]) -> Result<Vec<u8>> {
    // A name without a folder would be looked for on the path.
    let binary = std::path::absolute(binary)?;
    let answer = Command::new(&binary)
        .args(arguments)
        .output()
        .map_err(named(&binary))?;
    if !answer.status.success() {
        let errors = String::from_utf8_lossy(&answer.stderr);
        return Err(format!(
            "{} ended with {}: {errors}",
            binary.display(),
            answer.status
        )
        .into());
    }
    Ok(answer.stdout)
}

/// The files at or below a path that are in the repository, sorted: not what else lies there, such
/// as secrets of whoever tried an example. Outside of a repository, those that look like it.
fn tracked(root: &Path, path: &str) -> Result<Vec<PathBuf>> {
    let listed = source::git(root, &["ls-files", "-z", "--", path]);
    // Another project's repository, in which this one was unpacked, lists nothing.
    if let Some(listed) = listed.filter(|listed| !listed.is_empty()) {
        let names = listed.split('\0').filter(|name| !name.is_empty());
        let mut files: Vec<PathBuf> = names.map(|name| root.join(name)).collect();
        files.sort();
        return Ok(files);
    }
    let mut files = Vec::new();
    let walk = WalkDir::new(root.join(path))
        .sort_by_file_name()
        .into_iter();
    let kept = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        !name.starts_with('.')
            && !name.ends_with(".secret")
            && !["node_modules", "__pycache__", "detector"].contains(&&*name)
    };
    for entry in walk.filter_entry(kept) {
        let entry = entry?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// Copies a file, executable or not as it is.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(named(parent))?;
    }
    fs::copy(from, to).map_err(named(from))?;
    Ok(())
}
