//! A terminal that a test looks at.
#![cfg(unix)]

use std::fs::File;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

/// Longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(120);
/// Wide enough that nothing is wrapped.
const WIDTH: u16 = 240;

/// The user's side of a terminal; what comes out of it is kept.
pub(crate) struct Terminal {
    theirs: OwnedFd,
    seen: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let (mut ours, mut theirs) = (-1, -1);
        let size = libc::winsize {
            ws_row: 50,
            ws_col: WIDTH,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        // SAFETY: the pointers are to variables that live through the call, or null where that
        // is allowed; `size` is not written to.
        let failed = unsafe {
            let none = std::ptr::null_mut();
            let size = std::ptr::from_ref(&size).cast_mut();
            libc::openpty(&mut ours, &mut theirs, none, std::ptr::null_mut(), size)
        };
        assert_eq!(failed, 0, "{}", std::io::Error::last_os_error());
        // SAFETY: both were opened just now and belong to nobody else.
        let (mut ours, theirs) = unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
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
        .spawn()
        .unwrap();
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
