//! What any program would need at least for a file: to look at each byte once for
//! the ends of lines, and to move each byte once.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Instant;

/// What a look at a file took.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    /// Bytes of the file.
    pub bytes: usize,
    /// Line feeds, when they were counted.
    pub lines: usize,
    /// Seconds, without the start of the process.
    pub seconds: f64,
}

/// Reads the file and counts its lines, in blocks that stay in the processor's cache.
///
/// # Errors
/// When the file cannot be read.
pub fn newline(path: &Path) -> io::Result<Floor> {
    let began = Instant::now();
    let mut file = File::open(path)?;
    let mut block = vec![0; 256 * 1024];
    let (mut bytes, mut lines) = (0, 0);
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        bytes += read;
        lines += memchr::memchr_iter(b'\n', &block[..read]).count();
    }
    let seconds = began.elapsed().as_secs_f64();
    Ok(Floor {
        bytes,
        lines,
        seconds,
    })
}

/// Copies the file's bytes once from memory to memory; reading it is not timed.
///
/// # Errors
/// When the file cannot be read.
pub fn copy(path: &Path) -> io::Result<Floor> {
    let from = std::fs::read(path)?;
    // Written to before, so that the copy does not pay for getting the pages.
    let mut to = vec![1; from.len()];
    let began = Instant::now();
    to.copy_from_slice(&from);
    let seconds = began.elapsed().as_secs_f64();
    std::hint::black_box(&to);
    Ok(Floor {
        bytes: from.len(),
        lines: 0,
        seconds,
    })
}
