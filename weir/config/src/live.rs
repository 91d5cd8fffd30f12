//! The settings of live runs.

use std::time::Duration;

use serde::Deserialize;

/// Settings of a run that follows its sources.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LiveSettings {
    /// Silence, in seconds, after which event time goes on by the host's clock.
    /// 0 (never) to 86400, default 30.
    pub idle_timeout_seconds: u64,
}

/// Longest silence that can be set, in seconds.
const LONGEST_IDLE: u64 = 86_400;

impl Default for LiveSettings {
    fn default() -> Self {
        Self {
            idle_timeout_seconds: 30,
        }
    }
}

impl LiveSettings {
    /// A message for each value that is out of range.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let seconds = self.idle_timeout_seconds;
        if seconds <= LONGEST_IDLE {
            return Vec::new();
        }
        vec![format!(
            "live.idle_timeout_seconds is {seconds}; it must be 0 (never) to {LONGEST_IDLE}"
        )]
    }

    /// Silence after which event time goes on by the clock; none for never.
    #[must_use]
    pub fn idle_timeout(&self) -> Option<Duration> {
        (self.idle_timeout_seconds > 0).then(|| Duration::from_secs(self.idle_timeout_seconds))
    }
}
