//! The optional interfaces of the contract.

use std::fmt;

use super::{PACKAGE, SERVED};

/// An interface that a detector may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Interface {
    /// Snapshots, merging, and taking groups out.
    State,
    /// The ledger, single events, advice and look-up tables.
    Inspection,
    /// Messages that the component prints.
    Messages,
}

impl Interface {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 3] = [Self::State, Self::Inspection, Self::Messages];

    /// Its name in the contract.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Inspection => "inspection",
            Self::Messages => "messages",
        }
    }

    /// Its name among a component's exports, in the newest version that is served.
    #[must_use]
    pub fn export(self) -> String {
        let version = SERVED.last().copied().unwrap_or_default();
        format!("{PACKAGE}/{}@{version}", self.name())
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` ({})", self.name(), self.export())
    }
}

/// The optional interfaces that a detector has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interfaces {
    /// See [`Interface::State`].
    pub state: bool,
    /// See [`Interface::Inspection`].
    pub inspection: bool,
    /// See [`Interface::Messages`].
    pub messages: bool,
}

impl Interfaces {
    /// Those among a component's exports.
    pub fn among(exports: &[String]) -> Self {
        let has = |interface: Interface| exports.contains(&interface.export());
        Self {
            state: has(Interface::State),
            inspection: has(Interface::Inspection),
            messages: has(Interface::Messages),
        }
    }

    /// Whether it has this one.
    #[must_use]
    pub fn has(self, interface: Interface) -> bool {
        match interface {
            Interface::State => self.state,
            Interface::Inspection => self.inspection,
            Interface::Messages => self.messages,
        }
    }

    /// Those that it leaves out, in the contract's order.
    pub fn missing(self) -> impl Iterator<Item = Interface> {
        Interface::ALL
            .into_iter()
            .filter(move |one| !self.has(*one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_those_of_the_served_version() {
        let exports = [
            "weir:detector/state@0.2.0",
            "weir:detector/inspection@0.3.0",
        ];
        let found = Interfaces::among(&exports.map(str::to_owned));
        assert!(found.state && !found.inspection && !found.messages);
        let missing: Vec<&str> = found.missing().map(Interface::name).collect();
        assert_eq!(missing, ["inspection", "messages"]);
        let shown = Interface::State.to_string();
        assert_eq!(shown, "`state` (weir:detector/state@0.2.0)");
    }
}
