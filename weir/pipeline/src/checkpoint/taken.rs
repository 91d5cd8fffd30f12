//! Taking over a state: what of it a detector takes, what not, and why, rule by rule.

use super::Judged;
use crate::engine::Engine;
use weir_common::message::Message;
use weir_host::contract::Succession;
use weir_host::error::Error;

/// A state that another detector may have made.
#[derive(Debug)]
pub struct Earlier<'a> {
    /// Its place, for messages.
    pub place: &'a str,
    /// The state.
    pub state: &'a [u8],
    /// SHA-256 of the component that made it; none where it is not known.
    pub component: Option<&'a str>,
    /// The rules that judged there.
    pub rules: &'a [Judged],
}

/// Lets a detector without state take over an earlier one, whole or in part. The answer is what is
/// to be told before it goes on. Unless losses are `accepted`, the state of all rules is taken.
///
/// # Errors
///
/// [`Error::Config`] when the state cannot be read, or a rule would begin without its own, with a
/// message for each; [`Error::Trapped`] when the component fails. The detector is of no use then.
pub fn take_over(
    engine: &mut Engine,
    earlier: &Earlier<'_>,
    accepted: bool,
) -> Result<Vec<Message>, Error> {
    if earlier.component.is_none_or(|it| it == engine.component()) {
        match engine.restore(earlier.state) {
            Err(Error::Config(_)) => {}
            done => return done.map(|()| Vec::new()),
        }
    }
    let mut told = engine.take_over(earlier.state)?;
    let own = Judged::all(&engine.rules());
    // A detector that says nothing of a rule says nothing good.
    for rule in earlier.rules {
        if !told.iter().any(|one| one.rule == rule.id) {
            told.push(Succession {
                rule: rule.id.clone(),
                version: 0,
                lost: vec!["the detector does not say what became of its state".to_owned()],
                changed: Vec::new(),
            });
        }
    }
    let names = || own.iter().chain(earlier.rules);
    let name = |one: &Succession| {
        let known = names().find(|rule| rule.id == one.rule);
        known.map_or_else(|| one.rule.clone(), |rule| rule.name.clone())
    };
    let place = earlier.place;
    if !accepted {
        Error::problems(told.iter().filter(|one| !one.lost.is_empty()).map(|one| {
            format!(
                "{place}: the state of rule {} cannot be taken over: {}; it is lost with \
                 --accept-loss",
                name(one),
                one.lost.join("; ")
            )
        }))?;
    }
    Ok(told
        .iter()
        .map(|one| message(place, &name(one), one))
        .collect())
}

/// What became of the state of one rule.
fn message(place: &str, name: &str, one: &Succession) -> Message {
    if !one.lost.is_empty() {
        let text = format!(
            "{place}: the state of rule {name} is not taken over: {}; windows that had fired stay as \
             they were told, and those under way are judged by what comes from now on",
            one.lost.join("; ")
        );
        return Message::warn("state-not-taken", text);
    }
    let otherwise = match one.changed.is_empty() {
        true => String::new(),
        false => format!(
            "; judged otherwise from now on, also what is late: {}",
            one.changed.join("; ")
        ),
    };
    let text = format!(
        "{place}: all of the state of rule {name} is taken over (it was of version {}){otherwise}",
        one.version
    );
    Message::info("state-taken-over", text)
}
