//! `weir check`: a component held to the laws of the contract.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde_json::{Value as Json, json};

use weir_check::{LAWS, Law, LawResult, Options, Subject, Verdict};
use weir_common::escape::{escape, escape_json};
use weir_common::numbers::counted;
use weir_host::{Error, Sandbox};
use weir_sources::input;

use super::{fail, opening, print, sandbox, warn};
use crate::cli::{CheckArgs, STDOUT};
use crate::terminal::{BAD, FAINT, GOOD, ODD, Paint};

/// Sentences shown for a law that fails.
const SHOWN: usize = 8;

/// Runs the command.
pub(crate) fn check(arguments: &CheckArgs) -> Result<u8, Error> {
    let mut config = arguments.trust.config()?;
    if arguments.component.is_some() {
        config.component.clone_from(&arguments.component);
    }
    arguments.open.set(&mut config)?;
    let laws = laws(&arguments.laws)?;
    is_free(&arguments.output)?;
    let sandbox = sandbox(config.component.as_ref(), &config)?;
    let rules = opening::chosen(&sandbox, &config)?;
    let subject = Subject::new(&sandbox, rules, &config.tables)?;
    let opened = subject.open(&[], None);
    opened.map_err(|error| config.origins.explain(error, &subject.rules))?;
    let lines = events(arguments, &sandbox)?;
    let documents = lines.len();
    let options = Options {
        seed: arguments.seed,
        rounds: arguments.rounds as usize,
        flood: arguments.flood as usize,
        laws,
    };
    // A report for machines takes standard output for itself.
    let to_stdout = arguments.junit.as_deref() == Some(Path::new(STDOUT));
    let table = !arguments.json && !to_stdout;
    let paint = Paint::stdout();
    let results = weir_check::check(&subject, lines, &options, |result| {
        if let Verdict::Failed(found) = &result.verdict {
            let folder = arguments.output.join(result.law.name);
            weir_check::write(&folder, &subject, result.law, found)?;
        }
        match table {
            true => print(&show(result, arguments, paint)),
            false => Ok(()),
        }
    })?;
    let [held, failed, left_out] = tally(&results);
    if table {
        let laws = counted(results.len(), "law");
        print(&format!(
            "{laws}: {held} held, {failed} failed, {left_out} left out\n"
        ))?;
    } else if arguments.json {
        let report = json(arguments, &sandbox, documents, &results);
        print(&escape_json(&format!("{report:#}\n")))?;
    }
    if let Some(path) = &arguments.junit {
        let name = config.component.as_ref().map(ToString::to_string);
        let name = name.as_deref().unwrap_or("built-in component");
        let report = weir_check::junit(name, &results)?;
        match to_stdout {
            true => print(&report)?,
            false => {
                fs::write(path, report).map_err(|source| Error::output(path.display(), source))?
            }
        }
    }
    if failed > 0 {
        fail(
            "laws-failed",
            format!("{failed} of {} failed", counted(results.len(), "law")),
        );
    }
    Ok(u8::from(failed > 0))
}

/// The laws that are named, in their order; all where none is.
fn laws(names: &[String]) -> Result<Vec<&'static Law>, Error> {
    let problems = names.iter().filter_map(|name| match weir_check::law(name) {
        Err(Error::Config(words)) => Some(words.join("\n")),
        _ => None,
    });
    Error::problems(problems.map(|words| format!("--law: {words}")))?;
    let wanted = |law: &&Law| names.is_empty() || names.iter().any(|name| name == law.name);
    Ok(LAWS.iter().filter(wanted).collect())
}

/// Refuses a folder for counterexamples that has something in it, before anything is tried.
fn is_free(folder: &Path) -> Result<(), Error> {
    let failed = |source| Error::output(folder.display(), source);
    match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(error)),
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::config(format!(
                "--output {}: the folder is not empty; name another one, or remove it",
                folder.display()
            ))),
        },
    }
}

