//! Input and output errors in words that say what to do.

use std::io;

/// The system's answer in words that say what to do.
#[must_use]
pub fn explain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "not readable: permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "is a directory".to_owned(),
        io::ErrorKind::UnexpectedEof => {
            "cut short inside its compression; what came before was processed".to_owned()
        }
        io::ErrorKind::InvalidData if error.get_ref().is_some() => error.to_string(),
        io::ErrorKind::InvalidInput => format!("damaged compression: {error}"),
        _ => error.to_string(),
    }
}
