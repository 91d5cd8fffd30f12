//! Settings of the Kafka client, as librdkafka names them, and their secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;

use rdkafka::ClientConfig;
use rdkafka::consumer::BaseConsumer;

use super::Address;
use super::client::error_text;
use weir_common::explain::explain;
use weir_host::error::Error;

/// Settings that hold secrets: from files only, so that no list of processes shows them.
const SECRETS: &[&str] = &[
    "sasl.password",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
    "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.assertion.private.key.pem",
    "sasl.oauthbearer.client.credentials.client.secret",
    "sasl.oauthbearer.client.secret",
];
/// Settings on which it rests that nothing is lost: Weir's own.
const OWN: &[&str] = &[
    "acks",
    "auto.offset.reset",
    "bootstrap.servers",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.partition.eof",
    "group.id",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "request.required.acks",
    "transactional.id",
];
/// Longest secret in a file, in bytes.
const LONGEST: u64 = 64 << 10;
/// The two names of one setting: how clients say who they are.
const MECHANISMS: &[&str] = &["sasl.mechanism", "sasl.mechanisms"];
/// Whether brokers know records that are sent again.
const IDEMPOTENCE: &str = "enable.idempotence";

/// Settings for the clients of a run.
#[derive(Clone, Default)]
pub struct Settings(BTreeMap<String, String>);

/// Values are left out: some are secret.
impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.0.keys()).finish()
    }
}

impl Settings {
    /// The settings of a configuration file with those of options, `KEY=VALUE`, over them. A
    /// value `@FILE` is what the file holds.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with all that is wrong.
    pub fn new(file: &BTreeMap<String, String>, options: &[String]) -> Result<Self, Error> {
        let mut all = file.clone();
        let mut wrong = Vec::new();
        for option in options {
            match option.split_once('=') {
                Some((key, value)) => drop(all.insert(key.to_owned(), value.to_owned())),
                // It may be a secret: it is not said again.
                None => wrong.push("--kafka wants KEY=VALUE".to_owned()),
            }
        }
        let mut settings = BTreeMap::new();
        for (key, value) in all {
            match resolve(&key, &value) {
                Ok(value) => drop(settings.insert(key, value)),
                Err(why) => wrong.push(why),
            }
        }
        Error::problems(wrong)?;
        Ok(Self(settings))
    }

    /// Settings of a configuration file that the client refuses, each with its place in the
    /// file. No broker is asked.
    #[must_use]
    pub fn problems(file: &BTreeMap<String, String>) -> Vec<(String, String)> {
        let mut good = Self::default();
        let mut wrong = Vec::new();
        for (key, value) in file {
            match resolve(key, value).and_then(|value| known(key, value)) {
                Ok(value) => drop(good.0.insert(key.clone(), value)),
                Err(why) => wrong.push((format!("kafka.{key}"), why)),
            }
        }
        // Those that are wrong only beside one another are found by opening a client.
        if wrong.is_empty() {
            let opened: Result<BaseConsumer, _> = good.common().set("group.id", "weir").create();
            if let Err(error) = opened {
                wrong.push(("kafka".to_owned(), format!("kafka: {}", error_text(&error))));
            }
        }
        wrong
    }

    /// Refuses to send a password in the clear to another machine.
    pub(super) fn check(&self, address: &Address) -> Result<(), Error> {
        let is = |key: &str, value: &str| {
            let set = self.0.get(key);
            set.is_some_and(|set| set.trim().eq_ignore_ascii_case(value))
        };
        let plain = MECHANISMS.iter().any(|key| is(key, "PLAIN"));
        if plain && is("security.protocol", "SASL_PLAINTEXT") && !address.is_loopback() {
            return Err(Error::config(
                "kafka.security.protocol: SASL_PLAINTEXT sends kafka.sasl.password in the clear to \
                 brokers on other machines; use SASL_SSL",
            ));
        }
        Ok(())
    }

    /// A consumer's settings.
    pub(super) fn consumer(&self, address: &Address, group: &str) -> ClientConfig {
        let mut config = self.client(address);
        let reset = if address.from_start {
            "earliest"
        } else {
            "latest"
        };
        config
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", reset)
            .set("partition.assignment.strategy", "cooperative-sticky");
        self.unless_set(&mut config, "session.timeout.ms", "30000");
        self.unless_set(&mut config, "queued.max.messages.kbytes", "16384");
        config
    }

    /// A producer's settings: what is acknowledged is on the brokers, and in order; what is not
    /// is sent again for as long as it takes.
    pub(super) fn producer(&self, address: &Address) -> ClientConfig {
        let mut config = self.client(address);
        config.set("acks", "all").set("message.timeout.ms", "0");
        if self.0.get(IDEMPOTENCE).is_some_and(|set| set == "false") {
            // Records may come twice then, but not in another order.
            config.set("max.in.flight.requests.per.connection", "1");
        } else {
            config.set(IDEMPOTENCE, "true");
        }
        self.unless_set(&mut config, "linger.ms", "5");
        config
    }

