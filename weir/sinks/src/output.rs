//! Sinks of alerts: outputs and their formats.

mod answer_buffer;
mod background;
mod bulk;
mod documents;
mod ecs;
mod finals;
mod ocsf;
mod sink;
mod stream;
mod table;

pub use answer_buffer::AnswerBuffer;
pub use bulk::action;
pub use documents::Documents;
pub use ecs::{EcsRenderer, mark_text, phase};
pub use finals::Finals;
pub use ocsf::OcsfRenderer;
pub use sink::Sink;
pub use stream::Output;
pub use table::TableRenderer;
