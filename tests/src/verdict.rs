//! Entries of the ledger, from the guest, native or as a component, and from the oracle.

use std::collections::BTreeMap;

/// Window, user and autonomous system: what an entry is of.
pub type Place = (i64, Option<String>, Option<i64>);

/// One entry, wherever it came from. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The window's start, the user and the autonomous system.
    pub place: Place,
    /// The window's end.
    pub end: i64,
    /// The first event and the last.
    pub seen: (i64, i64),
    /// Of calls, errors, error rate and paths: the value and the threshold.
    pub clauses: Vec<(String, f64, f64)>,
    /// Whether it alerts.
    pub alerted: bool,
    /// Whether the figures are whole.
    pub complete: bool,
}

/// The native guest's types and the component's are twins of the same contract.
macro_rules! verdict {
    ($name:ident, $root:ident :: $at:ident, $what:literal) => {
        #[doc = $what]
        ///
        /// # Errors
        /// What does not fit together in it.
        pub fn $name(v: &$root::$at::Verdict) -> Result<Verdict, String> {
            use $root::$at::Value;
            let (user, asn) = match &v.key[..] {
                [user, asn] if user.name == "user.id" && asn.name == "source.as.number" => {
                    (&user.value, &asn.value)
                }
                _ => return Err(format!("another key: {v:?}")),
            };
            let user = match user {
                None => None,
                Some(Value::Text(user)) => Some(user.clone()),
                _ => return Err(format!("a user that is no text: {v:?}")),
            };
            let asn = match asn {
                None => None,
                Some(Value::Integer(asn)) => Some(*asn),
                _ => return Err(format!("an ASN that is no integer: {v:?}")),
            };
            for clause in &v.clauses {
                let distance = clause.value - clause.threshold;
                if clause.distance != distance || clause.holds != (distance >= 0.0) {
                    return Err(format!("a clause that does not add up: {v:?}"));
                }
            }
            let clauses = v.clauses.iter();
            let clauses = clauses.map(|c| (c.name.clone(), c.value, c.threshold));
            Ok(Verdict {
                place: (v.window.start, user, asn),
                end: v.window.end,
                seen: (v.first_seen, v.last_seen),
                clauses: clauses.collect(),
                alerted: v.alerted,
                complete: v.complete,
            })
        }
    };
}

verdict!(
    of_native,
    weir_detector::model,
    "An entry as the native guest gives it."
);
#[cfg(feature = "host")]
verdict!(
    of_component,
    weir_host::contract,
    "An entry as the component gives it to the host."
);

/// The last entry of each group in each window.
#[must_use]
pub fn last(verdicts: &[Verdict]) -> BTreeMap<&Place, &Verdict> {
    verdicts.iter().map(|v| (&v.place, v)).collect()
}

/// Whether no entry is the one before it of its group and window: each says something new.
///
/// # Errors
/// The first that does not.
pub fn each_is_new(verdicts: &[Verdict]) -> Result<(), String> {
    let mut last: BTreeMap<&Place, &Verdict> = BTreeMap::new();
    for verdict in verdicts {
        if last.insert(&verdict.place, verdict) == Some(verdict) {
            return Err(format!("entered twice for nothing: {verdict:?}"));
        }
    }
    Ok(())
}
