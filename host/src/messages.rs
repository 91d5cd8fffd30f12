//! Messages that a component prints, as events of `tracing`.
//!
//! They are a stranger's words: at level `INFO` under a target of their own, escaped, each cut
//! short, and no more of them than a person can read.

use crate::contract::Interface;
use crate::error::{Error, TrapKind};
use crate::sandbox::Instance;
use weir_common::escape::{escape, shorten};

/// The target of the events.
pub const TARGET: &str = "weir::detector";
/// Their code.
const CODE: &str = "detector-message";
/// Messages that are asked for in one call, and that a detector keeps at most.
const TAKE: u32 = 100;
const KEPT: usize = 1000;
/// Longest message that it may give, in bytes.
const LONGEST: usize = 4096;
/// Characters of one that are shown.
const SHOWN: usize = 1000;
/// Most messages of one detector that are shown, through all of its instances.
const MOST: u32 = 10_000;

/// Messages of one detector so far.
#[derive(Debug, Default)]
pub(crate) struct MessageRelay {
    /// Messages that were shown.
    shown: u32,
    /// Whether it says what it has said before.
    muted: bool,
}

impl MessageRelay {
    pub(crate) fn mute(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// Takes the messages that wait, and shows them.
    pub(crate) fn relay(&mut self, instance: &mut Instance) -> Result<(), Error> {
        if !instance.interfaces().messages {
            return Ok(());
        }
        let mut taken = 0;
        loop {
            let messages = instance.call_optional(
                (Interface::Messages, "take-messages"),
                |exports| exports.messages.as_ref(),
                |interface, store| interface.call_take_messages(store, TAKE),
            )?;
            taken += messages.len();
            let longest = messages.iter().map(String::len).max().unwrap_or(0);
            if messages.len() > TAKE as usize || taken > KEPT || longest > LONGEST {
                let why = format!(
                    "it gives {taken} messages of up to {longest} bytes; {KEPT} of {LONGEST} are \
                     allowed, and {TAKE} were asked for"
                );
                return Err(Error::Trapped {
                    call: "take-messages",
                    kind: TrapKind::Answer(why),
                });
            }
            messages.iter().for_each(|message| self.show(message));
            // Fewer than were asked for are the last.
            if messages.len() < TAKE as usize {
                return Ok(());
            }
        }
    }

    fn show(&mut self, message: &str) {
        if self.muted || self.shown > MOST {
            return;
        }
        self.shown += 1;
        if self.shown > MOST {
            tracing::info!(target: TARGET, code = CODE, "it prints more than {MOST} messages; the rest is not shown");
            return;
        }
        let text = shorten(&escape(message.trim_end()), SHOWN);
        tracing::info!(target: TARGET, code = CODE, "{text}");
    }
}
