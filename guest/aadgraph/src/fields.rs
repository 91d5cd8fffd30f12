//! The fields of Azure AD Graph activity logs, and the recognition of its records.
//!
//! All shapes are read at once, since a record's keys come in any order. A key may name several
//! steps at once (`http.response`), as in Elastic's documents.

use crate::shape;
use weir_detector::fields;
use weir_detector::fields::{DataSetName, Field, FieldTable};

fields! {
    pub const;
    // Event Hub and diagnostic-setting records.
    CATEGORY = "category",
    TOP_TENANT_ID = "tenantId",
    RESOURCE_ID = "resourceId",
    TIME_GENERATED = "properties.timeGenerated",
    PROPERTIES_TENANT_ID = "properties.tenantId",
    SERVICE_PRINCIPAL_ID = "properties.servicePrincipalId",
    USER_ID = "properties.userId",
    CALLER_IP_ADDRESS = "properties.callerIpAddress",
    HTTP_STATUS_CODE = "properties.httpStatusCode",
    REQUEST_URI = "properties.requestUri",
    REQUEST_ID = "properties.requestId",
    USER_AGENT = "properties.userAgent",
    API_VERSION = "properties.apiVersion",
    APP_ID = "properties.appId",
    // ECS documents.
    ECS_ID = "_id",
    ECS_DATASET = "data_stream.dataset",
    ECS_TIMESTAMP = "@timestamp",
    ECS_USER_ID = "user.id",
    ECS_AS_NUMBER = "source.as.number",
    ECS_AS_NAME = "source.as.organization.name",
    ECS_SOURCE_IP = "source.ip",
    ECS_STATUS = "http.response.status_code",
    ECS_REQUEST_ID = "http.request.id",
    ECS_URL_PATH = "url.path",
    ECS_URL_ORIGINAL = "url.original",
    ECS_USER_AGENT = "user_agent.original",
    ECS_TENANT_ID = "azure.tenant_id",
    ECS_API_VERSION = "azure.aadgraphactivitylogs.properties.api_version",
    ECS_APP_ID = "azure.aadgraphactivitylogs.properties.app_id",
    // Log Analytics rows.
    ROW_TYPE = "Type",
    ROW_CATEGORY = "Category",
    ROW_TIME_GENERATED = "TimeGenerated",
    ROW_TIME_REQUESTED = "TimeRequested",
    ROW_TENANT_ID = "AADTenantId",
    ROW_SERVICE_PRINCIPAL_ID = "ServicePrincipalId",
    ROW_USER_ID = "UserId",
    ROW_CALLER_IP_ADDRESS = "CallerIpAddress",
    ROW_STATUS = "ResponseStatusCode",
    ROW_REQUEST_URI = "RequestUri",
    ROW_REQUEST_ID = "RequestId",
    ROW_USER_AGENT = "UserAgent",
    ROW_API_VERSION = "ApiVersion",
    ROW_OPERATION_VERSION = "OperationVersion",
    ROW_APP_ID = "AppId",
    // The envelope.
    RECORDS = "records",
    // Optional fields: read for single events, and for rules that ask for them.
    ACTOR_TYPE = "properties.actorType",
    SESSION = "properties.sessionId",
    SIGN_IN = "properties.signInActivityId",
    METHOD = "properties.httpMethod",
}

/// The fields of the log, and how its records are recognised.
pub static TABLE: FieldTable = FieldTable {
    paths: PATHS,
    aliases: &[
        // The portal's exports mark times as UTC in their names.
        ("TimeGenerated [UTC]", ROW_TIME_GENERATED),
        ("TimeRequested [UTC]", ROW_TIME_REQUESTED),
        (
            "azure.aadgraphactivitylogs.properties.actor_type",
            ACTOR_TYPE,
        ),
        ("ActorType", ACTOR_TYPE),
        ("azure.aadgraphactivitylogs.properties.session_id", SESSION),
        ("SessionId", SESSION),
        (
            "azure.aadgraphactivitylogs.properties.sign_in_activity_id",
            SIGN_IN,
        ),
        ("SignInActivityId", SIGN_IN),
        ("http.request.method", METHOD),
        ("RequestMethod", METHOD),
    ],
    first_optional: ACTOR_TYPE,
    // A search hit holds the document itself under `_source`.
    roots: &["_source"],
    records: RECORDS,
    marks: &[CATEGORY, ECS_DATASET, ROW_TYPE, ROW_CATEGORY],
    times: &[
        TIME_GENERATED,
        ECS_TIMESTAMP,
        ROW_TIME_GENERATED,
        ROW_TIME_REQUESTED,
    ],
    // Matches the category, the table, and Elastic's name.
    name: DataSetName {
        before: b"adgraphactivit",
        rare: b'y',
        behind: b"logs",
    },
    recognise: shape::recognise,
    may_hold: shape::may_hold,
};

/// Whether a field is a column of a Log Analytics table.
pub fn is_column(field: Field) -> bool {
    (ROW_TYPE.0..=ROW_APP_ID.0).contains(&field.0)
}

/// A field's path as a message names it.
pub fn path(field: Field) -> &'static str {
    TABLE.path(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_detector::fields::{FieldTree, TreeEntry};

    #[test]
    fn a_field_has_one_path_in_each_shape() {
        let (tree, whole) = (FieldTree::new(&TABLE, &[]), FieldTree::whole(&TABLE));
        for (field, path) in (0..).map(Field).zip(PATHS) {
            let read = (field.0 < ACTOR_TYPE.0).then_some(TreeEntry::Leaf(field));
            assert_eq!(tree.find(FieldTree::ROOT, path), read, "{path}");
            assert_eq!(
                whole.find(FieldTree::ROOT, path),
                Some(TreeEntry::Leaf(field))
            );
        }
        for (path, field) in TABLE.aliases {
            let read = (field.0 < ACTOR_TYPE.0).then_some(TreeEntry::Leaf(*field));
            assert_eq!(tree.find(FieldTree::ROOT, path), read, "{path}");
            assert_eq!(
                whole.find(FieldTree::ROOT, path),
                Some(TreeEntry::Leaf(*field))
            );
        }
    }
}
