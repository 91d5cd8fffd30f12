//! The error type of the harness, and of all that drives it.

use std::fmt;

use crate::{Breach, Interface};
pub use weir_common::error::STDOUT;
use weir_common::numbers::grouped;

/// An error, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The component was not let in. Nothing of it has run. Use another one.
    #[error("component refused: {0}")]
    Refused(Refusal),
    /// The component stopped in the middle of a call, and its instance is lost.
    /// Start afresh, with less input or wider limits.
    #[error("component failed in `{call}`: {kind}{}", stopped(.place.as_deref()))]
    Trapped {
        /// The function of the contract that was being called.
        call: &'static str,
        /// The limit that it broke, or the way in which it failed.
        kind: TrapKind,
        /// Function of the component that was running, with its source position where that is
        /// known; escaped and cut short. None where nothing was running.
        place: Option<Box<str>>,
    },
    /// The detector leaves out an interface that is needed. Do without, or use another one.
    #[error("this detector has no interface {interface}: {needed_by} needs it")]
    NoInterface {
        /// The interface that is missing.
        interface: Interface,
        /// The option, command or call that needs it.
        needed_by: String,
    },
    /// The component failed too often, and was not started again.
    #[error(
        "the component was given up: {why}; it was restarted {restarts} times, and the last failure was: {last}"
    )]
    GivenUp {
        /// The bound that it broke.
        why: String,
        /// Number of restarts before.
        restarts: u64,
        /// The last failure.
        last: Box<Error>,
    },
    /// A source of events could not be read, or not to its end.
    #[error("{name}: {message}")]
    Input {
        /// The source's name: a path, or `(stdin)`.
        name: String,
        /// The fault, and the remedy.
        message: String,
    },
    /// A setting, a configuration file or an option is wrong. Each message names
    /// its key or its place.
    #[error("{}", .0.join("\n"))]
    Config(Vec<String>),
    /// Results could not be written.
    #[error("{name}: cannot write: {source}")]
    Output {
        /// The sink's name: a path, or `(stdout)`.
        name: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The engine itself could not be set up on this machine.
    #[error("cannot set up the WebAssembly engine: {0}")]
    Engine(String),
    /// Something in the host itself broke down.
    #[error("{0}")]
    Broken(String),
}

