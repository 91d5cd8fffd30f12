//! `weir run kafka://...`: one of the workers of a group.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use weir_common::numbers;
use weir_config::Config;
use weir_deliver::Target;
use weir_host::Error;
use weir_host::contract::{Rule, RuleCounters};
use weir_kafka::{Address, Collected, Decided, Job, Release, Settings, WorkerReport};
use weir_pipeline::checkpoint::Judged;
use weir_sinks::output::{Documents, Output};
use weir_sinks::rejects::Rejects;

use super::detectors::Loaded;
use super::{
    Plan, Summaries, delivery, detectors, ledger, refuse_own_output, settings, sink, stop,
};
use crate::cli::{DetectArgs, Format, RunArgs, named};
use crate::command::fail;

/// Runs the command.
pub(super) fn run(arguments: &RunArgs) -> Result<u8, Error> {
    let address = address(arguments)?;
    let detect = &arguments.detect;
    let config = settings(detect)?;
    let alerts = alerts_topic(detect, &address)?;
    if detect.seed.is_some() {
        return Err(Error::config(
            "--seed: the workers of a group agree on a seed of their own",
        ));
    }
    refuse_own_output(detect, &[])?;
    let detector = detector(detect, &config)?;
    let until_end = address.until_end;
    let stop = Arc::default();
    // Opening a pipe may wait for its other end, and nothing is done yet that is to end in order.
    let output = match detect.file() {
        Some(path) => Output::append(path)?,
        None => Output::stdout(),
    };
    let rejects = detect.rejects.as_deref();
    let rejects = rejects.map(|path| match named(Some(path)) {
        Some(path) => Output::append(path),
        None => Ok(Output::stdout()),
    });
    let rejects = rejects.transpose()?;
    stop::set_on_signals(&stop, &stop::Hangup::End)?;
    let job = Job {
        settings: Settings::new(&config.kafka, &arguments.kafka)?,
        address,
        limits: config.limits.clone(),
        idle: config.live.idle_timeout(),
        accepted: detect.accept_component,
        stop: Arc::clone(&stop),
    };
    let rules = detector.rules();
    let prepared = match job.prepare(alerts.as_deref(), &Judged::all(&rules)) {
        Ok(prepared) => prepared,
        // Told to end before there was anything to do.
        Err(_) if stop.load(std::sync::atomic::Ordering::Relaxed) => return Ok(0),
        Err(error) => return Err(error),
    };
    let (whole, partial) = detector.openings(prepared.seed());
    let (whole, partial) = (whole.stop_on(&stop), partial.stop_on(&stop));
    let delivery = delivery::start(detect, vec![detector.sha256()], &stop)?;
    let release = match &alerts {
        Some(topic) => {
            let documents = match detect.format {
                Some(Format::Ocsf) => Documents::ocsf(&rules),
                _ => Documents::ecs(&rules),
            };
            Release::topic(topic, documents)
        }
        None => {
            let output = match &delivery {
                Some(delivery) => Output::destination(delivery.destination()),
                None => output.ending_on(&stop)?,
            };
            let plan = Plan {
                live: !until_end,
                prompt: true,
                only_final: false,
                fail_on_alert: arguments.fail_on_alert,
                strict: arguments.strict,
                forgiving: false,
                durable: false,
                gauges: None,
                seed: None,
            };
            Release::sink(sink(detect, &config, &plan, &rules, output))
        }
    };
    let rejects = rejects.map(|output| output.ending_on(&stop)).transpose()?;
    let done = prepared.run(whole, partial, release, rejects.map(Rejects::new));
    let summaries = Summaries::default();
    let done = done.map(|done| {
        summaries.add(detect, &text(&done, &rules), &object(&done, &rules), None);
        code(arguments, &done)
    });
    let done = match delivery {
        Some(delivery) => delivery::end(detect, delivery, done),
        None => done,
    };
    let written = summaries.write(detect);
    done.and_then(|code| written.map(|()| code))
}

/// The topic that alerts go to, where they go to one.
fn alerts_topic(detect: &DetectArgs, address: &Address) -> Result<Option<String>, Error> {
    let Some(Target::Kafka(text)) = &detect.output else {
        return Ok(None);
    };
    let wrong = |why| Error::config(format!("--output {why}"));
    let topic = Address::output(text).map_err(wrong)?;
    if [&address.topic, &address.partials, &address.state].contains(&&topic) {
        return Err(Error::config(format!(
            "--output: topic `{topic}` holds something else; name another"
        )));
    }
    Ok(Some(topic))
}

