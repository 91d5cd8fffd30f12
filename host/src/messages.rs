//! Messages that a component prints, and frames of its stack, as events of `tracing`.
//!
//! They are for the component's author, where one looks on
//! ([`Sandbox::debugging`](crate::Sandbox::debugging)); elsewhere a component is not even asked for
//! them. They are a stranger's words: at level `DEBUG` under a target of their own, escaped, each
//! cut short, and no more of them than a person can read.

use crate::contract::Interface;
use crate::error::{Error, TrapKind};
use crate::sandbox::{Debugging, Instance};
use weir_common::escape::{escape, shorten};

/// The target of the events.
pub const TARGET: &str = "weir::detector";
/// The code of a message.
const CODE: &str = "detector-message";
/// The code of a frame.
const FRAME: &str = "detector-frame";
/// Messages that are asked for in one call, and that a detector keeps at most.
const TAKE: u32 = 100;
const KEPT: usize = 1000;
/// Longest message that it may give, in bytes.
const LONGEST: usize = 4096;
/// Characters of one that are shown.
const SHOWN: usize = 1000;

/// Relay of the messages of one detector.
#[derive(Debug, Default)]
pub(crate) struct MessageRelay {
    /// Whether it says what it has said before.
    muted: bool,
}

impl MessageRelay {
    /// Lets the component know that its messages are wanted, by a call that takes none.
    pub(crate) fn listen(instance: &mut Instance) -> Result<Self, Error> {
        if is_wanted(instance) {
            let early = take(instance, 0)?;
            answered(early.len(), 0, &early)?;
        }
        Ok(Self::default())
    }

    pub(crate) fn mute(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// Takes the messages that wait, and shows them.
    pub(crate) fn relay(&mut self, instance: &mut Instance) -> Result<(), Error> {
        if !is_wanted(instance) {
            return Ok(());
        }
        let mut taken = 0;
        loop {
            let messages = take(instance, TAKE)?;
            taken += messages.len();
            answered(taken, TAKE, &messages)?;
            if let Some(debugging) = instance.debugging().filter(|_| !self.muted) {
                messages.iter().for_each(|text| show(debugging, text));
            }
            // Fewer than were asked for are the last.
            if messages.len() < TAKE as usize {
                return Ok(());
            }
        }
    }
}

/// Whether there are messages, and somebody to see them.
fn is_wanted(instance: &Instance) -> bool {
    instance.debugging().is_some() && instance.interfaces().messages
}

fn take(instance: &mut Instance, most: u32) -> Result<Vec<String>, Error> {
    instance.call_optional(
        (Interface::Messages, "take-messages"),
        |exports| exports.messages.as_ref(),
        |interface, store| interface.call_take_messages(store, most),
    )
}

/// Checks that there are no more messages, and no longer ones, than the contract allows.
fn answered(taken: usize, asked: u32, messages: &[String]) -> Result<(), Error> {
    let longest = messages.iter().map(String::len).max().unwrap_or(0);
    if messages.len() <= asked as usize && taken <= KEPT && longest <= LONGEST {
        return Ok(());
    }
    let why = format!(
        "it gives {taken} messages of up to {longest} bytes; {KEPT} of {LONGEST} are \
         allowed, and {asked} were asked for"
    );
    Err(Error::trapped("take-messages", TrapKind::Answer(why)))
}

fn show(debugging: &Debugging, message: &str) {
    let text = shorten(&escape(message.trim_end()), SHOWN);
    if debugging.may_show(text.len()) {
        tracing::debug!(target: TARGET, code = CODE, "the detector says: {text}");
    }
}

/// Shows a frame of the stack of a failed call: the function, whose text is harmless already.
pub(crate) fn show_frame(debugging: &Debugging, at: usize, function: &str) {
    if debugging.may_show(function.len()) {
        tracing::debug!(target: TARGET, code = FRAME, "stack {at}: {function}");
    }
}
