//! `weir compile`: rule files to a component.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use weir_common::escape::{escape, escape_json};
use weir_common::numbers::counted;
use weir_compile::{Choice, Compilation, State, report, sources};
use weir_host::{Error, Limits, Sandbox};
use weir_shipped::COMPILED;

use super::{fail, print, say, warn};
use crate::cli::CompileArgs;

/// Runs the command.
pub(crate) fn compile(arguments: &CompileArgs) -> Result<u8, Error> {
    let (files, failed) = sources::read(&arguments.files);
    for file in &failed {
        let what = format!("{}: {}", escape(&file.name), escape(&file.why));
        fail("rule-file-unreadable", what);
    }
    let choice = Choice {
        ids: arguments.rules.clone(),
        all: arguments.all,
    };
    let compilation = weir_compile::compile(&files, &choice);
    if arguments.json {
        let json = report::json(&compilation);
        print(&escape_json(&format!("{json:#}\n")))?;
    } else {
        let lines = report::findings(&compilation)
            + &report::notes(&compilation)
            + &report::table(&compilation);
        let lines = lines.lines().map(|line| format!("{}\n", escape(line)));
        print(&lines.collect::<String>())?;
    }
    let left_out = compilation.count(State::LeftOut);
    let code = match &arguments.output {
        Some(output) => {
            if let Some(file) = files
                .iter()
                .find(|file| same(Path::new(&file.name), output))
            {
                return Err(Error::config(format!(
                    "--output {}: it is the rule file {}",
                    output.display(),
                    file.name
                )));
            }
            write(&compilation, output)?
        }
        None => u8::from(left_out > 0),
    };
    if left_out > 0 {
        let what = format!("{} left out", counted(left_out, "rule"));
        match arguments.check {
            true => fail("rules-left-out", what),
            false => warn("rules-left-out", what),
        }
    }
    Ok(if failed.is_empty() { code } else { 3 })
}

/// Whether two paths are of one file.
fn same(one: &Path, other: &Path) -> bool {
    same_file::is_same_file(one, other).unwrap_or(false)
}

/// Writes the component, whole or not at all, if any rule is in it and a host takes it.
fn write(compilation: &Compilation, output: &Path) -> Result<u8, Error> {
    if compilation.specs.is_empty() {
        fail(
            "nothing-compiled",
            "no rule is understood: nothing was written",
        );
        return Ok(3);
    }
    let bytes = compilation.component(COMPILED);
    let bytes = bytes.map_err(|why| Error::Config(vec![why]))?;
    Sandbox::new(&bytes, &Limits::default())?.describe()?;
    let failed = |source| Error::output(output.display(), source);
    let folder = output.parent().filter(|folder| *folder != Path::new(""));
    let mut file = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o644))
        .tempfile_in(folder.unwrap_or(Path::new(".")))
        .map_err(failed)?;
    file.write_all(&bytes).map_err(failed)?;
    file.persist(output).map_err(|error| failed(error.error))?;
    let rules = counted(compilation.specs.len(), "rule");
    say(
        "compiled",
        format!("{rules} in {}", escape(&output.display().to_string())),
    );
    Ok(0)
}
