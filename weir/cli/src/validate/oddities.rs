//! Warnings on legal settings of the host that are perhaps not meant.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use weir_config::{ASN_TABLE, CacheSetting, Draft};
use weir_host::contract::{ParameterType, Rule};

/// The place of each, and what is odd about it.
pub(super) fn oddities(draft: &Draft) -> Vec<(String, String)> {
    let config = &draft.config;
    let has = |place: &str| draft.positions.get(place).is_some();
    let limits = &config.limits;
    let either = |one: &'static str, other| if has(one) { one } else { other };
    let mut odd = Vec::new();
    let mut say = |is_odd: bool, place: &str, message: String| {
        if is_odd {
            odd.push((place.to_owned(), message));
        }
    };
    say(
        config.cache == CacheSetting::Off && has("cache_dir"),
        "cache_dir",
        "cache_dir is not used: cache is false".to_owned(),
    );
    let table = format!("tables.{ASN_TABLE}");
    say(
        has("asn_db") && has(&table),
        &table,
        format!("{table} is not used: asn_db stands for it and goes before it"),
    );
    say(
        cfg!(not(feature = "kafka")) && has("kafka"),
        "kafka",
        "kafka: this weir was built without Kafka and does not look at it".to_owned(),
    );
    say(
        limits.record_mib * 2 > limits.memory_mib,
        either("limits.record_mib", "limits.memory_mib"),
        format!(
            "limits.record_mib is {}, and the component has {} MiB for all (limits.memory_mib): the \
             longest documents can break it, and are quarantined then",
            limits.record_mib, limits.memory_mib
        ),
    );
    say(
        limits.batch_kib > limits.record_mib << 10,
        either("limits.batch_kib", "limits.record_mib"),
        format!(
            "limits.batch_kib is {}: batches are no longer than the longest document, {} MiB \
             (limits.record_mib)",
            limits.batch_kib, limits.record_mib
        ),
    );
    say(
        limits.snapshot_mib < limits.journal_mib,
        either("limits.snapshot_mib", "limits.journal_mib"),
        format!(
            "limits.snapshot_mib is {}: the state that {} MiB of documents leave behind may be larger \
             (limits.journal_mib), and the run would end there",
            limits.snapshot_mib, limits.journal_mib
        ),
    );
    say(
        limits.alert_kib > limits.output_mib << 10,
        either("limits.alert_kib", "limits.output_mib"),
        format!(
            "limits.alert_kib is {}, and an answer takes {} MiB at most (limits.output_mib): larger \
             alerts cannot be handed out",
            limits.alert_kib, limits.output_mib
        ),
    );
    odd
}

/// Exceptions that leave out what another does already: the place of each, and which it is.
pub(super) fn repeated(parameters: &Map<String, Json>, rule: &Rule) -> Vec<(String, String)> {
    let kinds = rule.parameters.iter();
    let names = kinds.filter(|parameter| parameter.kind == ParameterType::Exceptions);
    let mut found = Vec::new();
    for name in names.map(|parameter| parameter.name.as_str()) {
        let Some(list) = parameters.get(name).and_then(Json::as_array) else {
            continue;
        };
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (at, exception) in list.iter().enumerate() {
            let Some(object) = exception.as_object() else {
                continue;
            };
            let mut keys: Vec<_> = object.iter().filter(|(key, _)| *key != "reason").collect();
            keys.sort_by_key(|(key, _)| key.as_str());
            let what = serde_json::to_string(&keys).unwrap_or_default();
            match seen.get(&what) {
                Some(first) => found.push((
                    format!("{name}[{at}]"),
                    format!("leaves out the same as {name}[{first}]"),
                )),
                None => drop(seen.insert(what, at)),
            }
        }
    }
    found
}
