//! Brokers to test against, and what is in them.

use crate::support::start::{Start as _, between_starts};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer};
use rdkafka::{Offset, TopicPartitionList};
use tempfile::TempDir;

use crate::support::free;
use crate::support::life::Life;

/// Longest that a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);
const ANSWER: Duration = Duration::from_secs(30);
/// Of a mock cluster.
const BROKERS: i32 = 3;

/// A broker of its own for each test.
pub(crate) struct Broker {
    pub(crate) servers: String,
    kind: Kind,
    producer: BaseProducer,
    next: usize,
}

enum Kind {
    /// librdkafka's own, inside this process.
    Mock(Box<MockCluster<'static, DefaultProducerContext>>),
    Tansu {
        child: Child,
        _folder: TempDir,
    },
}

impl Broker {
    pub(crate) fn mock() -> Self {
        let cluster = MockCluster::new(BROKERS).unwrap();
        let servers = cluster.bootstrap_servers();
        Self::new(servers, Kind::Mock(Box::new(cluster)))
    }

    /// The one that `TANSU` names; none when it names none.
    pub(crate) fn tansu() -> Option<Self> {
        let path = std::env::var_os("TANSU").filter(|path| !path.is_empty())?;
        let folder = tempfile::tempdir().unwrap();
        let servers = free();
        let child = Command::new(path)
            .args(["broker", "--kafka-cluster-id", "weir"])
            .args(["--kafka-listener-url", &format!("tcp://{servers}")])
            .args([
                "--kafka-advertised-listener-url",
                &format!("tcp://{servers}"),
            ])
            .args(["--storage-engine", "sqlite://tansu.db"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .start();
        let broker = Self::new(
            servers.clone(),
            Kind::Tansu {
                child,
                _folder: folder,
            },
        );
        broker.wait("the broker", &[], |_| TcpStream::connect(&servers).is_ok());
        Some(broker)
    }

    fn new(servers: String, kind: Kind) -> Self {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", &servers)
            .set("linger.ms", "2")
            .create()
            .unwrap();
        Self {
            servers,
            kind,
            producer,
            next: 0,
        }
    }

    /// Takes all brokers of a mock cluster away, or brings them back.
    pub(crate) fn away(&self, away: bool) {
        let Kind::Mock(cluster) = &self.kind else {
            panic!("only a mock cluster goes away");
        };
        // One that goes binds its port again at once, and ends this process where that is in use.
        between_starts(|| {
            for number in 1..=BROKERS {
                match away {
                    true => cluster.broker_down(number).unwrap(),
                    false => cluster.broker_up(number).unwrap(),
                }
            }
        });
    }

    /// Whether workers make the topics that they need.
    pub(crate) fn makes_topics(&self) -> bool {
        matches!(self.kind, Kind::Tansu { .. })
    }

    /// Whether it notices that a consumer is dead. Tansu 0.6 waits for one for ever.
    pub(crate) fn expires(&self) -> bool {
        matches!(self.kind, Kind::Mock(_))
    }

    pub(crate) fn create(&self, topic: &str, partitions: i32) {
        if let Kind::Mock(cluster) = &self.kind {
            return cluster.create_topic(topic, partitions, BROKERS).unwrap();
        }
        let admin: AdminClient<DefaultClientContext> = self.config().create().unwrap();
        let new = NewTopic::new(topic, partitions, TopicReplication::Fixed(-1));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let made = runtime.block_on(admin.create_topics([&new], &AdminOptions::new()));
        assert!(made.unwrap().iter().all(Result::is_ok), "{topic}");
    }

    /// The topics that a group needs, where it cannot make them.
    pub(crate) fn create_for(&self, group: &str, partitions: i32, alerts: &str) {
        if !self.makes_topics() {
            self.create(&format!("{group}.partials"), partitions);
            self.create(&format!("{group}.state"), partitions);
            self.create(alerts, partitions);
        }
    }

    fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.servers)
            .set("group.id", "test")
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false");
        config
    }

    /// Writes a message to the next partition in turn.
    pub(crate) fn produce(&mut self, topic: &str, partitions: usize, text: &str) {
        let partition = self.next % partitions;
        self.next += 1;
        self.produce_to(topic, partition as i32, Some(text.as_bytes()));
    }

    pub(crate) fn produce_to(&mut self, topic: &str, partition: i32, value: Option<&[u8]>) {
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic).partition(partition);
        record.payload = value;
        self.producer
            .send(record)
            .map_err(|(error, _)| error)
            .unwrap();
    }

    /// Waits until all that was produced is there.
    pub(crate) fn flush(&self) {
        self.producer.flush(PATIENCE).unwrap();
    }

    /// The first and the next offset of a partition; nothing is in one that workers have yet to make.
    pub(crate) fn extent(&self, topic: &str, partition: i32) -> (i64, i64) {
        // A client that has asked for a topic in vain goes on believing that there is none.
        let client: BaseConsumer = self.config().create().unwrap();
        let found = client.fetch_watermarks(topic, partition, ANSWER);
        found.unwrap_or_default()
    }

    /// Whether a group has committed all of a topic.
    pub(crate) fn is_read(&self, group: &str, topic: &str, partitions: i32) -> bool {
        let mut config = self.config();
        let consumer: BaseConsumer = config.set("group.id", group).create().unwrap();
        let mut list = TopicPartitionList::new();
        list.add_partition_range(topic, 0, partitions - 1);
        let Ok(list) = consumer.committed_offsets(list, ANSWER) else {
            return false;
        };
        list.elements().iter().all(|place| {
            let (_, end) = self.extent(topic, place.partition());
            matches!(place.offset(), Offset::Offset(offset) if offset >= end) || end == 0
        })
    }

    /// All keys and values of a topic, partition by partition.
    pub(crate) fn read(&self, topic: &str, partitions: i32) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut all = Vec::new();
        for partition in 0..partitions {
            let (low, end) = self.extent(topic, partition);
            if low >= end {
                continue;
            }
            let consumer: BaseConsumer = self.config().create().unwrap();
            let mut list = TopicPartitionList::new();
            list.add_partition_offset(topic, partition, Offset::Beginning)
                .unwrap();
            consumer.assign(&list).unwrap();
            let start = Instant::now();
            loop {
                assert!(start.elapsed() < PATIENCE, "{topic}/{partition} has no end");
                let Some(Ok(message)) = consumer.poll(Duration::from_millis(100)) else {
                    continue;
                };
                let bytes = |bytes: Option<&[u8]>| bytes.unwrap_or_default().to_vec();
                all.push((bytes(message.key()), bytes(message.payload())));
                if message.offset() + 1 >= end {
                    break;
                }
            }
        }
        all
    }

    /// Waits for something that workers do.
    #[track_caller]
    pub(crate) fn wait(&self, what: &str, workers: &[&Life], done: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            if start.elapsed() > PATIENCE {
                let said: Vec<String> = workers.iter().map(|life| life.err()).collect();
                panic!("no {what}; workers said:\n{}", said.join("---\n"));
            }
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Kind::Tansu { child, .. } = &mut self.kind {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
