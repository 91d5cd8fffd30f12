//! A run that a test ends, in good order or not.

use crate::support::start::Start as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Answer, Room};

/// Longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// Longest that anything takes to end.
const LONGEST: Duration = Duration::from_secs(600);

/// Options with which there is a checkpoint soon after something was read.
pub(crate) const KEPT: [&str; 4] = ["--checkpoint", "state", "--checkpoint-interval", "0.1"];

/// A process whose output goes to files.
#[derive(Debug)]
pub(crate) struct Life {
    child: Child,
    out: PathBuf,
    pub(super) err: PathBuf,
}

impl Room {
    /// Starts `weir` in this folder; `name` tells its output from that of others.
    pub(crate) fn start(&self, name: &str, arguments: &[&str]) -> Life {
        let mut command = super::weir();
        command.args(arguments).stdin(Stdio::null());
        self.launch(name, command)
    }

    /// Starts any command in this folder.
    pub(crate) fn launch(&self, name: &str, mut command: Command) -> Life {
        let (out, err) = (
            self.path(&format!("{name}.out")),
            self.path(&format!("{name}.err")),
        );
        let child = command
            .current_dir(self.folder.path())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .start();
        Life { child, out, err }
    }

    /// Waits until a folder of checkpoints is a process's.
    pub(crate) fn wait_for_lock(&self, folder: &str, life: &mut Life) {
        let lock = self.path(folder).join("lock");
        let number = life.child.id().to_string();
        life.wait_until("the lock", || {
            fs::read_to_string(&lock).is_ok_and(|text| text == number)
        });
    }

    /// Waits for the first checkpoint in a folder: a source was opened by then.
    #[track_caller]
    pub(crate) fn wait_for_checkpoint(&self, folder: &str, life: &mut Life) {
        let folder = self.path(folder);
        let is_one = |path: &Path| path.extension().is_some_and(|kind| kind == "weir");
        life.wait_until("a checkpoint", || {
            let files = fs::read_dir(&folder).into_iter().flatten();
            files.flatten().any(|file| is_one(&file.path()))
        });
    }
}

impl Life {
    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub(crate) fn err(&self) -> String {
        fs::read_to_string(&self.err).unwrap()
    }

    /// What it has written so far.
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.out).unwrap()).into_owned()
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for something, or for its end.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, mut done: impl FnMut() -> bool) {
        let start = Instant::now();
        while !done() && !self.is_over() {
            assert!(start.elapsed() < PATIENCE, "no {what}:\n{}", self.err());
            sleep(Duration::from_millis(2));
        }
    }

    /// Waits until it has said something.
    #[track_caller]
    pub(crate) fn wait_to_say(&mut self, text: &str) {
        let err = self.err.clone();
        self.wait_until(text, || fs::read_to_string(&err).unwrap().contains(text));
        assert!(self.err().contains(text), "no {text:?}:\n{}", self.err());
    }

    /// Waits until it has written something.
    #[track_caller]
    pub(crate) fn wait_for_output(&mut self) {
        let out = self.out.clone();
        self.wait_until("output", || fs::metadata(&out).unwrap().len() > 0);
        assert!(!self.out().is_empty(), "no output:\n{}", self.err());
    }

    /// SIGKILL.
    pub(crate) fn kill(mut self) -> Answer {
        let _ = self.child.kill();
        self.end()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let number = self.child.id().to_string();
        let mut kill = Command::new("kill");
        kill.args(["-s", name, &number]);
        assert!(kill.start().wait().unwrap().success());
    }

    /// SIGTERM.
    pub(crate) fn stop(self) -> Answer {
        self.signal("TERM");
        self.end()
    }

    /// Waits for its end; what does not end is a failure.
    #[track_caller]
    pub(crate) fn end(mut self) -> Answer {
        drop(self.child.stdin.take());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < LONGEST, "no end:\n{}", self.err());
            sleep(Duration::from_millis(5));
        };
        Answer {
            code: status.code(),
            out: self.out(),
            err: self.err(),
        }
    }
}

/// Hundredths of a second of the processor's time that a process has used.
pub(crate) fn used(id: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let (_, fields) = text.rsplit_once(')').unwrap();
    let fields: Vec<&str> = fields.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Whether a thread of a process waits for something.
pub(crate) fn waits(id: u32, thread: &str) -> bool {
    let threads = fs::read_dir(format!("/proc/{id}/task"));
    let mut stats = threads.into_iter().flatten().flatten();
    let waits = format!("({thread}) S");
    stats.any(|one| {
        fs::read_to_string(one.path().join("stat")).is_ok_and(|stat| stat.contains(&waits))
    })
}

/// A test that fails leaves nothing behind, and no port taken.
impl Drop for Life {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
