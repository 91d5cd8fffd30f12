//! Which fields of a record are read, and where they stand in each shape.
//!
//! All shapes are looked for at once, since a record's keys come in any order. A
//! key may name several steps at once (`http.response`), as Elastic's documents do.

/// A field that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Field {
    // Event Hub and diagnostic-setting records.
    Category,
    TopTenantId,
    ResourceId,
    TimeGenerated,
    PropertiesTenantId,
    ServicePrincipalId,
    UserId,
    CallerIpAddress,
    HttpStatusCode,
    RequestUri,
    RequestId,
    UserAgent,
    ApiVersion,
    AppId,
    // ECS documents.
    EcsId,
    EcsDataset,
    EcsTimestamp,
    EcsUserId,
    EcsAsNumber,
    EcsAsName,
    EcsSourceIp,
    EcsStatus,
    EcsRequestId,
    EcsUrlPath,
    EcsUrlOriginal,
    EcsUserAgent,
    EcsTenantId,
    EcsApiVersion,
    EcsAppId,
    // Log Analytics rows.
    RowType,
    RowCategory,
    RowTimeGenerated,
    RowTimeRequested,
    RowTenantId,
    RowServicePrincipalId,
    RowUserId,
    RowCallerIpAddress,
    RowStatus,
    RowRequestUri,
    RowRequestId,
    RowUserAgent,
    RowApiVersion,
    RowOperationVersion,
    RowAppId,
    // The envelope.
    Records,
}

/// Number of fields.
pub(crate) const COUNT: usize = Field::Records as usize + 1;

use Field as F;

/// Path of every field. A message about a field names it by its path.
const PATHS: [(Field, &str); COUNT] = [
    (F::Category, "category"),
    (F::TopTenantId, "tenantId"),
    (F::ResourceId, "resourceId"),
    (F::TimeGenerated, "properties.timeGenerated"),
    (F::PropertiesTenantId, "properties.tenantId"),
    (F::ServicePrincipalId, "properties.servicePrincipalId"),
    (F::UserId, "properties.userId"),
    (F::CallerIpAddress, "properties.callerIpAddress"),
    (F::HttpStatusCode, "properties.httpStatusCode"),
    (F::RequestUri, "properties.requestUri"),
    (F::RequestId, "properties.requestId"),
    (F::UserAgent, "properties.userAgent"),
    (F::ApiVersion, "properties.apiVersion"),
    (F::AppId, "properties.appId"),
    (F::EcsId, "_id"),
    (F::EcsDataset, "data_stream.dataset"),
    (F::EcsTimestamp, "@timestamp"),
    (F::EcsUserId, "user.id"),
    (F::EcsAsNumber, "source.as.number"),
    (F::EcsAsName, "source.as.organization.name"),
    (F::EcsSourceIp, "source.ip"),
    (F::EcsStatus, "http.response.status_code"),
    (F::EcsRequestId, "http.request.id"),
    (F::EcsUrlPath, "url.path"),
    (F::EcsUrlOriginal, "url.original"),
    (F::EcsUserAgent, "user_agent.original"),
    (F::EcsTenantId, "azure.tenant_id"),
    (
        F::EcsApiVersion,
        "azure.aadgraphactivitylogs.properties.api_version",
    ),
    (F::EcsAppId, "azure.aadgraphactivitylogs.properties.app_id"),
    (F::RowType, "Type"),
    (F::RowCategory, "Category"),
    (F::RowTimeGenerated, "TimeGenerated"),
    (F::RowTimeRequested, "TimeRequested"),
    (F::RowTenantId, "AADTenantId"),
    (F::RowServicePrincipalId, "ServicePrincipalId"),
    (F::RowUserId, "UserId"),
    (F::RowCallerIpAddress, "CallerIpAddress"),
    (F::RowStatus, "ResponseStatusCode"),
    (F::RowRequestUri, "RequestUri"),
    (F::RowRequestId, "RequestId"),
    (F::RowUserAgent, "UserAgent"),
    (F::RowApiVersion, "ApiVersion"),
    (F::RowOperationVersion, "OperationVersion"),
    (F::RowAppId, "AppId"),
    (F::Records, "records"),
];

