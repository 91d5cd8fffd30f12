//! Listens for events: over HTTP, in the Forward protocol, and on TCP and Unix sockets.
//!
//! Listeners hand over what they receive to an [`Intake`]; the detector stays on its own
//! thread and knows nothing of them. Over HTTP and Forward the answer comes when the events are safe, so a
//! sender that repeats what was not answered loses nothing: repetitions are known by their ids.

mod acceptor;
mod address;
mod bodies;
mod connections;
mod door;
mod forward;
mod http;
mod linger;
mod metrics;
mod peer;
mod socket;

pub use address::Address;
pub use door::{Door, Token};
pub use metrics::prometheus;

use std::time::Duration;

use crate::error::Error;
use crate::feed::Intake;
use crate::run::Gauges;
use bodies::Pace;
use http::Server;
use socket::Sockets;

/// What senders may use.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Bounds {
    /// Bytes of one request's body, as they are sent.
    pub body: usize,
    /// Requests of one listener that have come whole and are handed over at once; more are told to
    /// come again. So many of the largest bodies may be in memory, whole or in part.
    pub requests: usize,
    /// Connections of one socket at once; of HTTP, where they cost no thread, twice as many.
    pub connections: usize,
    /// Longest that a request takes to arrive, and longest that it waits for its answer once
    /// the run has read it.
    pub patience: Duration,
    /// How long a body may come as slowly as it likes,
    pub grace: Duration,
    /// and how many bytes of it earn another second.
    pub rate: u32,
}

impl Bounds {
    fn pace(&self) -> Pace {
        Pace {
            grace: self.grace,
            rate: self.rate,
            longest: self.patience,
        }
    }
}

/// How long a connection keeps its place when all are taken and nothing is done for it.
const YIELD: Duration = Duration::from_millis(250);

impl Default for Bounds {
    fn default() -> Self {
        Self {
            body: 16 << 20,
            requests: 16,
            connections: 256,
            patience: Duration::from_secs(60),
            grace: Duration::from_secs(5),
            rate: 1024,
        }
    }
}

/// Listeners at work, until they are closed or the run is over.
#[derive(Debug)]
pub struct Listeners {
    servers: Vec<Server>,
    sockets: Vec<Sockets>,
    bound: Vec<Address>,
}

impl Listeners {
    /// Listens at all the addresses. What comes is taken at once, up to what the intake
    /// lets wait. `durable` says that nothing is to be taken while it cannot be kept.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with every address that cannot be listened at.
    pub fn open(
        addresses: &[Address],
        door: &Door,
        bounds: &Bounds,
        intake: &Intake,
        gauges: &Gauges,
        durable: bool,
    ) -> Result<Self, Error> {
        let problems: Vec<String> = addresses
            .iter()
            .filter_map(|address| door.objection(address))
            .collect();
        if !problems.is_empty() {
            return Err(Error::Config(problems));
        }
        let mut all = Self {
            servers: Vec::new(),
            sockets: Vec::new(),
            bound: Vec::new(),
        };
        for address in addresses {
            match address {
                Address::Http { .. } => {
                    let shared = http::Shared::new(door, bounds, intake, gauges, durable);
                    let (server, bound) = Server::start(address, door, shared)?;
                    all.servers.push(server);
                    all.bound.push(bound);
                }
                _ => {
                    let (sockets, bound) = Sockets::start(address, bounds, intake)?;
                    all.sockets.push(sockets);
                    all.bound.push(bound);
                }
            }
        }
        Ok(all)
    }

    /// Where they listen, with the ports that the system chose.
    #[must_use]
    pub fn bound(&self) -> &[Address] {
        &self.bound
    }

    /// Lets the answers that are due go out, and ends.
    pub fn close(self) {
        for server in self.servers {
            server.close();
        }
        for sockets in self.sockets {
            sockets.close();
        }
    }
}
