//! Connection limit of a listener, and which connection is closed when it is reached.
//!
//! Below the limit a peer may have any number of them. At the limit a new one takes the place of
//! the one that has kept a place for longest without anything done for it, among those of the peer
//! that has most.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::bodies::Cut;
use super::peer::Peer;

/// All connections of a listener, by what tells them apart.
#[derive(Debug)]
pub(super) struct Connections<K: Eq + Hash> {
    most: usize,
    /// Time for which a waiting connection is not closed.
    grace: Duration,
    open: Mutex<HashMap<K, Open>>,
}

struct Open {
    peer: Peer,
    /// Start of its idle time; none while it is busy.
    idle: Option<Instant>,
    cut: Cut,
}

impl fmt::Debug for Open {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?} since {:?}", self.peer, self.idle)
    }
}

impl<K: Eq + Hash + Copy> Connections<K> {
    pub(super) fn new(most: usize, grace: Duration) -> Arc<Self> {
        let open = Mutex::default();
        Arc::new(Self { most, grace, open })
    }

    /// Takes a connection in, if there is room or another one gives way; `cut` closes it when it is
    /// to give way itself.
    pub(super) fn enter(
        self: &Arc<Self>,
        key: K,
        peer: Peer,
        cut: Cut,
    ) -> Result<ConnectionSlot<K>, Cut> {
        let mut open = self.lock();
        let mut gone = None;
        if open.len() >= self.most {
            let Some(least) = longest_idle(&open, self.grace) else {
                return Err(cut);
            };
            gone = open.remove(&least);
        }
        let idle = Some(Instant::now());
        open.insert(key, Open { peer, idle, cut });
        drop(open);
        if let Some(gone) = gone {
            (gone.cut)();
        }
        Ok(ConnectionSlot {
            all: Arc::clone(self),
            key,
        })
    }

    /// Says that something is done for a connection, or that it was.
    pub(super) fn set_busy(&self, key: K, busy: bool) {
        if let Some(open) = self.lock().get_mut(&key) {
            open.idle = (!busy).then(Instant::now);
        }
    }

    /// Number of connections.
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn longest_idle<K: Copy>(open: &HashMap<K, Open>, grace: Duration) -> Option<K> {
    let mut by_peer: HashMap<Peer, usize> = HashMap::new();
    let idle = || {
        let of_long = |since: Instant| since.elapsed() >= grace;
        let known = open
            .iter()
            .filter_map(|(key, open)| Some((key, open.peer, open.idle?)));
        known.filter(move |(.., since)| of_long(*since))
    };
    for open in open.values() {
        *by_peer.entry(open.peer).or_default() += 1;
    }
    let of_peer = |peer: &Peer| by_peer.get(peer).copied().unwrap_or(0);
    let most = idle().map(|(_, peer, _)| of_peer(&peer)).max()?;
    let of_most = idle().filter(|(_, peer, _)| of_peer(peer) == most);
    of_most
        .min_by_key(|(.., since)| *since)
        .map(|(key, ..)| *key)
}

/// Slot of a connection, until it is dropped.
#[derive(Debug)]
pub(super) struct ConnectionSlot<K: Eq + Hash + Copy> {
    all: Arc<Connections<K>>,
    key: K,
}

impl<K: Eq + Hash + Copy> ConnectionSlot<K> {
    /// As [`Connections::set_busy`].
    pub(super) fn set_busy(&self, busy: bool) {
        self.all.set_busy(self.key, busy);
    }
}

impl<K: Eq + Hash + Copy> Drop for ConnectionSlot<K> {
    fn drop(&mut self) {
        self.all.lock().remove(&self.key);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn the_longest_idle_one_of_whoever_has_most_gives_way() {
        let (greedy, other) = (Peer::V4(Ipv4Addr::LOCALHOST), Peer::Local);
        let all = Connections::new(4, Duration::ZERO);
        let (sender, cut) = mpsc::channel();
        let enter = |key: u8, peer| {
            let sender = sender.clone();
            all.enter(key, peer, Box::new(move || sender.send(key).unwrap()))
        };
        let places = [(0, other), (1, greedy), (2, greedy), (3, greedy)];
        let places = places.map(|(key, peer)| enter(key, peer).ok().unwrap());
        // The first of the greedy one is at work, and the one elsewhere waits for longer.
        all.set_busy(1, true);
        let fifth = enter(4, other).ok().unwrap();
        assert_eq!(cut.try_recv(), Ok(2));
        assert_eq!(all.count(), 4);
        // Two each now; of those that wait, number 0 has waited longest.
        let _sixth = enter(5, other).ok().unwrap();
        assert_eq!(cut.try_recv(), Ok(0));
        // Those that gave way are gone once, not twice.
        drop(places);
        assert_eq!(all.count(), 2);
        drop(fifth);
        assert_eq!(all.count(), 1);
    }

    #[test]
    fn nobody_gives_way_at_once_or_at_work() {
        let all = Connections::new(1, Duration::from_secs(3600));
        let _slot = all.enter(0, Peer::Local, Box::new(|| {})).ok().unwrap();
        assert!(all.enter(1, Peer::Local, Box::new(|| {})).is_err());
        let all = Connections::new(1, Duration::ZERO);
        let slot = all.enter(0, Peer::Local, Box::new(|| {})).ok().unwrap();
        slot.set_busy(true);
        assert!(all.enter(1, Peer::Local, Box::new(|| {})).is_err());
        slot.set_busy(false);
        assert!(all.enter(1, Peer::Local, Box::new(|| {})).is_ok());
    }
}
