//! Failed logins: many of one user from one address within five minutes.

mod logins;

use logins::Logins;
use weir_detector::model::{Threat, attack};
use weir_detector::plain::{AlertView, Info, Judgement, Plain, PlainRule, Severity};

fn rule() -> PlainRule<Logins> {
    PlainRule::new(info(), Judgement::Tumbling { seconds: 300 })
        .only("event.outcome", "failure")
        .by("user.name")
        .by("source.ip")
        .count("auth.failures")
        .values("auth.hosts", "host.name")
        .at_least(
            "auth.failures",
            "min_failures",
            5,
            "Fewest failed logins that alert.",
        )
        .label("auth.failures", "Failed logins")
        .reason(reason)
}

fn info() -> Info {
    Info {
        description: "A user failed to log in many times from one address within five minutes, \
            as when passwords are guessed.",
        severity: Severity::Medium,
        risk_score: 47,
        event_category: vec!["authentication"],
        threats: vec![Threat {
            tactic: attack(
                "TA0006",
                "Credential Access",
                "https://attack.mitre.org/tactics/TA0006/",
            ),
            techniques: vec![attack(
                "T1110",
                "Brute Force",
                "https://attack.mitre.org/techniques/T1110/",
            )],
            subtechniques: Vec::new(),
        }],
        ..Info::of(
            "0b8a5f6e-2f0c-4d1c-9c39-6a1f0d6b7f52",
            "failed-logins",
            "Failed logins of a user from one address",
        )
    }
}

/// Why it alerted: a sentence without its full stop.
fn reason(view: &AlertView) -> String {
    let (user, address) = (view.named("user.name"), view.named("source.ip"));
    let failures = view.count("auth.failures");
    format!("{user} failed to log in {failures} times from {address}")
}

weir_detector::export!(Plain<Logins>: rule());
