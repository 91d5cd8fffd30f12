//! Alerts and verdicts, on their way from the detector to the sink and the ledger.

use super::Run;
use weir_host::Error;
use weir_host::contract::Phase;

impl Run<'_> {
    pub(super) fn take_alerts(&mut self) -> Result<(), Error> {
        loop {
            let alerts = self.engine.take_alerts()?;
            if alerts.is_empty() {
                return self.take_verdicts();
            }
            let standing = alerts
                .iter()
                .filter(|alert| alert.phase != Phase::Retracted);
            self.totals.alerts += standing.count() as u64;
            match &mut self.checkpointer {
                Some(checkpointer) if !self.sink.is_final() => {
                    checkpointer.held.add(alerts)?;
                    self.release_many()?;
                }
                _ => {
                    for alert in alerts {
                        self.sink.alert(alert)?;
                    }
                }
            }
        }
    }

    /// Enters what the ledger has by now, some at a time.
    pub(super) fn take_verdicts(&mut self) -> Result<(), Error> {
        let Some(ledger) = &mut self.ledger else {
            return Ok(());
        };
        let mut any = false;
        loop {
            let verdicts = self.engine.take_verdicts()?;
            if verdicts.is_empty() {
                break;
            }
            any = true;
            for verdict in &verdicts {
                ledger.enter(verdict)?;
            }
        }
        match any && self.prompt {
            true => ledger.flush(),
            false => Ok(()),
        }
    }
}
