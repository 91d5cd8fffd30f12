//! Azure AD Graph activity logs: which fields their records have, in three shapes, and what an
//! event of them is.
//!
//! [`fields`] lists what is read; [`event`] maps a record, [`call`] the plain ones of them
//! quickly; [`log`] is all of it as the engine has it. [`endpoint`], [`agent`] and [`list`] are
//! what the filters of rules ask, [`group`], [`about`] and
//! [`unfamiliar`] what their definitions share. [`document`], [`path`], [`pivot`], [`response`], [`attack`] and
//! [`first_party`] are what people are shown.
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
pub mod group;
pub mod list;
pub mod log;
pub mod path;
pub mod phrase;
pub mod pivot;
pub mod response;
pub mod unfamiliar;
pub mod uri;

mod identity;
