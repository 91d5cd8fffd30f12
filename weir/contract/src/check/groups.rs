//! Groups that are being taken out one by one.

use super::{Checked, ensure, key, within};
use crate::Limits;
use crate::{GroupState, KeyPart, Window, order};

/// Bytes that a group takes besides its key and state.
const GROUP: u64 = 64;

/// The groups so far.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Bytes of all so far.
    bytes: u64,
    /// Window and key of the last one of each rule, by the rule's place.
    last: Vec<Option<(Window, Vec<KeyPart>)>>,
}

impl Groups {
    /// One more: of each rule windows ascend, and in each the keys do, so that none comes twice.
    pub(super) fn add(&mut self, rule: usize, group: &GroupState, limits: &Limits) -> Checked {
        let key = group.key.iter().flat_map(|part| &part.value);
        let key: u64 = key.map(key::written).sum();
        self.bytes = self
            .bytes
            .saturating_add(GROUP + group.state.len() as u64 + key);
        let limit = limits.snapshot_mib << 20;
        within(
            "the states of all groups",
            self.bytes,
            limit,
            "snapshot_mib",
        )?;
        let span = |window: Window| (window.start, window.end);
        if self.last.len() <= rule {
            self.last.resize(rule + 1, None);
        }
        let Some(last) = self.last.get_mut(rule) else {
            return Ok(());
        };
        if let Some((window, key)) = last {
            let (before, now) = (span(*window), span(group.window));
            ensure(
                before <= now,
                "window",
                || "is older than that of the group before it",
            )?;
            let ascends = before < now || order::keys(key, &group.key).is_lt();
            ensure(
                ascends,
                "key",
                || "is not behind that of the group before it",
            )?;
        }
        *last = Some((group.window, group.key.clone()));
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use crate::Value;

    fn group(start: i64, key: Option<i64>, bytes: usize) -> GroupState {
        let end = start + 1000;
        let value = key.map(Value::Integer);
        let name = "line".to_owned();
        GroupState {
            rule: "rule".to_owned(),
            window: Window { start, end },
            key: vec![KeyPart { name, value }],
            state: vec![0; bytes],
        }
    }

    #[test]
    fn groups_come_oldest_windows_first_and_with_keys_ascending() {
        let limits = Limits::default();
        let taken = |keys: &[(i64, Option<i64>)]| {
            let mut groups = Groups::default();
            let mut keys = keys.iter();
            keys.all(|(start, key)| groups.add(0, &group(*start, *key, 1), &limits).is_ok())
        };
        assert!(taken(&[
            (0, None),
            (0, Some(-1)),
            (0, Some(7)),
            (1000, None)
        ]));
        assert!(!taken(&[(0, Some(1)), (0, Some(1))]));
        assert!(!taken(&[(0, Some(1)), (0, Some(2)), (0, Some(1))]));
        assert!(!taken(&[(0, Some(2)), (0, Some(1))]));
        assert!(!taken(&[(0, Some(1)), (0, None)]));
        assert!(!taken(&[(1000, Some(1)), (0, Some(2))]));
    }

    #[test]
    fn states_of_all_groups_are_bounded_together() {
        let limits = Limits {
            snapshot_mib: 1,
            ..Limits::default()
        };
        let mut groups = Groups::default();
        groups.add(0, &group(0, Some(1), 1 << 19), &limits).unwrap();
        assert!(groups.add(0, &group(0, Some(2), 1 << 19), &limits).is_err());
        let mut groups = Groups::default();
        let end = (0..).find(|n| groups.add(0, &group(0, Some(*n), 0), &limits).is_err());
        // A key of one integer is written with 24 bytes.
        assert_eq!(end, Some((1 << 20) / (GROUP as i64 + 24)));
    }
}
