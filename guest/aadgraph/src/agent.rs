//! Case-insensitive patterns of user agents, with a cache of recent agents.

use crate::event::Texts;
use std::cell::RefCell;
use weir_detector::config::list;

/// Number of cached agents, a power of two.
const REMEMBERED: usize = 64;

/// A pattern, in lower case.
#[derive(Debug)]
struct AgentPattern {
    text: String,
    /// Whether any text may precede it.
    before: bool,
    /// Whether any text may follow it.
    behind: bool,
}

impl AgentPattern {
    fn new(text: &str) -> AgentPattern {
        let inner = text.strip_prefix('*').unwrap_or(text);
        let core = inner.strip_suffix('*').unwrap_or(inner);
        AgentPattern {
            text: core.to_lowercase(),
            before: inner.len() < text.len(),
            behind: core.len() < inner.len(),
        }
    }

    fn takes(&self, agent: &str) -> bool {
        let text = self.text.as_str();
        match (self.before, self.behind) {
            (false, false) => agent == text,
            (false, true) => agent.starts_with(text),
            (true, false) => agent.ends_with(text),
            (true, true) => agent.contains(text),
        }
    }
}

/// Patterns of user agents.
#[derive(Debug, Default)]
pub struct Agents {
    patterns: Vec<AgentPattern>,
    /// Cached agents with their results, each in the slot of its hash.
    memory: RefCell<Vec<(Vec<u8>, bool)>>,
}

impl Agents {
    /// Compiles patterns; `*` at an end stands for any text.
    #[must_use]
    pub fn new<'p>(patterns: impl Iterator<Item = &'p str>) -> Agents {
        Agents {
            patterns: patterns.map(AgentPattern::new).collect(),
            memory: RefCell::new(vec![(Vec::new(), false); REMEMBERED]),
        }
    }

    /// Whether a pattern matches an agent; an empty one never matches.
    #[must_use]
    pub fn take(&self, agent: &[u8]) -> bool {
        let mut memory = self.memory.borrow_mut();
        let Some((known, answer)) = memory.get_mut(place(agent)) else {
            return self.judge(agent);
        };
        if known != agent {
            *answer = self.judge(agent);
            known.clear();
            known.extend_from_slice(agent);
        }
        *answer
    }

    /// Whether there is exactly one agent, and a pattern matches it.
    #[must_use]
    pub fn take_one(&self, agents: &Texts) -> bool {
        matches!(&agents[..], [agent] if self.take(agent.as_bytes()))
    }

    fn judge(&self, agent: &[u8]) -> bool {
        let agent = String::from_utf8_lossy(agent).to_lowercase();
        !agent.is_empty() && self.patterns.iter().any(|pattern| pattern.takes(&agent))
    }
}

/// Checks a list of patterns; the error is a sentence on the first invalid one.
///
/// # Errors
/// A pattern that matches everything, or `*` inside of one.
pub fn check(patterns: &str) -> Result<(), String> {
    for pattern in list(patterns) {
        let text = AgentPattern::new(pattern).text;
        if text.is_empty() {
            return Err(format!("{pattern} takes every agent"));
        }
        if text.contains('*') {
            return Err(format!("{pattern} has * inside; it may stand at the ends"));
        }
    }
    Ok(())
}

/// The cache slot of an agent.
fn place(agent: &[u8]) -> usize {
    let byte = |at: usize| usize::from(agent.get(at).copied().unwrap_or_default());
    let last = byte(agent.len().saturating_sub(1));
    (agent.len() * 7 + byte(agent.len() / 2) * 3 + last) % REMEMBERED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_in_any_case() {
        let agents = Agents::new(list("*aiohttp*, python*,exact,*end"));
        for (agent, taken) in [
            ("Python/3.11 aiohttp/3.9.5", true),
            ("x AIOHTTP", true),
            ("Python-urllib/3", true),
            ("a python", false),
            ("EXACT", true),
            ("exactly", false),
            ("the END", true),
            ("the ends", false),
            ("", false),
        ] {
            // The second result comes from the cache.
            for _ in 0..2 {
                assert_eq!(agents.take(agent.as_bytes()), taken, "{agent}");
            }
        }
        // The Kelvin sign is a K.
        assert!(Agents::new(list("*okhttp*")).take("o\u{212a}http/4".as_bytes()));
        assert!(!Agents::new(list("")).take(b"curl"));
        assert!(!Agents::default().take(b"curl"));
    }

    #[test]
    fn agents_in_one_cache_slot_are_distinguished() {
        let agents = Agents::new(list("*curl/*"));
        let names: Vec<String> = (0..500)
            .map(|n| format!("curl{}{n}", ["/", "-"][n % 2]))
            .collect();
        for _ in 0..2 {
            for (n, name) in names.iter().enumerate() {
                assert_eq!(agents.take(name.as_bytes()), n % 2 == 0, "{name}");
            }
        }
    }

    #[test]
    fn several_agents_never_match() {
        let agents = Agents::new(list("*curl/*"));
        let texts = |texts: &[&'static str]| texts.iter().map(|text| (*text).into()).collect();
        assert!(agents.take_one(&texts(&["curl/8"])));
        assert!(!agents.take_one(&texts(&["curl/8", "curl/7"])));
        assert!(!agents.take_one(&texts(&[])));
    }

    #[test]
    fn a_bad_pattern_is_named() {
        assert_eq!(check("*curl/*, python*"), Ok(()));
        assert_eq!(check(""), Ok(()));
        for bad in ["*", "**", "a, *", "a*b", "***a"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
