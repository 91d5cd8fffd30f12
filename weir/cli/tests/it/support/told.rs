//! Messages and the summary as values, of commands that write them as JSON.
//!
//! A test asserts a message's code and its data, not its wording.

use std::fs;
use std::process::Stdio;

use serde_json::Value;
use weir_common::numbers::grouped;

use super::life::Life;
use super::{Answer, Room};

/// Makes messages JSON.
pub(crate) const JSON: (&str, Option<&str>) = ("WEIR_LOG_FORMAT", Some("json"));

/// The messages on standard error; a line that is still being written is left out.
fn messages(err: &str) -> impl Iterator<Item = Value> {
    let whole = err.rfind('\n').map_or("", |end| &err[..end]);
    let parse = |line: &str| serde_json::from_str::<Value>(line).expect(line);
    whole.lines().map(parse)
}

/// The messages of a code on standard error.
pub(crate) fn told(err: &str, code: &str) -> Vec<Value> {
    let all = messages(err);
    all.filter(|message| message["code"] == code).collect()
}

impl Room {
    /// Runs `weir` in this folder; its messages are JSON.
    pub(crate) fn logged(&self, arguments: &[&str]) -> Answer {
        self.logged_with(arguments, b"")
    }

    /// Runs `weir` in this folder with standard input; its messages are JSON.
    pub(crate) fn logged_with(&self, arguments: &[&str], input: &[u8]) -> Answer {
        self.weir_in(arguments, input, &[JSON])
    }

    /// Starts `weir` in this folder; its messages are JSON.
    pub(crate) fn start_logged(&self, name: &str, arguments: &[&str]) -> Life {
        let mut command = super::weir();
        command.args(arguments).stdin(Stdio::null());
        command.envs(JSON.1.map(|form| (JSON.0, form)));
        self.launch(name, command)
    }
}

impl Life {
    /// Waits until it has emitted a message of this code.
    #[track_caller]
    pub(crate) fn wait_to_tell(&mut self, code: &str) {
        let err = self.err.clone();
        let told = || !told(&fs::read_to_string(&err).unwrap(), code).is_empty();
        self.wait_until(code, told);
        assert!(told(), "no {code}:\n{}", self.err());
    }

    /// Waits until it listens at an address that begins with this, and gives the rest of it.
    #[track_caller]
    pub(crate) fn wait_to_listen(&mut self, scheme: &str) -> String {
        let err = self.err.clone();
        let at = || {
            let told = told(&fs::read_to_string(&err).unwrap(), "listening");
            let mut all = told.iter().filter_map(|message| message["file"].as_str());
            all.find_map(|address| address.strip_prefix(scheme).map(str::to_owned))
        };
        self.wait_until(scheme, || at().is_some());
        at().unwrap_or_else(|| panic!("not listening at {scheme}:\n{}", self.err()))
    }
}

impl Answer {
    /// All messages.
    pub(crate) fn messages(&self) -> Vec<Value> {
        messages(&self.err).collect()
    }

    /// The messages of this code.
    pub(crate) fn told(&self, code: &str) -> Vec<Value> {
        told(&self.err, code)
    }

    #[track_caller]
    fn has(&self, what: &str, code: &str, fits: impl Fn(&Value) -> bool) -> &Self {
        let fits = self.told(code).iter().any(fits);
        assert!(fits, "no {code} {what} in:\n{}", self.err);
        self
    }

    /// There is a message of this code.
    #[track_caller]
    pub(crate) fn tells(&self, code: &str) -> &Self {
        self.has("", code, |_| true)
    }

    /// One of this code has this datum in its text: a call, a setting, a name, an answer.
    #[track_caller]
    pub(crate) fn tells_with(&self, code: &str, datum: &str) -> &Self {
        self.has(datum, code, |message| {
            message["message"].as_str().unwrap().contains(datum)
        })
    }

    /// One of this code is about this file.
    #[track_caller]
    pub(crate) fn tells_of(&self, code: &str, file: &str) -> &Self {
        self.has(file, code, |message| message["file"] == file)
    }

    /// One of this code is about this line of a file.
    #[track_caller]
    pub(crate) fn tells_at(&self, code: &str, file: &str, line: usize) -> &Self {
        let place = format!("{file}:{line}");
        self.has(&place, code, |message| {
            message["file"] == file && message["line"] == line
        })
    }

    /// There is no message of this code.
    #[track_caller]
    pub(crate) fn lacks(&self, code: &str) -> &Self {
        assert_eq!(self.told(code), [] as [Value; 0]);
        self
    }

    /// The last summary.
    #[track_caller]
    pub(crate) fn summary(&self) -> Value {
        let last = self.told("summary").pop();
        last.unwrap_or_else(|| panic!("no summary in:\n{}", self.err))["summary"].clone()
    }

    /// A figure of the summary is this.
    #[track_caller]
    pub(crate) fn counts(&self, key: &str, figure: impl Into<Value>) -> &Self {
        assert_eq!(self.summary()[key], figure.into(), "{key}:\n{}", self.err);
        self
    }

    /// So many documents were read, and each is in one class, by a summary of either form.
    #[track_caller]
    pub(crate) fn adds_up(&self, documents: usize) -> &Self {
        if self.err.starts_with('{') {
            return self
                .counts("events_read", documents)
                .counts("events_sum", documents);
        }
        let documents = grouped(documents as u64);
        self.says(&format!("sum {documents} = read {documents}"))
    }
}