/// The worker's detector, loaded and able to run.
fn detector(detect: &DetectArgs, config: &Config) -> Result<Loaded, Error> {
    let detector = match detectors::load(&detect.components, config, true)?.pop() {
        Some(detector) => detector,
        None => return Err(Error::Broken("no detector was loaded".to_owned())),
    };
    if ledger::is_kept(&detector) {
        return Err(Error::config(
            "kafka: parameter `verdicts` keeps a ledger, of which each worker would have a part; set \
             it to false, and keep the ledger in a `weir run` over files",
        ));
    }
    detector.can_load()?;
    Ok(detector)
}

/// The one address; options that do not go with it are refused.
fn address(arguments: &RunArgs) -> Result<Address, Error> {
    let detect = &arguments.detect;
    let is_sent =
        matches!(&detect.output, Some(to) if !matches!(to, Target::File(_) | Target::Kafka(_)));
    let wrong = [
        (
            arguments.inputs.len() != 1,
            "name one kafka:// address, and nothing else to read",
        ),
        (
            arguments.only_final,
            "--final: a topic keyed by alert id, which is compacted, keeps the last revisions",
        ),
        (
            arguments.follow,
            "--follow: that is what it does; until=end in the address ends it",
        ),
        (
            detect.checkpoint.is_some(),
            "--checkpoint: the state is kept in a topic beside the partial states",
        ),
        (
            detect.accept_loss,
            "--accept-loss: the state in the topic is gone on with whole, or not at all",
        ),
        (
            detect.threads > 1,
            "--threads: start more workers of the same group",
        ),
        (
            detect.components.len() > 1,
            "--component: one detector for each group",
        ),
        (
            detect.verdicts.is_some(),
            "--verdicts: each worker would have a part of the ledger; keep it in a `weir run` over files",
        ),
        (
            is_sent && detect.delivery.queue.is_none(),
            "--output: alerts wait in memory until they are sent, and would be lost if this ended; \
             name a folder that keeps them, --queue DIR",
        ),
    ];
    let wrong = wrong.into_iter().filter(|(is_wrong, _)| *is_wrong);
    Error::problems(wrong.map(|(_, why)| format!("kafka: {why}")))?;
    let text = arguments.inputs.first().map_or("", String::as_str);
    text.parse().map_err(Error::config)
}

/// The exit code, as of any other run.
fn code(arguments: &RunArgs, done: &WorkerReport) -> u8 {
    let totals = done.collected.as_ref().map(|collected| &collected.totals);
    let bad = totals.map_or(0, |totals| totals.documents.malformed + totals.quarantined);
    let alerts = done.decided.as_ref().map_or(0, |decided| decided.alerts);
    match () {
        () if arguments.strict && bad > 0 => {
            fail(
                "documents-refused",
                format!(
                    "--strict: {} {} malformed or quarantined",
                    numbers::counted(bad, "event"),
                    numbers::agree(bad, "was", "were")
                ),
            );
            3
        }
        () if arguments.fail_on_alert && alerts > 0 => {
            fail(
                "alerts-found",
                format!("--fail-on-alert: {}", numbers::counted(alerts, "alert")),
            );
            1
        }
        () => 0,
    }
}

fn text(done: &WorkerReport, rules: &[Rule]) -> String {
    let collected = done.collected.iter().flat_map(collected_lines);
    let decided = done.decided.iter();
    let decided = decided.flat_map(|decided| decided_lines(decided, rules));
    collected.chain(decided).collect::<Vec<_>>().join("\n")
}