/// Why a component was not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Larger than the limit, both in bytes.
    #[error(
        "it is {size} bytes long and the limit is {limit} (component_mib; --limit component_mib={} \
         lets it in)", size.div_ceil(1 << 20)
    )]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Another file than the one that was asked for.
    #[error("its sha256 is {found}, and {wanted} is asked for (sha256)")]
    Digest {
        /// The digest that was asked for, in lower-case hexadecimal.
        wanted: String,
        /// Its own.
        found: String,
    },
    /// Content of a registry that has not the digest that it is asked for by.
    #[error("{place}: the registry gives content with sha256 {found}, and {wanted} is asked for")]
    Content {
        /// The reference, and the part of the artifact.
        place: String,
        /// The digest that it is asked for by, in lower-case hexadecimal.
        wanted: String,
        /// Its own.
        found: String,
    },
    /// An artifact of a registry that is no component.
    #[error("{place}: {why}")]
    Artifact {
        /// The reference.
        place: String,
        /// What it is, or what is wrong with it.
        why: String,
    },
    /// A tag of a registry, with nothing that says which component it has to name.
    #[error(
        "{0} names a tag, which can be moved to another component; add its digest (@sha256:..., \
         which `weir pull` and `weir push` print), require a signature, or accept whatever it \
         names with --allow-tag"
    )]
    Unpinned(String),
    /// It is not signed as it should be.
    #[error("its signature {name}: {why}")]
    Signature {
        /// The signature's file.
        name: String,
        /// The fault.
        why: String,
    },
    /// Data of an earlier run is of another component.
    #[error(
        "{place} is of the component with sha256 {found}, and this run has {own}. If the \
         component was replaced on purpose, as by an upgrade of weir, start once with \
         --accept-component: what is there is taken over where its rules count the same. Else run \
         the one it is of, or begin anew elsewhere"
    )]
    Another {
        /// Its path.
        place: String,
        /// The digest of the one that it is of.
        found: String,
        /// The digest of this one.
        own: String,
    },
    /// A function of it is longer than the compiler is to be given.
    #[error("a function in it is {size} bytes long and the limit is {limit} (function_kib)")]
    LongFunction {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It took too long to compile.
    #[error("compiling it took longer than {seconds} s (compile_seconds)")]
    SlowToCompile {
        /// The limit in seconds.
        seconds: u64,
    },
    /// Not WebAssembly of any kind.
    #[error("it is not WebAssembly: {0}")]
    NotWasm(String),
    /// A core module where a component is wanted.
    #[error("it is a core module, not a component; wrap it with a component linker first")]
    CoreModule,
    /// WebAssembly that is cut short, damaged or invalid.
    #[error("it is damaged or cut short: {0}")]
    Damaged(String),
    /// It needs a part of WebAssembly that this host does not have: which, in the engine's words.
    #[error("it needs a feature of WebAssembly that this host does not have: {0}")]
    Feature(String),
    /// It asks for something. The names of all that it asks for.
    #[error("it imports {}; a detector imports nothing", .0.join(", "))]
    Imports(Vec<String>),
    /// It does not export an interface of the contract.
    #[error("it does not export {wanted}{}", exports(.found))]
    NoDetector {
        /// The interface that is missing.
        wanted: String,
        /// The exports that it has instead.
        found: Vec<String>,
    },
    /// It speaks a version of the contract that this host does not.
    #[error("it speaks weir:detector@{found}, and this host serves {served}")]
    Version {
        /// The component's version.
        found: String,
        /// The versions that this host serves.
        served: String,
    },
    /// It exports the interfaces, and their items are not those of the contract.
    #[error("its exports do not have the types of the contract: {0}")]
    Mismatch(String),
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "component-too-large",
            Self::Digest { .. } => "component-digest-differs",
            Self::Content { .. } => "component-content-differs",
            Self::Artifact { .. } => "component-no-artifact",
            Self::Unpinned(_) => "component-not-pinned",
            Self::Signature { .. } => "component-signature-wrong",
            Self::Another { .. } => "component-changed",
            Self::LongFunction { .. } => "component-function-too-long",
            Self::SlowToCompile { .. } => "component-compiled-too-slowly",
            Self::NotWasm(_) => "component-not-wasm",
            Self::CoreModule => "component-core-module",
            Self::Damaged(_) => "component-damaged",
            Self::Feature(_) => "component-feature-unknown",
            Self::Imports(_) => "component-imports",
            Self::NoDetector { .. } => "component-no-detector",
            Self::Version { .. } => "component-version-unknown",
            Self::Mismatch(_) => "component-types-differ",
        }
    }
}

fn exports(found: &[String]) -> String {
    match found {
        [] => "; it exports nothing".to_owned(),
        some => format!("; it exports {}", some.join(", ")),
    }
}

impl From<weir_common::Error> for Error {
    fn from(error: weir_common::Error) -> Self {
        match error {
            weir_common::Error::Input { name, message } => Self::Input { name, message },
            weir_common::Error::Config(problems) => Self::Config(problems),
            weir_common::Error::Output { name, source } => Self::Output { name, source },
            weir_common::Error::Broken(what) => Self::Broken(what),
        }
    }
}

/// Kind of a component's failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrapKind {
    /// The call took longer than allowed.
    #[error("it ran longer than {limit_ms} ms in one call (limits.deadline_ms)")]
    Deadline {
        /// The limit in milliseconds.
        limit_ms: u64,
    },
    /// It asked for more memory than allowed.
    #[error(
        "it wanted {} MiB of memory and may have {} (limits.memory_mib)",
        wanted.div_ceil(1 << 20), limit >> 20
    )]
    Memory {
        /// Size that it asked for, in bytes.
        wanted: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// It asked for larger tables than allowed.
    #[error("it wanted tables of {wanted} elements and may have {limit} (limits.table_elements)")]
    Table {
        /// Size that it asked for, in elements.
        wanted: u64,
        /// The limit in elements.
        limit: u64,
    },
    /// It has more instances, memories or tables in it than allowed.
    #[error("it has more than {limit} instances, memories or tables in it (limits.instances)")]
    Instances {
        /// The limit for each.
        limit: u64,
    },
    /// Its call stack was exhausted.
    #[error("its call stack of {} KiB was exhausted (limits.stack_kib)", limit >> 10)]
    Stack {
        /// The limit in bytes.
        limit: u64,
    },
    /// Its answer was larger than allowed.
    #[error("its answer was larger than {} MiB (limits.{setting})", limit >> 20)]
    Output {
        /// The limit in bytes.
        limit: u64,
        /// The setting that says so.
        setting: &'static str,
    },
    /// A part of its answer was larger than allowed.
    #[error(
        "its answer is too large: {what} takes {} bytes, and {} are allowed (limits.{setting})",
        grouped(*wanted), grouped(*limit)
    )]
    Excess {
        /// The value that was too large.
        what: &'static str,
        /// Its size in bytes.
        wanted: u64,
        /// The bytes that are allowed.
        limit: u64,
        /// The setting that says so.
        setting: &'static str,
    },
    /// It gave up: a panic, an abort, or a bug that the compiler trapped.
    #[error("{}", panicked(.text.as_deref()))]
    Panic {
        /// Text of the panic in its memory, with the source position; escaped and cut short.
        text: Option<String>,
    },
    /// Its answer breaks a promise of the contract.
    #[error("its answer breaks the contract: {0}")]
    Breach(Breach),
    /// Its answer cannot be read, or refuses what it took before.
    #[error("its answer breaks the contract: {0}")]
    Answer(String),
    /// Any other trap, in the engine's words.
    #[error("{0}")]
    Other(String),
}

