//! Listeners for events: HTTP, the Forward protocol, and TCP and Unix sockets.
//!
//! Listeners hand over what they receive to an [`Intake`]; the detector stays on its own
//! thread and knows nothing of them. Over HTTP and Forward the answer comes when the events are
//! safe, so a sender that repeats what was not answered loses nothing: repetitions are known by
//! their ids.
#![forbid(unsafe_code)]

mod acceptor;
mod access;
mod address;
mod bodies;
mod connections;
mod forward;
mod http;
mod linger;
mod metrics;
mod peer;
mod socket;

pub use access::{AccessPolicy, Token};
pub use address::Address;
pub use metrics::prometheus;

use std::time::Duration;

use bodies::Pace;
use http::Server;
use socket::Sockets;
use weir_host::error::Error;
use weir_pipeline::run::Gauges;
use weir_sources::reader::Intake;

/// Limits of what senders may use.
#[derive(Debug, Clone)]
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
    /// Time for which a body may arrive at any rate.
    pub grace: Duration,
    /// Least rate after that, in bytes a second.
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

/// Time for which an idle connection keeps its slot when all are taken.
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
        access: &AccessPolicy,
        bounds: &Bounds,
        intake: &Intake,
        gauges: &Gauges,
        durable: bool,
    ) -> Result<Self, Error> {
        Error::problems(addresses.iter().filter_map(|address| access.check(address)))?;
        let mut all = Self {
            servers: Vec::new(),
            sockets: Vec::new(),
            bound: Vec::new(),
        };
        for address in addresses {
            match address {
                Address::Http { .. } => {
                    let shared = http::Shared::new(access, bounds, intake, gauges, durable);
                    let (server, bound) = Server::start(address, access, shared)?;
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

    /// Addresses that are bound, with the ports that the system assigned.
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
