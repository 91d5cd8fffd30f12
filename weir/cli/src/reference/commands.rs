//! The command line: commands, arguments, options and exit codes.

use std::error::Error as _;

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::page::{Page, code, prose};
use crate::cli::Cli;

/// An argument's or option's form, range, default, and meaning with each possible value.
type Row = [String; 4];

/// Writes what the command line takes.
pub(super) fn write(page: &mut Page, root: &Command) {
    page.heading(2, "Options of all commands");
    table(page, &rows(root, |_| true));
    if let Some((title, codes)) = notes(root).split_once('\n') {
        page.heading(2, title.trim_end_matches(':'));
        page.block(codes);
    }
    let commands = root.get_subcommands();
    // Those of all commands are handed down to each.
    let with_rows = |command| (command, rows(command, |option| !option.is_global_set()));
    let commands: Vec<(&Command, Vec<Row>)> = commands.map(with_rows).collect();
    // An option that is another one elsewhere stands in the table of each command.
    let is_shared = |row: &Row| {
        let all = || commands.iter().flat_map(|(_, rows)| rows);
        let alike = || all().filter(|other| other[0] == row[0]);
        alike().count() > 1 && alike().all(|other| other == row)
    };
    let mut shared: Vec<Row> = Vec::new();
    for row in commands.iter().flat_map(|(_, rows)| rows) {
        if is_shared(row) && !shared.contains(row) {
            shared.push(row.clone());
        }
    }
    page.heading(2, SHARED);
    table(page, &shared);
    page.heading(2, "Commands");
    for (command, rows) in &commands {
        let (shared, own): (Vec<Row>, Vec<Row>) = rows.iter().cloned().partition(is_shared);
        write_one(page, command, &own, &shared);
    }
}

/// The heading above the options that more than one command has.
const SHARED: &str = "Options of several commands";

/// Writes a command with its own options, and the names of those that others have, too.
fn write_one(page: &mut Page, command: &Command, own: &[Row], shared: &[Row]) {
    page.heading(3, command.get_bin_name().unwrap_or(command.get_name()));
    if let Some(about) = command.get_about() {
        page.paragraph(&prose(&about.to_string()));
    }
    let usage = command.clone().render_usage().to_string();
    page.block(usage.trim_start_matches("Usage: "));
    table(page, own);
    if !shared.is_empty() {
        let forms: Vec<&str> = shared.iter().map(|[form, ..]| form.as_str()).collect();
        page.paragraph(&format!("{SHARED}: {}", forms.join(", ")));
    }
    let notes = notes(command);
    if !notes.is_empty() {
        page.block(&notes);
    }
}

/// The text behind a command's options in its help; empty where there is none.
fn notes(command: &Command) -> String {
    let notes = command.get_after_help();
    notes.map(ToString::to_string).unwrap_or_default()
}

fn table(page: &mut Page, rows: &[Row]) {
    page.table(["argument or option", "range", "default", "meaning"], rows);
}

/// A command's arguments, and those of its options that are asked for.
fn rows(command: &Command, asked: impl Fn(&Arg) -> bool) -> Vec<Row> {
    let own = command.get_arguments().filter(|option| {
        let action = option.get_action();
        let is_help = matches!(
            action,
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
        );
        !is_help && asked(option)
    });
    own.map(|option| row(command, option)).collect()
}

fn row(command: &Command, option: &Arg) -> Row {
    let long = option.to_string();
    let form = match option.get_short().filter(|_| option.get_long().is_some()) {
        Some(short) => format!("-{short}, {long}"),
        None => long,
    };
    let help = option.get_long_help().or(option.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    // Where a sentence names the default, it does so at its end.
    let named = help.strip_suffix(']');
    let named = named.and_then(|help| help.rsplit_once(" [default: "));
    let (help, named) = named.unwrap_or((&help, ""));
    let defaults = option.get_default_values().iter();
    let defaults: Vec<String> = defaults
        .map(|value| code(&value.to_string_lossy()))
        .collect();
    let default = match option.is_required_set() {
        true => "required".to_owned(),
        false if option.get_action().takes_values() && !defaults.is_empty() => defaults.join(", "),
        false => prose(named),
    };
    let values = option.get_possible_values().into_iter();
    let values = values.filter(|value| !value.is_hide_set()).map(|value| {
        let help = value.get_help().map(|help| prose(&help.to_string()));
        let help = help.map(|help| format!(": {help}")).unwrap_or_default();
        format!("{}{help}", code(value.get_name()))
    });
    let meaning: Vec<String> = [prose(help)].into_iter().chain(values).collect();
    let range = range(command, option).unwrap_or_default();
    [code(&form), range, default, meaning.join("<br>")]
}

/// The range of an option that takes whole numbers: its parser names it to a number outside.
fn range(command: &Command, option: &Arg) -> Option<String> {
    let long = option
        .get_long()
        .filter(|_| option.get_action().takes_values())?;
    let outside = format!("--{long}=-1");
    let tried = Cli::command().try_get_matches_from(["weir", command.get_name(), &outside]);
    let refused = tried.err()?.source()?.to_string();
    let (least, most) = refused.strip_prefix("-1 is not in ")?.split_once("..=")?;
    Some(format!("{least} to {most}"))
}
