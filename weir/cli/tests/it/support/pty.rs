//! A terminal that a test looks at.

use crate::support::start::Start as _;
use std::ffi::CStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// Longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(120);
/// Wide enough that nothing is wrapped.
const WIDTH: u16 = 240;

/// Both sides of a new terminal, ours and theirs. A process that another test starts meanwhile
/// inherits neither: it would keep the terminal open.
fn open() -> (File, OwnedFd) {
    /// Held while the name of a terminal is in the C library's one buffer.
    static NAME: Mutex<()> = Mutex::new(());
    let failed = || std::io::Error::last_os_error();
    // SAFETY: takes no pointers.
    let number = unsafe { libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC) };
    assert!(number >= 0, "{}", failed());
    // SAFETY: it was opened just now and nothing else owns it.
    let ours = unsafe { File::from_raw_fd(number) };
    let name = NAME.lock().unwrap();
    // SAFETY: the terminal is open; the name is copied while nothing else asks for one.
    let path = unsafe {
        assert_eq!(libc::grantpt(number), 0, "{}", failed());
        assert_eq!(libc::unlockpt(number), 0, "{}", failed());
        let path = libc::ptsname(number);
        assert!(!path.is_null(), "{}", failed());
        CStr::from_ptr(path).to_str().unwrap().to_owned()
    };
    drop(name);
    let mut options = File::options();
    options.read(true).write(true).custom_flags(libc::O_NOCTTY);
    let theirs = options.open(path).unwrap();
    let size = libc::winsize {
        ws_row: 50,
        ws_col: WIDTH,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: the pointer is to a variable that lives through the call.
    let set = unsafe { libc::ioctl(theirs.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
    assert_eq!(set, 0, "{}", failed());
    (ours, theirs.into())
}

/// The user's side of a terminal; what comes out of it is kept.
pub(crate) struct Terminal {
    theirs: OwnedFd,
    seen: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let (mut ours, theirs) = open();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // Linux says that it cannot be read once nobody has the other side.
            while let Ok(read @ 1..) = ours.read(&mut piece) {
                kept.lock().unwrap().extend(&piece[..read]);
            }
        });
        Self {
            theirs,
            seen,
            reader,
        }
    }

    /// A command's way to it.
    pub(crate) fn stream(&self) -> Stdio {
        self.theirs.try_clone().unwrap().into()
    }

    /// What came so far.
    pub(crate) fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }

    /// Waits until what came has something in it.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &dyn Fn(&str) -> bool) {
        let begun = Instant::now();
        while !what(&self.seen()) {
            assert!(begun.elapsed() < PATIENCE, "{:?}", self.seen());
            sleep(Duration::from_millis(10));
        }
    }

    /// All that came, when the command is over and dropped.
    pub(crate) fn end(self) -> String {
        drop(self.theirs);
        self.reader.join().unwrap();
        let seen = self.seen.lock().unwrap();
        String::from_utf8(seen.clone()).unwrap()
    }
}

/// Runs a command to its end with one terminal for stdout and stderr; all that it wrote.
pub(crate) fn on_terminal(mut command: Command) -> (Option<i32>, String) {
    let terminal = Terminal::new();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(terminal.stream())
        .stderr(terminal.stream())
        .start();
    // It holds the other side, too.
    drop(command);
    let status = child.wait().unwrap();
    (status.code(), terminal.end())
}

/// The lines that a terminal shows after all of that, as far as this knows its escapes.
pub(crate) fn screen(text: &str) -> Vec<String> {
    let mut lines: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0, 0);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\r' => column = 0,
            '\n' => row += 1,
            '\u{1b}' => {
                assert_eq!(characters.next(), Some('['), "{text:?}");
                let mut number = String::new();
                let order = loop {
                    match characters.next().unwrap() {
                        digit @ ('0'..='9' | ';') => number.push(digit),
                        order => break order,
                    }
                };
                match (order, number.as_str()) {
                    ('m', _) => {}
                    ('K', "2") => lines[row].clear(),
                    ('K', _) => lines[row].truncate(column),
                    ('A', number) => row -= number.parse().unwrap_or(1),
                    other => panic!("{other:?} in {text:?}"),
                }
            }
            shown => {
                let line = &mut lines[row];
                while line.len() <= column {
                    line.push(' ');
                }
                line[column] = shown;
                column += 1;
            }
        }
        while lines.len() <= row {
            lines.push(Vec::new());
        }
    }
    let lines = lines.iter().map(|line| line.iter().collect::<String>());
    lines.map(|line| line.trim_end().to_owned()).collect()
}