/// The documents that are tried, a line each.
fn events(arguments: &CheckArgs, sandbox: &Sandbox) -> Result<Vec<Vec<u8>>, Error> {
    let (sources, errors) = input::expand(std::slice::from_ref(&arguments.events));
    if let Some(error) = errors.into_iter().next() {
        return Err(error.into());
    }
    let most = arguments.max_events as usize;
    let material = weir_check::read(&sources, sandbox.limits(), most)?;
    let count = material.documents.len();
    let documents = material.documents.into_iter().take(most);
    let lines: Vec<Vec<u8>> = documents
        .map(|mut document| {
            document.line.pop();
            document.line
        })
        .collect();
    if lines.is_empty() {
        return Err(Error::input(
            &arguments.events,
            "has no documents to try the laws on",
        ));
    }
    if material.refused > 0 {
        let refused = counted(material.refused, "document");
        warn(
            "events-left-out",
            format!("{refused} of the events are malformed and left out"),
        );
    }
    if count > most {
        let all = counted(most, "document");
        warn(
            "events-left-out",
            format!("only the first {all} are tried (--max-events)"),
        );
    }
    Ok(lines)
}

/// How many laws held, failed and were left out.
fn tally(results: &[LawResult]) -> [usize; 3] {
    let failed = results.iter().filter(|result| result.failed()).count();
    let left_out = |result: &&LawResult| matches!(result.verdict, Verdict::LeftOut(_));
    let left_out = results.iter().filter(left_out).count();
    [results.len() - failed - left_out, failed, left_out]
}

/// A law as a row, with what is wrong below.
fn show(result: &LawResult, arguments: &CheckArgs, paint: Paint) -> String {
    let name = format!("{:13}", result.law.name);
    match &result.verdict {
        Verdict::Held => {
            let verdict = paint.apply(GOOD, "held    ");
            format!("{verdict}  {name}  {}\n", result.law.says)
        }
        Verdict::LeftOut(why) => {
            let verdict = paint.apply(ODD, "left out");
            format!("{verdict}  {name}  {}\n", escape(why))
        }
        Verdict::Failed(found) => {
            let verdict = paint.apply(BAD, "FAILED  ");
            let mut text = format!("{verdict}  {name}  {}\n", result.law.says);
            let sentences = found.fault.sentences();
            for sentence in sentences.iter().take(SHOWN) {
                text.push_str(&format!("            {}\n", escape(sentence)));
            }
            if sentences.len() > SHOWN {
                text.push_str(&format!(
                    "            and {} more\n",
                    sentences.len() - SHOWN
                ));
            }
            let small = format!(
                "{}, {}: {}",
                counted(found.tried.lines.len(), "document"),
                counted(found.tried.schedule.calls.len(), "call"),
                replay(result.law, arguments)
            );
            text.push_str(&format!(
                "            {}\n",
                paint.apply(FAINT, &escape(&small))
            ));
            text
        }
    }
}

/// The command that replays a counterexample.
fn replay(law: &Law, arguments: &CheckArgs) -> String {
    let component = arguments.component.iter();
    let component: String = component
        .map(|component| format!("--component {component} "))
        .collect();
    format!(
        "weir test {component}{}",
        arguments.output.join(law.name).display()
    )
}

fn json(arguments: &CheckArgs, sandbox: &Sandbox, documents: usize, results: &[LawResult]) -> Json {
    let law = |result: &LawResult| {
        let mut row = json!({
            "law": result.law.name,
            "says": result.law.says,
            "tries": result.tries,
        });
        match &result.verdict {
            Verdict::Held => row["verdict"] = "held".into(),
            Verdict::LeftOut(why) => {
                row["verdict"] = "left-out".into();
                row["why"] = json!([why]);
            }
            Verdict::Failed(found) => {
                row["verdict"] = "failed".into();
                row["why"] = found.fault.sentences().into();
                row["documents"] = found.tried.lines.len().into();
                row["calls"] = found.tried.schedule.calls.len().into();
                row["folder"] = arguments
                    .output
                    .join(result.law.name)
                    .display()
                    .to_string()
                    .into();
            }
        }
        row
    };
    let [held, failed, left_out] = tally(results);
    json!({
        "component_sha256": sandbox.sha256(),
        "seed": arguments.seed,
        "documents": documents,
        "held": held,
        "failed": failed,
        "left_out": left_out,
        "laws": results.iter().map(law).collect::<Vec<Json>>(),
    })
}
