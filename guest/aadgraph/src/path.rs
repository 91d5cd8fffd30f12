//! The collection of the directory that a path names.

/// The collections of Azure AD Graph in its documentation, and undocumented ones.
const COLLECTIONS: [&str; 38] = [
    "$batch",
    "$metadata",
    "activities",
    "administrativeUnits",
    "appRoleAssignments",
    "applicationRefs",
    "applications",
    "authorizationPolicy",
    "contacts",
    "contracts",
    "deletedApplications",
    "deletedDirectoryObjects",
    "devices",
    "directoryObjects",
    "directoryRoleTemplates",
    "directoryRoles",
    "directorySettingTemplates",
    "domains",
    "eligibleRoleAssignments",
    "getMemberGroups",
    "getObjectsByObjectIds",
    "groups",
    "isMemberOf",
    "me",
    "oauth2PermissionGrants",
    "permissionGrants",
    "policies",
    "reports",
    "roleAssignments",
    "roleDefinitions",
    "serviceEndpoints",
    "servicePrincipals",
    "servicePrincipalsByAppId",
    "settings",
    "subscribedSkus",
    "tenantDetails",
    "trustedCAsForPasswordlessAuth",
    "users",
];

/// The collection of a path: the first segment that names one, in any case, and without what
/// follows in parentheses.
pub fn collection(path: &str) -> Option<String> {
    let named = |segment: &str| {
        let name = segment.split('(').next().unwrap_or_default();
        COLLECTIONS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name))
    };
    path.split('/')
        .find_map(named)
        .map(|name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_first_collection_of_a_path() {
        for (path, wanted) in [
            ("/v2/contoso.example/users", Some("users")),
            ("/contoso.example/USERS('a@b')/memberOf", Some("users")),
            ("/T/groups/1/members/users", Some("groups")),
            ("/T/$batch", Some("$batch")),
            ("/T/somewhere", None),
            ("", None),
        ] {
            assert_eq!(collection(path).as_deref(), wanted, "{path}");
        }
    }
}
