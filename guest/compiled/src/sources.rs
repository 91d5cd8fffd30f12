//! The indexes that rules read, and the documents that belong to them.
//!
//! A document in a stream has no index. It has the one that Elastic's agents would write it to, by
//! the names of its data set, unless it says itself where it was found.

use std::sync::{Mutex, PoisonError};
use weir_detector::program::pattern::Pattern;

/// What a document says of its data set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Naming {
    /// `_index`.
    pub(crate) index: Option<String>,
    /// `data_stream.type`, `data_stream.dataset` and `data_stream.namespace`.
    pub(crate) stream: [Option<String>; 3],
    /// `event.dataset`.
    pub(crate) data_set: Option<String>,
    /// `agent.type`.
    pub(crate) agent: Option<String>,
}

impl Naming {
    /// The names of indexes that the document can be in; None if it says nothing of a data set.
    fn indexes(&self) -> Option<Vec<String>> {
        let part = |at: usize, usual: &str| match self.stream.get(at) {
            Some(Some(part)) => part.clone(),
            _ => usual.to_owned(),
        };
        let stream =
            |data_set: &str| format!("{}-{data_set}-{}", part(0, "logs"), part(2, "default"));
        if let Some(index) = &self.index {
            let local = index
                .rsplit_once(':')
                .map_or(index.as_str(), |(_, local)| local);
            // Indexes behind data streams, and those behind the alias of Kibana's alerts.
            let known = { local.strip_prefix(".ds-") }
                .map(str::to_owned)
                .or(local.strip_prefix(".internal").map(str::to_owned));
            return Some(vec![known.unwrap_or_else(|| local.to_owned())]);
        }
        if let [_, Some(data_set), _] = &self.stream {
            return Some(vec![stream(data_set)]);
        }
        let data_set = self.data_set.as_deref()?;
        let mut indexes = vec![stream(data_set)];
        indexes.extend(
            self.agent
                .as_ref()
                .map(|agent| format!("{agent}-{data_set}")),
        );
        Some(indexes)
    }
}

/// A list of patterns of indexes.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    texts: Vec<String>,
    /// Data sets as a description names them. A document that was made of an event has one.
    names: Vec<String>,
    wanted: Vec<Pattern>,
    unwanted: Vec<Pattern>,
}

static GROUPS: Mutex<Vec<Group>> = Mutex::new(Vec::new());

/// A pattern of indexes, on whatever cluster they are; None if it is too long.
pub(crate) fn pattern(text: &str) -> Option<Pattern> {
    let local = text.rsplit_once(':').map_or(text, |(_, local)| local);
    Pattern::new(&local.replace('\\', "\\\\"), false)
}

/// The number of a list of patterns; those that begin with `-` leave indexes out. None if a pattern
/// is too long.
pub(crate) fn group(patterns: &[String]) -> Option<usize> {
    let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = groups.iter().position(|group| group.texts == patterns) {
        return Some(known);
    }
    let mut group = Group {
        texts: patterns.to_vec(),
        names: { patterns.iter() }
            .filter(|text| !text.starts_with('-'))
            .map(|text| data_set(text).to_owned())
            .collect(),
        wanted: Vec::new(),
        unwanted: Vec::new(),
    };
    for text in patterns {
        let (list, text) = match text.strip_prefix('-') {
            Some(text) => (&mut group.unwanted, text),
            None => (&mut group.wanted, text.as_str()),
        };
        list.push(pattern(text)?);
    }
    groups.push(group);
    Some(groups.len() - 1)
}

/// For each group, whether a document is in one of its indexes. One that says nothing of a data set
/// is in all.
pub(crate) fn claims(naming: &Naming) -> Vec<bool> {
    let groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
    let indexes = naming.indexes();
    let claims = |group: &Group| {
        let Some(indexes) = &indexes else { return true };
        let matches = |patterns: &[Pattern]| {
            let one = |index: &String| patterns.iter().any(|pattern| pattern.matches(index));
            indexes.iter().any(one)
        };
        let [_, stream, _] = &naming.stream;
        let is_named = naming.index.is_none() && { stream.as_ref() }
            .is_some_and(|stream| group.names.contains(stream));
        let is_wanted = group.wanted.is_empty() || is_named || matches(&group.wanted);
        is_wanted && !matches(&group.unwanted)
    };
    groups.iter().map(claims).collect()
}

/// A data set as a description names it: the middle of a data stream's name, or the pattern.
pub(crate) fn data_set(pattern: &str) -> &str {
    let local = pattern.rsplit_once(':').map_or(pattern, |(_, local)| local);
    let stream = local.strip_prefix("logs-").unwrap_or(local);
    match stream
        .strip_suffix('*')
        .map(|stream| stream.strip_suffix('-').unwrap_or(stream))
    {
        Some(name) if !name.is_empty() && local.starts_with("logs-") => name,
        _ => local,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_belong_to_indexes_by_their_names() {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let naming = |index: &str, stream: &str, data_set: &str, agent: &str| Naming {
            index: text(index),
            stream: [None, text(stream), None],
            data_set: text(data_set),
            agent: text(agent),
        };
        for (pattern, naming, wanted) in [
            (
                "logs-aws.cloudtrail-*",
                naming("", "aws.cloudtrail", "", ""),
                true,
            ),
            (
                "logs-aws.cloudtrail*",
                naming("", "", "aws.cloudtrail", ""),
                true,
            ),
            (
                "logs-aws*",
                naming("", "aws.cloudtrail", "", "filebeat"),
                true,
            ),
            (
                "filebeat-*",
                naming("", "aws.cloudtrail", "", "filebeat"),
                false,
            ),
            (
                "filebeat-*",
                naming("", "", "aws.cloudtrail", "filebeat"),
                true,
            ),
            ("filebeat-*", naming("", "", "aws.cloudtrail", ""), false),
            ("filebeat-*", naming("", "filebeat-*", "", ""), true),
            (
                "filebeat-*",
                naming("auditbeat-8", "filebeat-*", "", ""),
                false,
            ),
            ("logs-okta-*", naming("", "aws.cloudtrail", "", ""), false),
            ("logs-okta-*", naming("", "", "", ""), true),
            (
                "*:logs-okta*",
                naming("a:.ds-logs-okta.system-x-1", "", "", ""),
                true,
            ),
            (
                "logs-okta*",
                naming("filebeat-8", "okta.system", "", ""),
                false,
            ),
            ("-logs-okta*", naming("", "okta.system", "", ""), false),
        ] {
            let group = group(&[pattern.to_owned()]).unwrap();
            assert_eq!(claims(&naming)[group], wanted, "{pattern} {naming:?}");
        }
    }

    #[test]
    fn data_sets_are_named_without_their_frame() {
        for (pattern, name) in [
            ("logs-aws.cloudtrail-*", "aws.cloudtrail"),
            ("logs-okta*", "okta"),
            ("logs-*", "logs-*"),
            ("filebeat-*", "filebeat-*"),
            ("*", "*"),
        ] {
            assert_eq!(data_set(pattern), name);
        }
    }
}
