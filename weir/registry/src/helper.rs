//! Docker's credential helpers: programs `docker-credential-NAME` that keep secrets elsewhere.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use weir_common::escape::shorten;
use weir_common::explain::explain;

use crate::credentials::Secret;

/// Longest time that a helper may take.
const LIMIT: Duration = Duration::from_secs(30);
/// Time between two looks at whether it has ended.
const STEP: Duration = Duration::from_millis(10);
/// Longest answer, in bytes.
const LONGEST: u64 = 1 << 20;
/// The name that goes with a token.
const TOKEN: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// Asks a helper, by the end of its program's name, for the secret of a server; none when it has
/// none. The error says what went wrong with it.
pub(crate) fn get(name: &str, server: &str) -> Result<Option<Secret>, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(format!("`{name}` is no name of a credential helper"));
    }
    let program = format!("docker-credential-{name}");
    let told = |why: String| format!("{program}: {why}");
    let (succeeded, out) = run(&program, server, LIMIT).map_err(told)?;
    if !succeeded {
        let said = String::from_utf8_lossy(&out);
        // In the words of docker's own library of helpers.
        return match said.contains("credentials not found") {
            true => Ok(None),
            false => Err(told(format!("it failed: {}", shorten(said.trim(), 200)))),
        };
    }
    // Without the text, which may hold the secret.
    let answer: Answer = serde_json::from_slice(&out)
        .map_err(|_| told("its answer is not the JSON of a credential helper".to_owned()))?;
    Ok(match (answer.username.as_str(), answer.secret) {
        ("", secret) if secret.is_empty() => None,
        (TOKEN, secret) => Some(Secret::Identity(secret)),
        (_, password) => Some(Secret::Password {
            user: answer.username,
            password,
        }),
    })
}

/// Runs `PROGRAM get` with a line of input: whether it succeeded, and its standard output.
fn run(program: &str, input: &str, limit: Duration) -> Result<(bool, Vec<u8>), String> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| explain(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that needs no input does not read it.
        let _ = stdin.write_all(format!("{input}\n").as_bytes());
    }
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut out = Vec::new();
            let read = stdout.take(LONGEST).read_to_end(&mut out);
            // Nobody waits any longer when it took too long.
            let _ = sender.send(read.map(|_| out));
        });
    }
    let end = Instant::now() + limit;
    let out = receiver.recv_timeout(limit);
    let succeeded = wait(&mut child, end);
    match (out, succeeded) {
        (Ok(Ok(out)), Some(succeeded)) => Ok((succeeded, out)),
        (Ok(Err(error)), _) => Err(explain(&error)),
        _ => Err(format!("it was not done after {} s", limit.as_secs_f32())),
    }
}

/// Waits for the end of a program: whether it succeeded. It is killed when it takes too long.
fn wait(child: &mut Child, end: Instant) -> Option<bool> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() < end => thread::sleep(STEP),
            _ => {
                // It may have ended in between.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    /// A program in a folder, written by another process: whoever forks meanwhile holds it open.
    fn program(folder: &std::path::Path, text: &str) -> String {
        let (source, path) = (folder.join("source"), folder.join("program"));
        std::fs::write(&source, format!("#!/bin/sh\n{text}\n")).unwrap();
        let mut install = Command::new("install");
        let done = install.args(["-m", "755"]).arg(&source).arg(&path).status();
        assert!(done.unwrap().success());
        path.display().to_string()
    }

    #[test]
    fn its_input_is_the_server_and_its_end_is_waited_for() {
        let room = tempfile::tempdir().unwrap();
        let path = program(room.path(), "cat; exit 3");
        let (succeeded, out) = run(&path, "host:1", LIMIT).unwrap();
        assert_eq!((succeeded, out.as_slice()), (false, &b"host:1\n"[..]));
    }

    #[test]
    fn one_that_does_not_read_its_input_is_no_error() {
        let room = tempfile::tempdir().unwrap();
        let path = program(room.path(), "exec <&-; echo '{}'");
        let long = "x".repeat(1 << 20);
        assert_eq!(run(&path, &long, LIMIT).unwrap(), (true, b"{}\n".to_vec()));
    }

    #[test]
    fn one_that_hangs_is_killed() {
        let room = tempfile::tempdir().unwrap();
        let path = program(room.path(), "cat >/dev/null; exec sleep 3600");
        let why = run(&path, "host", Duration::from_millis(300)).unwrap_err();
        assert!(why.contains("not done"), "{why}");
        assert!(run("/no/such/helper", "host", LIMIT).is_err());
    }
}
