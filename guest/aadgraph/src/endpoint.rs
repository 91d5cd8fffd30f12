//! Endpoint classes: the sixteen collections of the directory that an enumeration walks.

use crate::event::Texts;

/// The classes. A path that names several belongs to the first of them.
pub const CLASSES: [&str; 16] = [
    "eligibleRoleAssignments",
    "roleAssignments",
    "users",
    "groups",
    "servicePrincipals",
    "applications",
    "devices",
    "directoryRoles",
    "roleDefinitions",
    "administrativeUnits",
    "contacts",
    "oauth2PermissionGrants",
    "authorizationPolicy",
    "settings",
    "policies",
    "tenantDetails",
];

/// The class of a path; None if no segment begins with a class's name, in this case.
#[must_use]
pub fn class(path: &[u8]) -> Option<&'static str> {
    let place = |slash: usize| {
        let segment = path.get(slash + 1..).unwrap_or_default();
        CLASSES
            .iter()
            .position(|name| segment.starts_with(name.as_bytes()))
    };
    let first = memchr::memchr_iter(b'/', path).filter_map(place).min();
    first.and_then(|at| CLASSES.get(at)).copied()
}

/// The class of an event's path; None unless there is exactly one path.
#[must_use]
pub fn of(paths: &Texts) -> Option<&'static str> {
    match &paths[..] {
        [path] => class(path.as_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_the_first_class_that_it_names() {
        for (path, wanted) in [
            ("/T/users", Some("users")),
            ("/T/usersOfNobody", Some("users")),
            ("/T/Users", None),
            ("/T//users/", Some("users")),
            ("users", None),
            ("/T/xusers", None),
            ("/T/servicePrincipals/1/users", Some("users")),
            ("/T/tenantDetails/eligibleRoleAssignments", Some(CLASSES[0])),
            ("/T/eligibleRoleAssignments", Some(CLASSES[0])),
            ("/T/roleAssignments", Some(CLASSES[1])),
            ("/T/applicationRefs", None),
            ("/T/$batch", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(class(path.as_bytes()), wanted, "{path}");
        }
        for name in CLASSES {
            assert_eq!(class(format!("/T/{name}?").as_bytes()), Some(name));
        }
    }

    #[test]
    fn several_paths_have_no_class() {
        let paths = |paths: &[&'static str]| of(&paths.iter().map(|path| (*path).into()).collect());
        assert_eq!(paths(&["/T/users"]), Some("users"));
        assert_eq!(paths(&["/T/users", "/T/groups"]), None);
        assert_eq!(paths(&[]), None);
    }
}
