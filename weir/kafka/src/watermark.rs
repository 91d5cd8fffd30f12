//! Watermark over all partitions of the events, from the marks of the collectors.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::record::Mark;

/// Longest that a partition without marks holds event time back.
const ABSENT: Duration = Duration::from_secs(300);

/// Marks of the partitions of the events.
///
/// The watermark is the smallest of all. A partition that was read to its end and is quiet is
/// left out after the idle timeout, so that others go on; one that was not read to its end
/// is waited for, whoever reads it next.
#[derive(Debug)]
pub(super) struct Watermarks {
    known: BTreeMap<i32, Known>,
    /// Partitions of the events.
    partitions: usize,
    idle: Option<Duration>,
    since: Instant,
    /// As far as it was raised.
    raised: Option<i64>,
}

#[derive(Debug)]
struct Known {
    mark: Mark,
    heard: Instant,
}

impl Watermarks {
    /// For so many partitions, without marks yet.
    pub(super) fn new(partitions: usize, idle: Option<Duration>, now: Instant) -> Self {
        Self {
            known: BTreeMap::new(),
            partitions,
            idle,
            since: now,
            raised: None,
        }
    }

    /// Takes in what a checkpoint knew. What was quiet then may not be so any more.
    pub(super) fn restore(&mut self, mut marks: Vec<Mark>, now: Instant) {
        marks.iter_mut().for_each(|mark| mark.quiet_ms = None);
        self.hear(marks, now);
    }

    /// Takes in marks.
    pub(super) fn hear(&mut self, marks: Vec<Mark>, now: Instant) {
        for mut mark in marks {
            // What is read again after a failure is not news.
            if let Some(before) = self.known.get(&mark.source) {
                mark.watermark = mark.watermark.max(before.mark.watermark);
            }
            let known = Known { mark, heard: now };
            self.known.insert(known.mark.source, known);
        }
    }

    /// All of them, for a checkpoint.
    pub(super) fn all(&self) -> Vec<Mark> {
        let marks = self.known.values().map(|known| known.mark.clone());
        marks.collect()
    }

    /// The watermark, when it has risen.
    pub(super) fn rise(&mut self, now: Instant) -> Option<i64> {
        let watermark = self.watermark(now)?;
        if self.raised.is_some_and(|raised| raised >= watermark) {
            return None;
        }
        self.raised = Some(watermark);
        Some(watermark)
    }

    /// Whether all partitions were read to where a run was to end.
    pub(super) fn ended(&self) -> bool {
        self.known.len() >= self.partitions && self.known.values().all(|known| known.mark.ended)
    }

    fn watermark(&self, now: Instant) -> Option<i64> {
        let unheard = self.known.len() < self.partitions;
        if unheard && now.saturating_duration_since(self.since) < ABSENT {
            return None;
        }
        let mut waited_for = self
            .known
            .values()
            .filter(|known| !self.left_out(known, now));
        let first = waited_for.next();
        if let Some(first) = first {
            let rest = waited_for.map(|known| known.mark.watermark);
            // None is less than any, and holds all back.
            return rest.fold(first.mark.watermark, Option::min);
        }
        // All are silent, and event time goes on by the clock.
        let marks = self.known.values().map(|known| &known.mark);
        let newest = marks.clone().filter_map(|mark| mark.watermark).max()?;
        let heard = marks.filter(|mark| !mark.ended && mark.watermark.is_some());
        let quiet = heard.filter_map(|mark| mark.quiet_ms).min();
        let quiet = i64::try_from(quiet.unwrap_or(0)).unwrap_or(i64::MAX);
        Some(newest.saturating_add(quiet))
    }

    fn left_out(&self, known: &Known, now: Instant) -> bool {
        let mark = &known.mark;
        let quiet = mark.quiet_ms.map(Duration::from_millis);
        let idle = quiet.is_some_and(|quiet| self.idle.is_some_and(|idle| quiet >= idle));
        let empty = quiet.is_some() && mark.watermark.is_none();
        let absent = now.saturating_duration_since(known.heard) >= ABSENT;
        mark.ended || idle || empty || absent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Option<Duration> = Some(Duration::from_secs(30));

    fn mark(source: i32, watermark: Option<i64>, quiet_ms: Option<u64>) -> Mark {
        Mark {
            source,
            watermark,
            quiet_ms,
            ended: false,
        }
    }

    #[test]
    fn the_slowest_partition_is_waited_for_and_time_never_falls() {
        let now = Instant::now();
        let mut marks = Watermarks::new(2, IDLE, now);
        marks.hear(vec![mark(0, Some(50), None)], now);
        assert_eq!(marks.rise(now), None, "nothing was heard of the other");
        marks.hear(vec![mark(1, None, None)], now);
        assert_eq!(
            marks.rise(now),
            None,
            "it has no event yet, and is being read"
        );
        marks.hear(vec![mark(1, Some(20), None)], now);
        assert_eq!(marks.rise(now), Some(20));
        assert_eq!(marks.rise(now), None, "it has not risen");
        marks.hear(vec![mark(1, Some(10), None)], now);
        assert_eq!(marks.rise(now), None, "read again by another");
        marks.hear(vec![mark(1, Some(90), None)], now);
        assert_eq!(marks.rise(now), Some(50));
    }

    #[test]
    fn idle_partitions_are_left_out_and_all_idle_follow_the_clock() {
        let now = Instant::now();
        let mut marks = Watermarks::new(3, IDLE, now);
        marks.restore(vec![mark(2, None, Some(90_000))], now);
        marks.hear(
            vec![mark(0, Some(50), None), mark(1, Some(20), Some(29_999))],
            now,
        );
        assert_eq!(marks.rise(now), None, "it was quiet before the restart");
        marks.hear(vec![mark(2, None, Some(0))], now);
        assert_eq!(marks.rise(now), Some(20));
        marks.hear(vec![mark(1, Some(20), Some(30_000))], now);
        assert_eq!(marks.rise(now), Some(50));
        marks.hear(vec![mark(0, Some(50), Some(31_000))], now);
        assert_eq!(marks.rise(now), Some(30_050));
        let mut never = Watermarks::new(1, None, now);
        never.hear(vec![mark(0, Some(5), Some(90_000))], now);
        assert_eq!(never.rise(now), Some(5));
    }

    #[test]
    fn a_partition_that_nobody_reads_is_given_up_in_the_end() {
        let now = Instant::now();
        let mut marks = Watermarks::new(3, IDLE, now);
        marks.hear(vec![mark(0, Some(1), None)], now);
        let later = now + ABSENT;
        marks.hear(vec![mark(1, Some(70), None)], later);
        assert_eq!(marks.rise(later), Some(70));
    }

    #[test]
    fn the_end_is_reached_when_all_are_at_it() {
        let now = Instant::now();
        let ended = |source| Mark {
            ended: true,
            ..mark(source, Some(1), None)
        };
        let mut marks = Watermarks::new(2, IDLE, now);
        marks.hear(vec![ended(0)], now);
        assert!(!marks.ended());
        marks.hear(vec![ended(1)], now);
        assert!(marks.ended());
        marks.hear(vec![mark(1, Some(2), None)], now);
        assert!(!marks.ended(), "it goes on");
    }
}
