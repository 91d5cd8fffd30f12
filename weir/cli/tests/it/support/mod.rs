//! Runs the built binary over invented logs.

pub(crate) mod http;
pub(crate) mod life;
pub(crate) mod page;
pub(crate) mod pty;
pub(crate) mod receiver;
pub(crate) mod registry;
pub(crate) mod senders;
pub(crate) mod start;
pub(crate) mod stream;
pub(crate) mod told;
pub(crate) mod zoo;

use crate::support::start::Start as _;
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::Value;
use tempfile::TempDir;
use weir_generator::random::Random;
use weir_generator::render::{Shape, Style, document};
use weir_generator::sample;
pub(crate) use weir_generator::sample::BURST;

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// The alerts on stdout.
    pub(crate) fn alerts(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// A count of documents in the summary, whichever form it has.
    pub(crate) fn count(&self, name: &str) -> u64 {
        if self.err.starts_with('{') {
            let key = format!("events_{}", name.replace(' ', "_"));
            return self.summary()[key].as_u64().unwrap();
        }
        let line = self
            .err
            .lines()
            .find_map(|line| line.strip_prefix("weir:   ")?.strip_prefix(name))
            .unwrap_or_else(|| panic!("no {name} in {}", self.err));
        line.trim().replace(',', "").parse().unwrap()
    }

    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.err.contains(text), "no {text:?} in:\n{}", self.err);
        self
    }

    #[track_caller]
    pub(crate) fn ends(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}", self.err);
        // A component's panic is told without these words.
        assert!(!self.err.contains("panicked at"), "{}", self.err);
        self
    }
}

/// The command, with the tests' own cache of compiled code.
pub(crate) fn weir() -> Command {
    // Under nohup all that is started would ignore it, and tests send it.
    static HEEDED: Once = Once::new();
    // SAFETY: no handler is installed, and nothing is read or written.
    HEEDED.call_once(|| unsafe {
        libc::signal(libc::SIGHUP, libc::SIG_DFL);
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
    command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command
}

/// A folder of its own for each test.
pub(crate) struct Room {
    pub(crate) folder: TempDir,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// Writes behind what a file has; makes it where there is none.
    pub(crate) fn append(&self, name: &str, text: &str) {
        let mut options = fs::OpenOptions::new();
        let mut file = options
            .append(true)
            .create(true)
            .open(self.path(name))
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `weir` in this folder.
    pub(crate) fn weir(&self, arguments: &[&str]) -> Answer {
        self.weir_with(arguments, b"")
    }

    /// Runs `weir` in this folder with standard input.
    pub(crate) fn weir_with(&self, arguments: &[&str], input: &[u8]) -> Answer {
        self.weir_in(arguments, input, &[])
    }

    /// Runs `weir` in this folder with standard input and with environment variables set or removed.
    pub(crate) fn weir_in(
        &self,
        arguments: &[&str],
        input: &[u8],
        variables: &[(&str, Option<&str>)],
    ) -> Answer {
        let mut command = weir();
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let mut child = command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .start();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            // A command that does not read its input closes it.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Answer {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// An address at which nothing listens, for servers that come and go. Where loopback has more than one address no other
/// test takes it meanwhile.
pub(crate) fn free() -> String {
    static NEXT: AtomicU8 = AtomicU8::new(2);
    let host = match cfg!(target_os = "linux") {
        true => NEXT.fetch_add(1, Ordering::Relaxed),
        false => 1,
    };
    let listener = TcpListener::bind((Ipv4Addr::new(127, 0, 0, host), 0)).unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Compressed.
pub(crate) fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(bytes.as_ref()).unwrap();
    gz.finish().unwrap()
}

/// The sample burst as documents of a shape.
fn shaped(shape: Shape) -> Vec<Value> {
    let mut random = Random::new(1);
    let calls = sample::burst().into_iter();
    calls
        .map(|call| document(&call, shape, Style::Brief, &mut random))
        .map(|text| serde_json::from_str(&text).unwrap())
        .collect()
}

/// Records of one caller, all refused, all different: one alert.
pub(crate) fn burst() -> Vec<Value> {
    shaped(Shape::EventHub)
}

/// The burst as rows of a table.
pub(crate) fn burst_rows() -> Vec<Value> {
    shaped(Shape::LogAnalytics)
}

/// The burst as indexed documents.
pub(crate) fn burst_documents() -> Vec<Value> {
    shaped(Shape::Ecs)
}

/// One value a line.
pub(crate) fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}
