//! Options of `weir completions` and `weir man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  weir completions bash >~/.local/share/bash-completion/completions/weir
  weir completions zsh >~/.zfunc/_weir
  weir completions fish >~/.config/fish/completions/weir.fish";

/// Options of `weir completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  weir man | man -l -                  this command's page
  weir man ~/.local/share/man/man1     a page for each command; then: man weir-run";

/// Options of `weir man`.
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder [default: the first page on stdout]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}
