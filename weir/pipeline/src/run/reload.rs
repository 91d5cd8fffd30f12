//! Reload: another detector, of a new configuration or component, takes the place of the one at
//! work between two batches.
//!
//! The new one is opened beside the old one and takes over its state. Only when all of that is done
//! is it at work, and the old one dropped; whatever fails before, the old one goes on as it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Run;
use crate::checkpoint::{Earlier, Judged, take_over};
use crate::engine::Engine;
use weir_common::message::Message;
use weir_host::contract::{Counters, Interface};
use weir_host::error::Error;
use weir_sinks::output::Sink;

/// Source of new detectors.
pub struct Reloader<'a> {
    /// Set when a reload is asked for.
    asked: Arc<AtomicBool>,
    load: Load<'a>,
    /// Whether state may be lost.
    accepts_loss: bool,
}

/// Opens what the configuration says now.
type Load<'a> = Box<dyn FnMut() -> Result<Successor<'a>, Error> + Send + 'a>;

/// A detector that is to take the place of the one at work.
pub struct Successor<'a> {
    /// The detector, as just opened and under the seed of the run.
    pub engine: Engine,
    /// A sink in the form for its rules; its output is not used.
    pub sink: Sink,
    /// Silence after which event time goes on by the clock; none for never.
    pub idle: Option<Duration>,
    /// Makes known outside that it is at work from now on.
    pub adopt: Box<dyn FnOnce() -> Result<(), Error> + 'a>,
}

impl<'a> Reloader<'a> {
    /// Opens a detector with `load` when `asked` is set.
    pub fn new(
        asked: Arc<AtomicBool>,
        load: impl FnMut() -> Result<Successor<'a>, Error> + Send + 'a,
        accepts_loss: bool,
    ) -> Self {
        Self {
            asked,
            load: Box::new(load),
            accepts_loss,
        }
    }
}

impl Run<'_> {
    /// Reloads when that is asked for, and says what became of it.
    ///
    /// # Errors
    ///
    /// Those of the detector at work and of the output: a reload that is refused is none.
    pub(super) fn reload_if_asked(&mut self) -> Result<(), Error> {
        let Some(reloader) = &mut self.reloader else {
            return Ok(());
        };
        if !reloader.asked.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        if self.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let accepts_loss = reloader.accepts_loss;
        let opened = (reloader.load)();
        // What is on its way is the old one's, and so is what it has found by now.
        self.drain()?;
        self.take_alerts()?;
        self.sink.flush()?;
        if self.engine.left() {
            return Ok(());
        }
        let successor = match opened {
            Ok(successor) => successor,
            Err(error) => return self.keep_old(&error),
        };
        if !self.engine.has(Interface::State) {
            let why = "the detector at work has no interface `state`, so what it knows would be \
                       lost; a restart begins with the new one";
            return self.keep_old(&Error::config(why));
        }
        let before = self.engine.counters()?;
        let state = self.engine.snapshot()?;
        match self.prepare(successor, &state, &before, accepts_loss) {
            Ok((successor, told)) => self.replace(successor, told),
            Err(error) => self.keep_old(&error),
        }
    }

    /// Brings a new detector to where the one at work is. Errors are the new one's.
    fn prepare<'s>(
        &mut self,
        mut successor: Successor<'s>,
        state: &[u8],
        before: &Counters,
        accepts_loss: bool,
    ) -> Result<(Successor<'s>, Vec<Message>), Error> {
        let rules = Judged::all(&self.engine.rules());
        let earlier = Earlier {
            place: "reload",
            state,
            component: Some(self.engine.component()),
            rules: &rules,
        };
        let engine = &mut successor.engine;
        let told = take_over(engine, &earlier, accepts_loss)?;
        if let Some(live) = &mut self.live {
            // The watermark of before, too: what is judged again is told at once.
            engine.advance(before.watermark, Some(live.now()))?;
        }
        let after = engine.counters()?;
        for rule in &after.rules {
            let known = before.rules.iter().find(|one| one.rule == rule.rule);
            if let Some(known) = known.filter(|known| known.counted != rule.counted) {
                return Err(Error::config(format!(
                    "rule {} counted {} events, and {} after its state was taken over: the new \
                     component does not take it over as it says",
                    rule.rule, known.counted, rule.counted
                )));
            }
        }
        // What every checkpoint needs from now on.
        engine.snapshot()?;
        Ok((successor, told))
    }

    /// Puts a new detector in the place of the one at work.
    fn replace(&mut self, successor: Successor<'_>, told: Vec<Message>) -> Result<(), Error> {
        let Successor {
            mut engine,
            sink,
            idle,
            adopt,
        } = successor;
        // Alerts that wait for a checkpoint are of the rules of before.
        if { self.checkpointer.as_ref() }.is_some_and(|it| !it.held.is_empty()) {
            self.save()?;
        }
        if let Err(error) = adopt() {
            return self.keep_old(&error);
        }
        engine.succeed(&self.engine);
        if self.checkpointer.is_some() {
            engine.may_leave();
        }
        if self.ledger.is_some() {
            engine.keeps_ledger();
        }
        let (old, new) = (self.engine.rules(), engine.rules());
        let (old, new) = (Judged::all(&old), Judged::all(&new));
        self.totals.other_rules |= Judged::beside(&old, &new).is_some();
        told.into_iter().for_each(Message::emit);
        if let Some(added) = Judged::beside(&new, &old) {
            let text = format!("reload: what was read before is not judged by {added}");
            Message::warn("rule-added", text).emit();
        }
        let component = match engine.component() == self.engine.component() {
            true => String::new(),
            false => format!(", with the component of sha256 {}", engine.component()),
        };
        self.sink.reform(sink)?;
        self.engine = engine;
        if let Some(live) = &mut self.live {
            live.restart(idle);
        }
        self.totals.reloaded += 1;
        Message::info("reloaded", format!("reloaded{component}")).emit();
        // Its component is named in a checkpoint before anything else happens.
        if let Some(checkpointer) = &mut self.checkpointer {
            checkpointer.changed = true;
        }
        self.save()?;
        self.take_alerts()
    }

    /// Says that, and why, the detector at work goes on.
    fn keep_old(&mut self, error: &Error) -> Result<(), Error> {
        self.totals.reloads_refused += 1;
        let why = match error {
            Error::Config(messages) if !messages.is_empty() => messages.join("; "),
            other => other.to_string(),
        };
        let text = format!("reload: refused, and the detector at work goes on as it is: {why}");
        Message::warn("reload-refused", text).emit();
        Ok(())
    }
}
