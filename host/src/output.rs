//! Where alerts go, and in which form.

mod bulk;
mod documents;
mod ecs;
mod finals;
mod ocsf;
mod place;
mod sink;
mod table;
mod time;

pub use bulk::action;
pub use documents::Documents;
pub use ecs::EcsRenderer;
pub use finals::Finals;
pub use ocsf::OcsfRenderer;
pub use place::Place;
pub use sink::Sink;
pub use table::TableRenderer;
pub use time::iso;
