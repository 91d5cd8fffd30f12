//! Files of the host, compiled here with the guest's types, so that documents and idle time-outs
//! are identical by construction.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::needless_borrow,
    reason = "the host uses more of these files, and its texts are owned"
)]

#[path = "../../../weir/common/src/clock.rs"]
pub(crate) mod clock;
#[path = "../../../weir/sinks/src/output/ecs.rs"]
pub(crate) mod ecs;
#[path = "../../../weir/pipeline/src/live.rs"]
pub(crate) mod live;
#[path = "../../../weir/contract/src/reserved.rs"]
pub(crate) mod reserved;
#[path = "../../../weir/common/src/time.rs"]
pub(crate) mod time;