impl TrapKind {
    fn code(&self) -> &'static str {
        match self {
            Self::Deadline { .. } => "deadline-passed",
            Self::Memory { .. } => "memory-exhausted",
            Self::Table { .. } => "tables-exhausted",
            Self::Instances { .. } => "instances-exhausted",
            Self::Stack { .. } => "stack-exhausted",
            Self::Output { .. } | Self::Excess { .. } => "answer-too-large",
            Self::Panic { .. } => "component-panicked",
            Self::Breach(_) | Self::Answer(_) => "contract-broken",
            Self::Other(_) => "component-trapped",
        }
    }
}

fn stopped(place: Option<&str>) -> String {
    place.map_or_else(String::new, |place| format!(" (in {place})"))
}

fn panicked(text: Option<&str>) -> String {
    match text {
        None => "it gave up (a panic or an abort)".to_owned(),
        Some(text) => format!("it panicked: {text}"),
    }
}

impl Error {
    /// A failure of the component in a call, outside of its code: of an answer, for example.
    pub fn trapped(call: &'static str, kind: TrapKind) -> Self {
        Self::Trapped {
            call,
            kind,
            place: None,
        }
    }

    /// An input error with the source's name and a message.
    pub fn input(name: impl fmt::Display, message: impl fmt::Display) -> Self {
        weir_common::Error::input(name, message).into()
    }

    /// An output error with the sink's name.
    pub fn output(name: impl fmt::Display, source: std::io::Error) -> Self {
        Self::Output {
            name: name.to_string(),
            source,
        }
    }

    /// A configuration error with a single message.
    pub fn config(message: impl Into<String>) -> Self {
        weir_common::Error::config(message).into()
    }

    /// Fails with all problems of a configuration, where there are any.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with the problems.
    pub fn problems(problems: impl IntoIterator<Item = String>) -> Result<(), Self> {
        let problems: Vec<String> = problems.into_iter().collect();
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Self::Config(problems)),
        }
    }

    /// A copy: of a failure of the component whole, of any other error by its words alone.
    pub fn copy(&self) -> Self {
        match self {
            Self::Trapped { call, kind, place } => Self::Trapped {
                call,
                kind: kind.clone(),
                place: place.clone(),
            },
            other => Self::Broken(other.to_string()),
        }
    }

    /// Whether the reader of standard output has had enough: a success.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output { name, source }
            if name == STDOUT && source.kind() == std::io::ErrorKind::BrokenPipe)
    }

    /// Stable name of what happened, for messages.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Trapped { kind, .. } => kind.code(),
            Self::NoInterface { .. } => "interface-missing",
            Self::GivenUp { .. } => "component-given-up",
            Self::Input { .. } => "input-failed",
            Self::Config(_) => "configuration-refused",
            Self::Output { .. } => "output-failed",
            Self::Engine(_) => "engine-failed",
            Self::Broken(_) => "run-failed",
        }
    }

    /// The exit code that this error asks for: 2 when the component failed or was
    /// refused, 3 for everything that the user can set right.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) | Self::Trapped { .. } | Self::GivenUp { .. } | Self::Engine(_) => 2,
            Self::NoInterface { .. }
            | Self::Input { .. }
            | Self::Config(_)
            | Self::Output { .. }
            | Self::Broken(_) => 3,
        }
    }
}