impl Field {
    /// The field's path as a message names it.
    pub(crate) fn path(self) -> &'static str {
        PATHS
            .iter()
            .find(|(field, _)| *field == self)
            .map_or("", |(_, path)| path)
    }
}

/// A place in the tree of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// An object to descend into.
    Node(usize),
    /// A field to read.
    Leaf(Field),
}

/// The tree of all paths, built once for each detector.
#[derive(Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

/// The children of a node, sorted into slots by what is cheap to see of a key: most keys
/// of a document are none of ours, and find their slot empty.
#[derive(Debug)]
struct Node([Vec<(&'static str, Place)>; SLOTS]);

const SLOTS: usize = 64;

fn slot(key: &str) -> usize {
    let bytes = key.as_bytes();
    let (first, last) = (bytes.first().unwrap_or(&0), bytes.last().unwrap_or(&0));
    (key.len() * 5 + usize::from(*first) + usize::from(*last) * 3) % SLOTS
}

impl Default for Tree {
    fn default() -> Tree {
        Tree::new()
    }
}

impl Tree {
    /// The top of a document.
    pub(crate) const ROOT: usize = 0;

    pub(crate) fn new() -> Tree {
        let mut tree = Tree { nodes: Vec::new() };
        tree.add_node();
        for (field, path) in PATHS {
            let (parents, leaf) = path.rsplit_once('.').unwrap_or(("", path));
            let at = parents.split('.').filter(|step| !step.is_empty());
            let at = at.fold(Tree::ROOT, |at, step| tree.inner(at, step));
            tree.add(at, leaf, Place::Leaf(field));
        }
        // A search hit holds the document itself under `_source`.
        tree.add(Tree::ROOT, "_source", Place::Node(Tree::ROOT));
        tree
    }

    fn add_node(&mut self) -> usize {
        self.nodes.push(Node(std::array::from_fn(|_| Vec::new())));
        self.nodes.len() - 1
    }

    fn add(&mut self, at: usize, step: &'static str, place: Place) {
        self.nodes[at].0[slot(step)].push((step, place));
    }

    fn inner(&mut self, at: usize, step: &'static str) -> usize {
        if let Some(Place::Node(next)) = self.step(at, step) {
            return next;
        }
        let next = self.add_node();
        self.add(at, step, Place::Node(next));
        next
    }

    fn step(&self, at: usize, step: &str) -> Option<Place> {
        let children = &self.nodes[at].0[slot(step)];
        children
            .iter()
            .find(|(name, _)| *name == step)
            .map(|(_, place)| *place)
    }

    /// Where a key leads from a node: one step, or several joined by dots.
    pub(crate) fn find(&self, from: usize, key: &str) -> Option<Place> {
        let Some((step, rest)) = key.split_once('.') else {
            return self.step(from, key);
        };
        match self.step(from, step)? {
            Place::Node(next) => self.find(next, rest),
            Place::Leaf(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_listed_once_in_order_and_found_by_any_cut_of_its_path() {
        let tree = Tree::new();
        for (index, (field, path)) in PATHS.iter().enumerate() {
            assert_eq!(*field as usize, index, "{path}");
            assert_eq!(tree.find(Tree::ROOT, path), Some(Place::Leaf(*field)));
            for (dot, _) in path.match_indices('.') {
                let Some(Place::Node(node)) = tree.find(Tree::ROOT, &path[..dot]) else {
                    panic!("{path}");
                };
                assert_eq!(tree.find(node, &path[dot + 1..]), Some(Place::Leaf(*field)));
            }
        }
        assert_eq!(tree.find(Tree::ROOT, "user.id.x"), None);
        assert_eq!(tree.find(Tree::ROOT, "nothing"), None);
    }
}
