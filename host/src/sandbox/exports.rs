//! The interfaces of the contract that a component exports, required and optional.

use wasmtime::component::{Instance, InstancePre};
use wasmtime::{AsContextMut, Result};

use crate::contract::{Interface, Interfaces};
use weir_contract::bindings::exports::weir::detector as wit;

/// Indices of a component's functions, found before it is instantiated.
#[derive(Clone)]
pub(super) struct Indices {
    description: wit::description::GuestIndices,
    detection: wit::detection::GuestIndices,
    state: Option<wit::state::GuestIndices>,
    inspection: Option<wit::inspection::GuestIndices>,
    messages: Option<wit::messages::GuestIndices>,
}

impl Exports {
    /// The optional interfaces that there are.
    pub(super) fn interfaces(&self) -> Interfaces {
        Interfaces {
            state: self.state.is_some(),
            inspection: self.inspection.is_some(),
            messages: self.messages.is_some(),
        }
    }
}

/// The functions of one instance.
pub(crate) struct Exports {
    pub(crate) description: wit::description::Guest,
    pub(crate) detection: wit::detection::Guest,
    pub(crate) state: Option<wit::state::Guest>,
    pub(crate) inspection: Option<wit::inspection::Guest>,
    pub(crate) messages: Option<wit::messages::Guest>,
}

impl Indices {
    /// Looks each interface up. An optional one that is exported must be whole.
    pub(super) fn new<T>(pre: &InstancePre<T>, has: Interfaces) -> Result<Self> {
        let optional = |interface| has.has(interface);
        Ok(Self {
            description: wit::description::GuestIndices::new(pre)?,
            detection: wit::detection::GuestIndices::new(pre)?,
            state: optional(Interface::State)
                .then(|| wit::state::GuestIndices::new(pre))
                .transpose()?,
            inspection: optional(Interface::Inspection)
                .then(|| wit::inspection::GuestIndices::new(pre))
                .transpose()?,
            messages: optional(Interface::Messages)
                .then(|| wit::messages::GuestIndices::new(pre))
                .transpose()?,
        })
    }

    /// The functions of an instance; an error where one has other types than the contract's.
    pub(super) fn load(
        &self,
        mut store: impl AsContextMut,
        instance: &Instance,
    ) -> Result<Exports> {
        Ok(Exports {
            description: self.description.load(&mut store, instance)?,
            detection: self.detection.load(&mut store, instance)?,
            state: match &self.state {
                Some(indices) => Some(indices.load(&mut store, instance)?),
                None => None,
            },
            inspection: match &self.inspection {
                Some(indices) => Some(indices.load(&mut store, instance)?),
                None => None,
            },
            messages: match &self.messages {
                Some(indices) => Some(indices.load(&mut store, instance)?),
                None => None,
            },
        })
    }
}
