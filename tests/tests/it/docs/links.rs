//! Relative links of pages, and the headings that they may name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders without pages of this repository's.
const PASSED_OVER: [&str; 3] = ["target", "out", "node_modules"];

/// All pages below a folder.
pub(crate) fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || PASSED_OVER.contains(&&*name) {
            continue;
        }
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The links of a page that lead nowhere.
pub(crate) fn broken(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let leads = |link: &String| {
        let (file, heading) = link.split_once('#').unwrap_or((link, ""));
        let target = match file {
            "" => page.to_owned(),
            file => page.parent().unwrap().join(file),
        };
        let headings = || headings(&fs::read_to_string(&target).unwrap());
        target.exists() && (heading.is_empty() || headings().contains(heading))
    };
    let links = links(&text).into_iter();
    links.filter(|link| !leads(link)).collect()
}

/// The lines of a page outside of its blocks of code.
pub(crate) fn prose(page: &str) -> Vec<&str> {
    let mut block: Option<&str> = None;
    let mut lines = Vec::new();
    for line in page.lines() {
        let opened = fence(line.trim_start());
        match block {
            Some(open) if line.trim() == open => block = None,
            Some(_) => {}
            None if opened.is_some() => block = opened,
            None => lines.push(line),
        }
    }
    lines
}

/// The backticks that open a block.
pub(crate) fn fence(line: &str) -> Option<&str> {
    let ticks = line.len() - line.trim_start_matches('`').len();
    line.get(..ticks).filter(|_| ticks >= 3)
}

/// The relative links of a page.
pub(crate) fn links(page: &str) -> Vec<String> {
    let text = prose(page).join("\n");
    // Every second part stands between backticks.
    let plain: String = text.split('`').step_by(2).collect();
    let targets = plain.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split_once(')'));
    targets
        .map(|(target, _)| target.to_owned())
        .filter(|target| !target.contains("://"))
        .collect()
}

/// The names under which a page's headings are linked to.
pub(crate) fn headings(page: &str) -> BTreeSet<String> {
    let lines = prose(page).into_iter();
    let titles = lines.filter(|line| line.starts_with('#'));
    titles
        .map(|line| slug(line.trim_start_matches('#').trim()))
        .collect()
}

/// A heading as GitHub names it.
fn slug(title: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    let lower = title.to_lowercase();
    lower
        .chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}
