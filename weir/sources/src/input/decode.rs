//! Decoding: recognises compression and encoding by content.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::thread;
use std::time::Duration;

use super::patient::Patient;
use crate::progress::{Counted, Progress};
use crate::reader::RereadableFile;

/// A source's bytes, decompressed, without a byte order mark.
pub type Bytes = Box<dyn Read>;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const UTF8_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
const UTF16_MARKS: [&[u8]; 2] = [&[0xff, 0xfe], &[0xfe, 0xff]];

/// Between two attempts to read from what does not block and has nothing for now.
pub const PAUSE: Duration = Duration::from_millis(10);

/// Times that a text may be compressed.
const LAYERS: usize = 2;

/// Size of the pieces in which compressed bytes are read.
const CHUNK: usize = 128 << 10;

/// Decompresses gzip (any number of members) and zstd (any number of frames), also one in the
/// other, drops the UTF-8 mark, and refuses UTF-16. What else it may be is told where it is read.
pub fn decode(raw: Box<dyn Read>) -> io::Result<Bytes> {
    let mut plain: Bytes = raw;
    for _ in 0..LAYERS {
        let (head, raw) = peek(plain, ZSTD.len())?;
        let buffered = |raw| io::BufReader::with_capacity(CHUNK, raw);
        plain = if head.starts_with(GZIP) {
            Box::new(flate2::bufread::MultiGzDecoder::new(buffered(raw)))
        } else if head.starts_with(ZSTD) {
            Box::new(zstd::stream::read::Decoder::with_buffer(buffered(raw))?)
        } else {
            plain = raw;
            break;
        };
    }
    let (head, mut plain) = peek(plain, ZSTD.len())?;
    if is_utf16(&head) && !head.ends_with(&[0, 0]) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "is UTF-16 text; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)",
        ));
    }
    if head.starts_with(UTF8_MARK) {
        let mut mark = [0; UTF8_MARK.len()];
        plain.read_exact(&mut mark)?;
    }
    Ok(Box::new(plain))
}

/// Decodes a file from a byte of its text on: by seeking in an uncompressed one, else by reading
/// past the bytes before. An uncompressed one can also be read again.
pub(super) fn decode_from(
    mut file: File,
    offset: u64,
    progress: &Progress,
) -> io::Result<(Bytes, Option<RereadableFile>)> {
    let counted = |inner: File| {
        Box::new(Counted {
            inner,
            progress: progress.clone(),
        })
    };
    let meta = file.metadata()?;
    if meta.is_file() {
        let head = head(&mut file)?;
        if !is_compressed(&head) && !is_utf16(&head) {
            let mark = mark_length(&head);
            let start = mark.saturating_add(offset);
            if meta.len() < start {
                return Err(shorter());
            }
            file.seek(SeekFrom::Start(start))?;
            let plain = RereadableFile::new(&file, mark);
            return Ok((counted(file), plain));
        }
        file.rewind()?;
    }
    let mut bytes = match meta.is_file() {
        true => decode(counted(file))?,
        false => decode(Box::new(Patient::new(file.try_clone()?, file)))?,
    };
    let skipped = io::copy(&mut (&mut bytes).take(offset), &mut io::sink())?;
    if skipped < offset {
        return Err(shorter());
    }
    Ok((bytes, None))
}

fn shorter() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "is shorter than what was read of it before",
    )
}

/// A file's first bytes, as many as tell its form.
pub fn head(file: &mut File) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(ZSTD.len());
    file.take(ZSTD.len() as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Whether these first bytes are those of a compressed file.
pub fn is_compressed(head: &[u8]) -> bool {
    head.starts_with(GZIP) || head.starts_with(ZSTD)
}

fn is_utf16(head: &[u8]) -> bool {
    UTF16_MARKS.iter().any(|mark| head.starts_with(mark))
}

/// Length of the byte order mark that these first bytes have.
pub fn mark_length(head: &[u8]) -> u64 {
    if head.starts_with(UTF8_MARK) {
        UTF8_MARK.len() as u64
    } else {
        0
    }
}

type Peeked = io::Chain<Cursor<Vec<u8>>, Box<dyn Read>>;

/// The first bytes, and the whole with them still in front.
fn peek(mut from: Box<dyn Read>, count: usize) -> io::Result<(Vec<u8>, Box<Peeked>)> {
    let mut head = Vec::with_capacity(count);
    loop {
        let missing = count.saturating_sub(head.len()) as u64;
        match (&mut from).take(missing).read_to_end(&mut head) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(error) => return Err(error),
            Ok(_) => break,
        }
    }
    Ok((head.clone(), Box::new(Cursor::new(head).chain(from))))
}
