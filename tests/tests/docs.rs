//! What the pages in `docs/` show is what the files hold.
//!
//! A fenced block right after a line `<!-- file: PATH -->`, PATH from the root of the
//! repository, must be that file, byte for byte.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- file: ";
const END: &str = " -->";

/// A block that is said to be a file.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    path: String,
    text: String,
}

/// The blocks of a page that name their file, or what is wrong with its marks.
fn shown(page: &str) -> Result<Vec<Shown>, String> {
    let mut found = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        // A mark inside of another block is text like any other.
        if let Some(fence) = fence(line) {
            block(&mut lines, fence).ok_or(format!("line {}: a block without end", at + 1))?;
        }
        let Some(path) = line
            .strip_prefix(BEGIN)
            .and_then(|rest| rest.strip_suffix(END))
        else {
            continue;
        };
        let next = lines.by_ref().find(|(_, line)| !line.trim().is_empty());
        let text = next
            .and_then(|(_, line)| fence(line))
            .and_then(|fence| block(&mut lines, fence))
            .ok_or(format!("line {}: no whole block after this mark", at + 1))?;
        let path = path.to_owned();
        found.push(Shown { path, text });
    }
    Ok(found)
}

/// The backticks that open a block.
fn fence(line: &str) -> Option<&str> {
    let ticks = line.len() - line.trim_start_matches('`').len();
    line.get(..ticks).filter(|_| ticks >= 3)
}

/// The lines up to the closing backticks.
fn block<'p>(lines: &mut impl Iterator<Item = (usize, &'p str)>, fence: &str) -> Option<String> {
    let mut text = String::new();
    for (_, line) in lines {
        if line.trim_end() == fence {
            return Some(text);
        }
        text.push_str(line);
        text.push('\n');
    }
    None
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

#[test]
fn what_the_pages_show_is_what_the_files_hold() {
    let mut wrong = Vec::new();
    let mut blocks = 0;
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let page = entry.unwrap().path();
        if page.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        match shown(&fs::read_to_string(&page).unwrap()) {
            Err(problem) => wrong.push(format!("docs/{name}: {problem}")),
            Ok(all) => {
                blocks += all.len();
                for Shown { path, text } in all {
                    match fs::read_to_string(root().join(&path)) {
                        Ok(file) if file == text => {}
                        Ok(_) => wrong.push(format!("docs/{name}: other text than in {path}")),
                        Err(error) => wrong.push(format!("docs/{name}: {path}: {error}")),
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(blocks > 0, "no page shows a file");
}

#[test]
fn the_page_on_detections_shows_a_whole_rule() {
    let page = fs::read_to_string(root().join("docs/detections.md")).unwrap();
    let rules = shown(&page).unwrap();
    let mut paths = rules.iter().map(|block| block.path.as_str());
    assert!(paths.any(|path| path == "guest/rules/enumeration/src/rule.rs"));
}

#[test]
fn blocks_are_found_by_their_marks() {
    let page = "\
<!-- file: a/b.py -->

```python
x
```
```sh
<!-- file: c -->
```
<!-- file: d -->
````md
```
````
";
    let pair = |path: &str, text: &str| Shown {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    assert_eq!(
        shown(page).unwrap(),
        [pair("a/b.py", "x\n"), pair("d", "```\n")]
    );
}

#[test]
fn a_mark_without_its_block_is_an_error() {
    for page in [
        "<!-- file: a -->\ntext\n",
        "<!-- file: a -->\n```\nno end\n",
        "<!-- file: a -->",
        "```\nno end",
    ] {
        assert!(shown(page).is_err(), "{page}");
    }
}
