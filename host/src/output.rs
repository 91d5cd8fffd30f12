//! Where alerts go, and in which form.

mod background;
mod bulk;
mod documents;
mod ecs;
mod finals;
mod held;
mod ocsf;
mod place;
mod sink;
mod table;
mod time;

pub use bulk::action;
pub use documents::Documents;
pub use ecs::EcsRenderer;
pub(crate) use ecs::{is_own, mark_text};
pub use finals::Finals;
pub(crate) use held::Held;
pub use ocsf::OcsfRenderer;
pub use place::Place;
pub use sink::Sink;
pub use table::TableRenderer;
pub use time::iso;
