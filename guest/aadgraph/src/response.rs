//! Response actions against a user and the applications that were used.

use crate::first_party::is_first_party;
use weir_detector::model::Action;
use weir_detector::text;

/// Most applications with a response each.
const MAX_APPS: usize = 10;

/// A note for service principals, which the logs name in the field of users.
const PRINCIPAL: &str = "For a service principal's id: PATCH /v1.0/servicePrincipals/{id} with {\"accountEnabled\": false}";

/// The response actions against a user and at most ten applications.
#[must_use]
pub fn all(user: Option<&str>, apps: &[&str]) -> Vec<Action> {
    let mut actions = Vec::new();
    let mut add =
        |name: String, method: &str, url: String, body: Option<&str>, note: Option<String>| {
            actions.push(Action {
                name,
                method: method.to_owned(),
                url,
                body: body.map(str::to_owned),
                note,
                // Ending sessions only asks for a new sign-in; every other response interrupts
                // work.
                destructive: body.is_some(),
            });
        };
    if let Some(user) = user {
        let user = text::uri_component(user);
        add(
            "Revoke the user's sign-in sessions".to_owned(),
            "POST",
            format!("/v1.0/users/{user}/revokeSignInSessions"),
            None,
            Some(PRINCIPAL.to_owned()),
        );
        add(
            "Disable the user".to_owned(),
            "PATCH",
            format!("/v1.0/users/{user}"),
            Some(r#"{"accountEnabled": false}"#),
            Some(PRINCIPAL.to_owned()),
        );
    }
    for app in apps.iter().take(MAX_APPS) {
        add(
            format!("Block app {app} from Azure AD Graph"),
            "PATCH",
            "/beta/applications/{id}".to_owned(),
            Some(r#"{"authenticationBehaviors": {"blockAzureADGraphAccess": true}}"#),
            Some(match is_first_party(app) {
                true => first_party(app),
                false => object_id(app),
            }),
        );
    }
    actions
}

/// The request that looks up the object id of an application in the tenant.
fn object_id(app: &str) -> String {
    let filter = text::uri_component(&format!("appId eq '{}'", app.replace('\'', "''")));
    format!(
        "{{id}} is the application's object id: GET /v1.0/applications?$filter={filter}&$select=id"
    )
}

/// The response to one of Microsoft's own applications.
fn first_party(app: &str) -> String {
    format!(
        "Not possible for this application: it is one of Microsoft's own, its application object is not in your tenant, \
         and only Microsoft can end its access to Azure AD Graph. What can be done instead: revoke the user's sign-in sessions; \
         keep the user from its resources with Conditional Access; or, if nobody needs the application, let nobody in the tenant \
         sign in to it by disabling its service principal: PATCH /v1.0/servicePrincipals(appId='{app}') with \
         {{\"accountEnabled\": false}} (where there is none, POST /v1.0/servicePrincipals with {{\"appId\": \"{app}\"}} first)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_party_applications_get_no_blocking_response() {
        let apps = [
            "1b730954-1685-4b74-9bfd-dac224a7b894",
            "8c3b0f7e-3a52-4d0f-9a0e-1f6f5a1d2e77",
        ];
        let actions = all(Some("u"), &apps);
        let note = |at: usize| actions[at].note.as_deref().unwrap_or_default();
        assert!(note(2).contains("its application object is not in your tenant"));
        assert!(note(2).contains(
            "PATCH /v1.0/servicePrincipals(appId='1b730954-1685-4b74-9bfd-dac224a7b894')"
        ));
        assert!(note(3).starts_with("{id} is the application's object id"));
    }
}
