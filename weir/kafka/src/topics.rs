//! Topics of a run: looked up, or created.

use super::warn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::RDKafkaErrorCode;

use super::client::{error_text, failed, is_final};
use super::{Address, Settings};
use weir_common::throttle::Throttle;
use weir_host::error::Error;

/// Longest wait for an answer of the brokers.
const ANSWER: Duration = Duration::from_secs(10);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(500);
/// Questions for a topic that was just made.
const TRIES: u32 = 60;

/// Partition counts of the topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Topics {
    pub(super) events: i32,
    pub(super) partials: i32,
}

/// A topic that a run needs besides that of the events.
struct Wanted<'a> {
    name: &'a str,
    settings: &'static [(&'static str, &'static str)],
}

/// Partial states are needed until they are in a checkpoint.
const PARTIALS: &[(&str, &str)] = &[("cleanup.policy", "delete")];
/// Small segments, so that old checkpoints go soon.
const STATE: &[(&str, &str)] = &[
    ("cleanup.policy", "compact"),
    ("segment.bytes", "67108864"),
    ("min.cleanable.dirty.ratio", "0.1"),
];
/// By their ids, so that the last revision of each stays.
const ALERTS: &[(&str, &str)] = &[("cleanup.policy", "compact")];

/// Asks the brokers until they answer, and makes the topics that are missing.
pub(super) fn ensure(
    settings: &Settings,
    address: &Address,
    alerts: Option<&str>,
    stop: &Arc<AtomicBool>,
) -> Result<Topics, Error> {
    let client: AdminClient<DefaultClientContext> = settings
        .producer(address)
        .create()
        .map_err(|error| Error::config(error_text(&error)))?;
    let query = Query {
        client,
        address,
        stop,
    };
    let known = query.topics()?;
    let count = |known: &[(String, i32)], name: &str| {
        let found = known.iter().find(|(known, _)| known == name);
        found.map(|(_, partitions)| *partitions).filter(|n| *n > 0)
    };
    let events = count(&known, &address.topic).ok_or_else(|| {
        Error::input(
            address.to_string(),
            format!(
                "there is no topic `{}` to read, or no right to it",
                address.topic
            ),
        )
    })?;
    let partials = count(&known, &address.partials).or(count(&known, &address.state));
    let partials = partials.unwrap_or(events);
    let alerts = alerts.map(|name| Wanted {
        name,
        settings: ALERTS,
    });
    let wanted = [
        Wanted {
            name: &address.partials,
            settings: PARTIALS,
        },
        Wanted {
            name: &address.state,
            settings: STATE,
        },
    ];
    let missing: Vec<Wanted<'_>> = wanted
        .into_iter()
        .chain(alerts)
        .filter(|wanted| count(&known, wanted.name).is_none())
        .collect();
    if !missing.is_empty() {
        query.create(&missing, partials)?;
        query.wait_for(&missing)?;
    }
    let known = query.topics()?;
    let (partials, state) = (
        count(&known, &address.partials).unwrap_or(0),
        count(&known, &address.state).unwrap_or(0),
    );
    if partials != state {
        return Err(Error::config(format!(
            "topic `{}` has {partials} partitions and `{}` has {state}: they must have as many; \
             make the second anew, or name another group",
            address.partials, address.state
        )));
    }
    Ok(Topics { events, partials })
}

struct Query<'a> {
    client: AdminClient<DefaultClientContext>,
    address: &'a Address,
    stop: &'a Arc<AtomicBool>,
}

impl Query<'_> {
    /// All topics with their numbers of partitions. Asking for one by its name could make it.
    fn topics(&self) -> Result<Vec<(String, i32)>, Error> {
        let mut throttle = Throttle::new();
        let mut pause = PAUSE;
        loop {
            let error = match self.client.inner().fetch_metadata(None, ANSWER) {
                Ok(metadata) => {
                    let topics = metadata.topics().iter();
                    let topics = topics.map(|topic| {
                        let partitions = i32::try_from(topic.partitions().len());
                        (topic.name().to_owned(), partitions.unwrap_or(i32::MAX))
                    });
                    return Ok(topics.collect());
                }
                Err(error) => error,
            };
            let name = self.address.to_string();
            if error.rdkafka_error_code().is_some_and(is_final) {
                return Err(failed(&name, &error));
            }
            if throttle.pass().is_some() {
                let text = format!("{name}: {}; trying again", error_text(&error));
                warn("brokers-failed", text);
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(failed(&name, &error));
            }
            sleep(pause);
            pause = (pause * 2).min(ANSWER);
        }
    }

    fn create(&self, missing: &[Wanted<'_>], partitions: i32) -> Result<(), Error> {
        let topics: Vec<NewTopic<'_>> = missing
            .iter()
            .map(|wanted| {
                // As many copies as the brokers make by themselves.
                let topic = NewTopic::new(wanted.name, partitions, TopicReplication::Fixed(-1));
                let settings = wanted.settings.iter();
                settings.fold(topic, |topic, (key, value)| topic.set(key, value))
            })
            .collect();
        let options = AdminOptions::new()
            .request_timeout(Some(ANSWER))
            .operation_timeout(Some(ANSWER));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| Error::Broken(format!("cannot ask for topics: {error}")))?;
        let made = runtime.block_on(self.client.create_topics(&topics, &options));
        let refused = match made {
            Err(error) => Some(error_text(&error)),
            Ok(results) => results.into_iter().find_map(|result| match result {
                // Another worker was there first.
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => None,
                Err((name, code)) => Some(format!("`{name}`: {code}")),
            }),
        };
        match refused {
            None => Ok(()),
            Some(why) => Err(by_hand(missing, partitions, &why)),
        }
    }

    fn wait_for(&self, missing: &[Wanted<'_>]) -> Result<(), Error> {
        for _ in 0..TRIES {
            let known = self.topics()?;
            let there = |wanted: &Wanted<'_>| {
                let mut known = known.iter();
                known.any(|(name, partitions)| name == wanted.name && *partitions > 0)
            };
            if missing.iter().all(there) {
                return Ok(());
            }
            sleep(PAUSE);
        }
        Err(Error::input(
            self.address.to_string(),
            "the topics that were made do not appear",
        ))
    }
}

/// Topics that an operator with the right to it has to create.
fn by_hand(missing: &[Wanted<'_>], partitions: i32, why: &str) -> Error {
    let mut messages = vec![format!(
        "the brokers let no topic be made ({why}); make these, then start again:"
    )];
    for wanted in missing {
        let settings = wanted.settings.iter();
        let settings: Vec<String> = settings
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        messages.push(format!(
            "  topic `{}`: {partitions} partitions, {}",
            wanted.name,
            settings.join(", ")
        ));
    }
    Error::Config(messages)
}
