//! Memory budget of request bodies, and which body is dropped when it is exceeded.
//!
//! A body that is still arriving takes no slot, only the bytes that have come: so many slow senders
//! cost little. When the budget is exceeded, the slowest arriving body of the peer that holds most
//! is dropped. A whole body stays until its request is answered.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::peer::Peer;

/// Ends the reading of a body.
pub(super) type Cut = Box<dyn FnOnce() + Send>;

/// Bodies of a listener.
#[derive(Debug)]
pub(super) struct Bodies {
    /// Most bytes of all of them.
    most: usize,
    held: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    bytes: usize,
    next: u64,
    /// By number.
    bodies: HashMap<u64, Body>,
}

struct Body {
    peer: Peer,
    begun: Instant,
    bytes: usize,
    /// Callback that ends reading; none once the body is whole.
    cut: Option<Cut>,
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} bytes of {:?}", self.bytes, self.peer)
    }
}

impl Bodies {
    pub(super) fn new(most: usize) -> Arc<Self> {
        let held = Mutex::default();
        Arc::new(Self { most, held })
    }

    /// A body that begins to come; `cut` is called when it has to give way.
    pub(super) fn begin(self: &Arc<Self>, peer: Peer, cut: Cut) -> Reservation {
        let mut held = self.lock();
        let number = held.next;
        held.next += 1;
        let body = Body {
            peer,
            begun: Instant::now(),
            bytes: 0,
            cut: Some(cut),
        };
        held.bodies.insert(number, body);
        drop(held);
        Reservation {
            bodies: Arc::clone(self),
            number,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The slowest body on its way of the peer that holds most that way.
    fn slowest(&self, now: Instant) -> Option<u64> {
        let on_its_way = || self.bodies.iter().filter(|(_, body)| body.cut.is_some());
        let mut by_peer: HashMap<Peer, usize> = HashMap::new();
        for (_, body) in on_its_way() {
            *by_peer.entry(body.peer).or_default() += body.bytes;
        }
        let most = by_peer.values().max()?;
        let rate = |body: &Body| {
            let nanos = now.duration_since(body.begun).as_nanos().max(1);
            (
                body.bytes as u128 * 1_000_000_000 / nanos,
                u128::MAX - nanos,
            )
        };
        on_its_way()
            .filter(|(_, body)| body.bytes > 0 && by_peer.get(&body.peer) == Some(most))
            .min_by_key(|(_, body)| rate(body))
            .map(|(number, _)| *number)
    }

    fn remove(&mut self, number: u64) -> Option<Body> {
        let body = self.bodies.remove(&number)?;
        self.bytes -= body.bytes;
        Some(body)
    }
}

/// Reservation of a body's bytes, until it is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    bodies: Arc<Bodies>,
    number: u64,
}

impl Reservation {
    /// Counts bytes that have come. Whether there is room for them; others may have to give way.
    pub(super) fn add(&self, bytes: usize) -> bool {
        let mut cuts = Vec::new();
        let mut held = self.bodies.lock();
        let is_here = held.bodies.contains_key(&self.number);
        while is_here && held.bytes + bytes > self.bodies.most {
            let slowest = held.slowest(Instant::now());
            match slowest.filter(|number| *number != self.number) {
                Some(number) => cuts.extend(held.remove(number).and_then(|body| body.cut)),
                None => break,
            }
        }
        let has_room = is_here && held.bytes + bytes <= self.bodies.most;
        if has_room {
            held.bytes += bytes;
            if let Some(body) = held.bodies.get_mut(&self.number) {
                body.bytes += bytes;
            }
        }
        drop(held);
        cuts.into_iter().for_each(|cut| cut());
        has_room
    }

    /// Marks the body as whole: it is not dropped any more.
    pub(super) fn set_whole(&self) {
        if let Some(body) = self.bodies.lock().bodies.get_mut(&self.number) {
            body.cut = None;
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.bodies.lock().remove(self.number);
    }
}

/// Least pace of a body: any rate for a grace period, then a least rate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) grace: Duration,
    /// Bytes a second.
    pub(super) rate: u32,
    /// Longest that all of it takes.
    pub(super) longest: Duration,
}

impl Pace {
    /// Time that a body has in all once so many bytes have come.
    pub(super) fn allows(&self, bytes: usize) -> Duration {
        let earned = Duration::from_secs_f64(bytes as f64 / f64::from(self.rate.max(1)));
        self.grace.saturating_add(earned).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn share(bodies: &Arc<Bodies>, peer: Peer, cuts: &Arc<AtomicUsize>) -> Reservation {
        let cuts = Arc::clone(cuts);
        bodies.begin(
            peer,
            Box::new(move || {
                cuts.fetch_add(1, Ordering::Relaxed);
            }),
        )
    }

    #[test]
    fn the_slowest_body_of_whoever_holds_most_gives_way() {
        let (greedy, other) = (Peer::V4(Ipv4Addr::LOCALHOST), Peer::Local);
        let bodies = Bodies::new(100);
        let cuts = [(); 4].map(|()| Arc::default());
        let old = share(&bodies, greedy, &cuts[0]);
        assert!(old.add(10));
        let large = share(&bodies, greedy, &cuts[1]);
        assert!(large.add(60));
        let modest = share(&bodies, other, &cuts[2]);
        assert!(modest.add(20));
        let new = share(&bodies, other, &cuts[3]);
        assert!(
            new.add(20),
            "the older and smaller one of the greedy peer goes"
        );
        let counts = |cuts: &[Arc<AtomicUsize>]| {
            let counts = cuts.iter().map(|cut| cut.load(Ordering::Relaxed));
            counts.collect::<Vec<_>>()
        };
        assert_eq!(counts(&cuts), [1, 0, 0, 0]);
        assert!(!old.add(1), "what gave way does not come back");
        // A whole body stays; a request for more than there is fails.
        large.set_whole();
        assert!(!new.add(90));
        assert_eq!(counts(&cuts), [1, 0, 1, 0]);
        drop((large, old, modest));
        assert!(new.add(80));
        drop(new);
        assert_eq!(bodies.lock().bytes, 0);
    }

    #[test]
    fn time_is_earned_by_bytes() {
        let pace = Pace {
            grace: Duration::from_secs(5),
            rate: 1024,
            longest: Duration::from_secs(60),
        };
        assert_eq!(pace.allows(0), Duration::from_secs(5));
        assert_eq!(pace.allows(10 << 10), Duration::from_secs(15));
        assert_eq!(pace.allows(usize::MAX), Duration::from_secs(60));
    }
}
