//! Checks of the documents: code that they show, and links between them.
//!
//! A fenced block right after a line `<!-- file: PATH -->`, PATH from the root of the
//! repository, must be that file, byte for byte; after `<!-- file: PATH, fn NAME -->` it must be
//! that function of it. With `WEIR_UPDATE=1` the pages are written anew from the files. Every
//! relative link of every page leads to a file that exists, and to a heading of it. Every path that
//! ARCHITECTURE.md names exists.

mod links;

use std::fs;
use std::path::{Path, PathBuf};

use links::fence;

const BEGIN: &str = "<!-- file: ";
const END: &str = " -->";

/// A block that is said to be a file, or a function of it.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    path: String,
    function: Option<String>,
    text: String,
}

impl Shown {
    /// What the file holds of it now.
    fn held(&self) -> Result<String, String> {
        let failed = |error| format!("{}: {error}", self.path);
        let file = fs::read_to_string(root().join(&self.path)).map_err(failed)?;
        match &self.function {
            None => Ok(file),
            Some(name) => {
                function(&file, name).ok_or(format!("{}: there is no fn {name}", self.path))
            }
        }
    }
}

/// A function at the margin of a file, without what stands before its first line.
fn function(file: &str, name: &str) -> Option<String> {
    let begins = |line: &str| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        let rest = line
            .strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with(['(', '<']))
    };
    let lines = file.lines().skip_while(|line| !begins(line));
    let mut text = String::new();
    for line in lines {
        text.push_str(line);
        text.push('\n');
        if line == "}" {
            return Some(text);
        }
    }
    None
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
        let (path, function) = match path.split_once(", fn ") {
            Some((path, name)) => (path, Some(name.to_owned())),
            None => (path, None),
        };
        let path = path.to_owned();
        found.push(Shown {
            path,
            function,
            text,
        });
    }
    Ok(found)
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

/// What is wrong with the blocks of a page. Those of other text are mended when that is asked for.
fn compare(page: &Path, blocks: &mut usize) -> Vec<String> {
    let mut text = fs::read_to_string(page).unwrap();
    let all = match shown(&text) {
        Err(problem) => return vec![problem],
        Ok(all) => all,
    };
    *blocks += all.len();
    let mut wrong = Vec::new();
    let mut mended = false;
    for block in all {
        match block.held() {
            Ok(held) if held == block.text => {}
            Ok(held) if std::env::var_os("WEIR_UPDATE").is_some() => {
                let mark = match &block.function {
                    Some(name) => format!("{BEGIN}{}, fn {name}{END}\n", block.path),
                    None => format!("{BEGIN}{}{END}\n", block.path),
                };
                let (before, after) = text.split_once(&mark).unwrap();
                let after =
                    after.replacen(&format!("\n{}```", block.text), &format!("\n{held}```"), 1);
                text = format!("{before}{mark}{after}");
                mended = true;
            }
            Ok(_) => wrong.push(format!("other text than in {}", block.path)),
            Err(error) => wrong.push(error),
        }
    }
    if mended {
        fs::write(page, text).unwrap();
    }
    wrong
}

#[test]
fn shown_code_equals_its_files() {
    let mut wrong = Vec::new();
    let mut blocks = 0;
    for page in links::pages(&root()) {
        let name = page.strip_prefix(root()).unwrap().display().to_string();
        let found = compare(&page, &mut blocks);
        wrong.extend(
            found
                .into_iter()
                .map(|problem| format!("{name}: {problem}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(blocks > 0, "no page shows a file");
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut wrong = Vec::new();
    for page in links::pages(&root()) {
        let name = page.strip_prefix(root()).unwrap().display().to_string();
        let broken = links::broken(&page).into_iter();
        wrong.extend(broken.map(|link| format!("{name}: {link}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn paths_are_those_of_files_and_folders() {
    let mut missing = Vec::new();
    for page in ["ARCHITECTURE.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        let text = links::prose(&text).join("\n").replace("RULE", "high-4xx");
        let code = text.split('`').skip(1).step_by(2);
        // A path is from the root, or from the folder of the one before.
        let mut folder = root();
        for path in code.filter(|code| code.contains('/') || code.ends_with(".rs")) {
            let full = root().join(path);
            match full.is_dir() {
                true => folder = full,
                false if full.exists() => folder = full.parent().unwrap().to_owned(),
                false if folder.join(path).exists() => {}
                false => missing.push(format!("{page}: {path}")),
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn links_are_found_outside_of_code() {
    let page = "# A b, `c`\n[x](y.md#z) `[no](no)` [w](https://w.example)\n```\n[no](no)\n# No\n```\n![i](i.png)\n";
    assert_eq!(links::links(page), ["y.md#z", "i.png"]);
    let headings: Vec<_> = links::headings(page).into_iter().collect();
    assert_eq!(headings, ["a-b-c"]);
}

#[test]
fn the_page_on_detections_shows_a_whole_rule() {
    let page = fs::read_to_string(root().join("docs/detections.md")).unwrap();
    let rules = shown(&page).unwrap();
    let mut paths = rules.iter().map(|block| block.path.as_str());
    assert!(paths.any(|path| path == "weir/new/templates/rust/src/lib.rs"));
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
<!-- file: d, fn e -->
````md
```
````
";
    let block = |path: &str, function: Option<&str>, text: &str| Shown {
        path: path.to_owned(),
        function: function.map(str::to_owned),
        text: text.to_owned(),
    };
    let found = [block("a/b.py", None, "x\n"), block("d", Some("e"), "```\n")];
    assert_eq!(shown(page).unwrap(), found);
}

#[test]
fn a_function_ends_at_its_brace() {
    let file = "fn ab() {\n}\npub fn a<T>() {\n    {\n    }\n}\nfn b() {}\n";
    let found = function(file, "a");
    assert_eq!(found.as_deref(), Some("pub fn a<T>() {\n    {\n    }\n}\n"));
    assert_eq!(function(file, "c"), None);
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