/// Figures of a worker as JSON; a phase that it did not get to is null.
fn object(done: &WorkerReport, rules: &[Rule]) -> Json {
    let collected = done.collected.as_ref().map(|collected| {
        let totals = &collected.totals;
        let mut object = json!({
            "messages_read": collected.messages,
            "bytes_read": totals.bytes,
            "events_read": totals.read(),
        });
        for (name, count) in totals.outcomes() {
            object[format!("events_{name}")] = count.into();
        }
        object["partial_states_sent"] = collected.states.into();
        object["component_restarts"] = collected.restarts.into();
        object
    });
    let decided = done.decided.as_ref().map(|decided| {
        let sum = |of| most(decided, of);
        json!({
            "partial_states_merged": decided.merged,
            "records_rejected": decided.rejected,
            "alerts_released": decided.alerts,
            "events_counted": sum(|rule| rule.counted),
            "events_duplicate": sum(|rule| rule.duplicate),
            "events_dropped_late": sum(|rule| rule.dropped_late),
            "windows_open": sum(|rule| rule.windows),
            "rules": rules.iter().map(|rule| of_rule(decided, rule)).collect::<Json>(),
        })
    });
    json!({"collected": collected, "decided": decided})
}

fn collected_lines(collected: &Collected) -> Vec<String> {
    let totals = &collected.totals;
    let mut lines = vec![format!(
        "read      {} in {}, {}",
        numbers::counted(totals.read(), "event"),
        numbers::counted(collected.messages, "message"),
        numbers::counted(totals.bytes, "byte")
    )];
    for (name, count) in totals.outcomes() {
        let name = name.replace('_', " ");
        lines.push(format!("  {name:<16}{count:>14}"));
    }
    let states = numbers::counted(collected.states, "partial state");
    lines.push(format!("sent      {states}"));
    if collected.restarts > 0 {
        lines.push(format!(
            "restarts  {}: the component failed, and a fresh instance went on",
            collected.restarts
        ));
    }
    lines
}

/// Sum over all partitions of the counter of the rule that has the most of it.
fn most(decided: &Decided, of: fn(&RuleCounters) -> u64) -> u64 {
    let counters = decided.counters.iter();
    counters.map(|counters| counters.most(of)).sum()
}

/// Sum of a rule's counter over all partitions.
fn counted(decided: &Decided, rule: &Rule, of: fn(&RuleCounters) -> u64) -> u64 {
    let counters = decided.counters.iter().flat_map(|one| &one.rules);
    counters.filter(|one| one.rule == rule.id).map(of).sum()
}

/// Alerts of every phase that stand, or stood once.
fn alerts(counters: &RuleCounters) -> u64 {
    counters.alerts_early + counters.alerts_on_time + counters.alerts_late
}

fn of_rule(decided: &Decided, rule: &Rule) -> Json {
    json!({
        "rule": rule.id,
        "short_name": rule.short_name,
        "events_counted": counted(decided, rule, |rule| rule.counted),
        "events_duplicate": counted(decided, rule, |rule| rule.duplicate),
        "events_dropped_late": counted(decided, rule, |rule| rule.dropped_late),
        "windows_open": counted(decided, rule, |rule| rule.windows),
        "alerts_early": counted(decided, rule, |rule| rule.alerts_early),
        "alerts_on_time": counted(decided, rule, |rule| rule.alerts_on_time),
        "alerts_late": counted(decided, rule, |rule| rule.alerts_late),
        "alerts_retracted": counted(decided, rule, |rule| rule.alerts_retracted),
    })
}

fn decided_lines(decided: &Decided, rules: &[Rule]) -> Vec<String> {
    let mut lines = vec![format!(
        "merged    {}, {} released",
        numbers::counted(decided.merged, "partial state"),
        numbers::counted(decided.alerts, "alert")
    )];
    let sum = |of| most(decided, of);
    lines.push(format!(
        "decided   {} counted, {} known from before, {} dropped late; {} held",
        numbers::counted(sum(|rule| rule.counted), "event"),
        sum(|rule| rule.duplicate),
        sum(|rule| rule.dropped_late),
        numbers::counted(sum(|rule| rule.windows), "window"),
    ));
    let several = rules.iter().filter(|_| rules.len() > 1);
    lines.extend(several.map(|rule| {
        format!(
            "  {:<24}{} counted, {} dropped late, {}",
            rule.short_name,
            numbers::counted(counted(decided, rule, |rule| rule.counted), "event"),
            counted(decided, rule, |rule| rule.dropped_late),
            numbers::counted(counted(decided, rule, alerts), "alert"),
        )
    }));
    if decided.rejected > 0 {
        lines.push(format!(
            "rejected  {} that {} no partial {}",
            numbers::counted(decided.rejected, "record"),
            numbers::agree(decided.rejected, "was", "were"),
            numbers::agree(decided.rejected, "state", "states")
        ));
    }
    lines
}
