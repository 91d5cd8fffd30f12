//! `weir test`: fixture cases.

use weir::Error;

use crate::cli::TestArgs;

/// Runs the command.
pub(crate) fn test(_arguments: &TestArgs) -> Result<u8, Error> {
    Ok(0)
}
