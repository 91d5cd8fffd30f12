//! The log crate of Azure AD Graph activity logs: the fields of their records, in three shapes, and
//! the events that they are mapped to.
//!
//! [`fields`] lists the fields; [`shape`] recognises records, [`mapping`] maps them to an [`event`]
//! of [`values`], and [`call`] reads the plain ones quickly; [`log`] implements the engine's
//! traits. The filters of rules use [`endpoint`], [`agent`] and [`list`]; their definitions share
//! [`group`], [`about`] and [`first_seen_rules`]. [`document`], [`path`], [`pivot`], [`response`],
//! [`attack`] and [`first_party`] make the texts and values that analysts see.
#![forbid(unsafe_code)]

pub mod about;
pub mod agent;
pub mod asn;
pub mod attack;
pub mod call;
pub mod document;
pub mod endpoint;
pub mod event;
pub mod fields;
pub mod first_party;
pub mod first_seen_rules;
pub mod group;
pub mod list;
pub mod log;
pub mod mapping;
pub mod path;
pub mod phrase;
pub mod pivot;
pub mod response;
pub mod shape;
pub mod uri;
pub mod values;

mod identity;
