//! The settings of live runs.

use std::time::Duration;

use serde::Deserialize;
use weir_common::number_keys;

number_keys! {
    /// Settings of a run that follows its sources.
    #[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub struct LiveSettings in "live";

    /// Silence after which event time goes on by the host's clock; 0 for never.
    idle_timeout_seconds: 0 to 86_400, default 30;
}

impl LiveSettings {
    /// Silence after which event time goes on by the clock; none for never.
    #[must_use]
    pub fn idle_timeout(&self) -> Option<Duration> {
        (self.idle_timeout_seconds > 0).then(|| Duration::from_secs(self.idle_timeout_seconds))
    }
}
