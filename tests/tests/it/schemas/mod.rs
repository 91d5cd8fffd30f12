//! The forms that alerts are written in, held against the published schemas of their fields.

mod alerts;
mod document;
mod ecs;
mod finding;
mod ocsf;
