//! First seen: the moments at which a key comes up that did not for a while.

use std::collections::BTreeMap;
use weir_generator::event::Event;

/// The moments, each with its key and its events: no event of the key lies in the `history`
/// milliseconds before, and the moment is `warm_up` or more behind the stream's first event.
pub(super) fn firsts<'e, K: Clone + Ord>(
    wanted: impl Iterator<Item = (&'e Event, Vec<K>)>,
    (history, warm_up): (i64, i64),
    begin: i64,
) -> Vec<(K, i64, Vec<&'e Event>)> {
    let mut moments: BTreeMap<(K, i64), Vec<&Event>> = BTreeMap::new();
    for (event, keys) in wanted {
        for key in keys {
            moments.entry((key, event.time)).or_default().push(event);
        }
    }
    let is_first = |key: &K, time: i64| {
        let before = (key.clone(), time - history)..(key.clone(), time);
        time >= begin + warm_up && moments.range(before).next().is_none()
    };
    let found = moments
        .iter()
        .filter(|((key, time), _)| is_first(key, *time));
    found
        .map(|((key, time), events)| (key.clone(), *time, events.clone()))
        .collect()
}
