//! Where alerts go, and in which form.

mod ecs;
mod finals;
mod place;
mod sink;
mod table;
mod time;

pub use ecs::EcsRenderer;
pub use finals::Finals;
pub use place::Place;
pub use sink::Sink;
pub use table::TableRenderer;
pub use time::iso;
