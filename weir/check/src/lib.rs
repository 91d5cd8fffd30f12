//! The laws of the contract as a conformance suite for any component.
//!
//! A [`Law`] draws schedules of calls over given events, and judges what the component answers to
//! them, mostly against a plain run: one document a push, in order. [`check`] tries every law and
//! makes a counterexample small where one does not hold; [`write()`] writes it as a case, and
//! [`replay`] judges such a case again.
#![forbid(unsafe_code)]

mod attempt;
mod compare;
mod counterexample;
mod junit;
mod law;
mod laws;
mod material;
mod run;
mod subject;
mod suite;

pub use attempt::{Fault, Judged};
pub use counterexample::{CALLS, read_calls, read_lines, write};
pub use junit::{junit, plain};
pub use law::{Law, law, names};
pub use laws::LAWS;
pub use material::{Document, Material, read};
pub use subject::Subject;
pub use suite::{Counterexample, LawResult, Options, Verdict, check, replay};
