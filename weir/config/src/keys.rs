//! Keys and sections of the configuration file, each defined once.

use std::path::PathBuf;

use serde::Deserialize;

/// Definition of a key or a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Name in the file.
    pub name: &'static str,
    /// Form of its value, such as `path`.
    pub form: &'static str,
    /// A sentence for people.
    pub summary: &'static str,
}

/// The struct that the file is read into, and the table of definitions.
macro_rules! keys {
    ($(
        $(#[doc = $line:literal])+
        $name:ident: $type:ty, $form:literal;
    )+) => {
        /// Keys and sections of the file.
        #[derive(Debug, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct Shape {
            $($(#[doc = $line])+ pub(crate) $name: $type,)+
        }

        /// Definitions of the keys and sections of the file.
        pub const KEYS: &[Key] = &[$(
            Key {
                name: stringify!($name),
                form: $form,
                summary: concat!($($line),+).trim_ascii(),
            },
        )+];
    };
}

keys! {
    /// Component to run in place of the built-in one: a file, or `oci://HOST/NAME:TAG@sha256:DIGEST`.
    component: Option<PathBuf>, "path or oci://";
    /// SHA-256 that the component must have.
    sha256: Option<String>, "text";
    /// Minisign public key of the signature that the component must have, or a file that holds it.
    require_signature: Option<String>, "text or path";
    /// MaxMind-format database of autonomous systems: table `asn`, whatever `[tables]` says of it.
    asn_db: Option<PathBuf>, "path";
    /// Whether compiled code is kept; it is where the key is not set.
    cache: Option<bool>, "true or false";
    /// Folder of compiled code and of components of registries, in place of `$XDG_CACHE_HOME/weir` or `~/.cache/weir`.
    cache_dir: Option<PathBuf>, "path";
    /// Rules that judge, by short name or id; `all` is all. `--rule` replaces them.
    rules: Option<Vec<String>>, "list of texts";
    /// Files of look-up tables, by the table's name.
    tables: toml::Table, "section of paths";
    /// Parameters of all rules that have them; in a section `[parameters.RULE]`, of one rule.
    parameters: toml::Table, "section";
    /// Limits on the component and on what it is fed.
    limits: toml::Table, "section of whole numbers";
    /// Settings of runs that follow their sources.
    live: toml::Table, "section of whole numbers";
    /// Settings of the Kafka client, by librdkafka's names; `@FILE` is what the file holds. A build
    /// without Kafka does not look at them.
    kafka: toml::Table, "section";
}