    /// Settings of either kind: what is for the other is passed over by the client.
    fn client(&self, address: &Address) -> ClientConfig {
        let mut config = self.common();
        config.set("bootstrap.servers", &address.brokers);
        config
    }

    /// Checks it for all brokers.
    fn common(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        for (key, value) in &self.0 {
            config.set(key, value);
        }
        self.unless_set(&mut config, "client.id", "weir");
        // Event Hubs lets go of connections after four minutes of silence.
        self.unless_set(&mut config, "connections.max.idle.ms", "180000");
        self.unless_set(&mut config, "metadata.max.age.ms", "180000");
        // OpenSSL is built in, and does not know where this system keeps its certificates.
        self.unless_set(&mut config, "ssl.ca.location", "probe");
        config
    }

    fn unless_set(&self, config: &mut ClientConfig, key: &str, value: &str) {
        if !self.0.contains_key(key) {
            config.set(key, value);
        }
    }
}

/// The value of a setting.
fn resolve(key: &str, value: &str) -> Result<String, String> {
    if OWN.contains(&key) {
        return Err(format!(
            "kafka.{key}: Weir sets this itself, so that no event is lost; leave it out"
        ));
    }
    match value.strip_prefix('@') {
        Some(path) => read(path).map_err(|why| format!("kafka.{key}: {path}: {why}")),
        None if SECRETS.contains(&key) => Err(format!(
            "kafka.{key}: write it to a file that only Weir can read, and name that: {key}=@FILE"
        )),
        None => Ok(value.to_owned()),
    }
}

/// The value of a setting that the client has and whose value it takes.
fn known(key: &str, value: String) -> Result<String, String> {
    let mut config = ClientConfig::new();
    let native = config.set(key, &value).create_native_config();
    native.map_err(|error| error_text(&error))?;
    Ok(value)
}

/// Text of a file without the last line end.
fn read(path: &str) -> Result<String, String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| explain(&error))?;
    let read = file.take(LONGEST + 1).read_to_string(&mut text);
    if read.map_err(|error| explain(&error))? as u64 > LONGEST {
        return Err("is longer than 64 KiB: no secret".to_owned());
    }
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use std::fs;

    use super::*;

    fn wrong(options: &[&str]) -> String {
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        Settings::new(&BTreeMap::new(), &options)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn secrets_come_from_files_and_are_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "Endpoint=sb://x/;Key=a=\n").unwrap();
        let file = BTreeMap::from([("sasl.username".to_owned(), "$ConnectionString".to_owned())]);
        let option = format!("sasl.password=@{}", path.display());
        let settings = Settings::new(&file, &[option]).unwrap();
        let password = settings.0.get("sasl.password").unwrap();
        assert_eq!(password, "Endpoint=sb://x/;Key=a=");
        assert!(!format!("{settings:?}").contains("Endpoint"));

        let said = wrong(&["sasl.password=hush", "hush"]);
        assert!(said.contains("sasl.password=@FILE"), "{said}");
        assert!(
            said.contains("KEY=VALUE") && !said.contains("hush"),
            "{said}"
        );
        fs::write(&path, "\n").unwrap();
        let option = format!("sasl.password=@{}", path.display());
        assert!(wrong(&[&option]).contains("is empty"));
    }

    #[test]
    fn refuses_settings_that_weir_fixes() {
        assert!(wrong(&["enable.auto.commit=true"]).contains("Weir sets this itself"));
    }

    #[test]
    fn a_password_goes_in_the_clear_to_this_machine_only() {
        let check = |brokers: &str, protocol: &str| {
            let options = [
                "sasl.mechanisms=plain",
                &format!("security.protocol={protocol}"),
            ];
            let options = options.map(str::to_owned);
            let settings = Settings::new(&BTreeMap::new(), &options).unwrap();
            let address = format!("kafka://{brokers}/t").parse().unwrap();
            settings.check(&address)
        };
        let said = check("127.0.0.1:1,far:1", "sasl_plaintext").unwrap_err();
        assert!(said.to_string().contains("use SASL_SSL"), "{said}");
        check("far:1", "SASL_SSL").unwrap();
        check("localhost:1,127.0.0.2:1,[::1]:1", "SASL_PLAINTEXT").unwrap();
    }

    #[test]
    fn records_keep_their_order_also_without_idempotence() {
        let address: Address = "kafka://a:1/t".parse().unwrap();
        let producer = |options: &[String]| {
            let settings = Settings::new(&BTreeMap::new(), options).unwrap();
            let config = settings.producer(&address);
            let get = |key: &str| config.get(key).map(str::to_owned);
            (
                get(IDEMPOTENCE),
                get("max.in.flight.requests.per.connection"),
            )
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(producer(&[]), (text("true"), None));
        let without = ["enable.idempotence=false".to_owned()];
        assert_eq!(producer(&without), (text("false"), text("1")));
    }
}
