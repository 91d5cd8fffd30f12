//! What the rule sees of one call to the directory, whatever shape it came in.

/// One call. Lists of several values occur in ECS documents only; an empty list
/// is null.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// Event time in milliseconds since 1970.
    pub time: i64,
    /// `user.id`.
    pub users: Vec<String>,
    /// Whether the raw shapes carry the user as `servicePrincipalId`.
    pub service_principal: bool,
    /// `source.as.number`.
    pub asns: Vec<i64>,
    /// `source.as.organization.name`.
    pub asn_names: Vec<String>,
    /// `http.response.status_code`.
    pub statuses: Vec<i64>,
    /// `url.path`.
    pub paths: Vec<String>,
    /// `azure.tenant_id`.
    pub tenants: Vec<String>,
    /// `azure.aadgraphactivitylogs.properties.api_version`.
    pub api_versions: Vec<String>,
    /// `azure.aadgraphactivitylogs.properties.app_id`.
    pub app_ids: Vec<String>,
    /// `source.ip`, in canonical text.
    pub ips: Vec<String>,
    /// `user_agent.original`.
    pub user_agents: Vec<String>,
    /// What calls (`User`, `Application`); none writes what a record mostly says, for rules that
    /// do not ask.
    pub actors: Option<Vec<String>>,
    /// `requestUri` or `url.original`: in the raw shapes the path comes from here.
    pub uri: Option<String>,
    /// `requestId` or `http.request.id`.
    pub request: Option<String>,
    /// `_id` of an ECS document.
    pub document: Option<String>,
}

/// What two deliveries of the same call have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fingerprint {
    /// `_id`.
    Document(String),
    /// Request URI, request id, tenants, time.
    Call(Option<String>, String, Vec<String>, i64),
}

impl Event {
    /// The fingerprint; None for a call that is never a duplicate.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        if let Some(id) = &self.document {
            return Some(Fingerprint::Document(id.clone()));
        }
        let request = self.request.clone()?;
        Some(Fingerprint::Call(
            self.uri.clone(),
            request,
            self.tenants.clone(),
            self.time,
        ))
    }

    /// Whether a raw record can say the same: one value a field, no document id,
    /// and the autonomous system that the table gives for the address.
    #[must_use]
    pub fn fits_raw(&self) -> bool {
        let lists = [
            &self.users,
            &self.paths,
            &self.tenants,
            &self.api_versions,
            &self.app_ids,
            &self.ips,
            &self.user_agents,
        ];
        let (asns, asn_names) = crate::asn::columns(self.ips.first().map(String::as_str));
        lists.iter().all(|list| list.len() <= 1)
            && self.statuses.len() <= 1
            && self.actors.as_ref().is_none_or(|actors| actors.len() <= 1)
            && self.document.is_none()
            && self.uri.is_some() != self.paths.is_empty()
            && self.asns == asns
            && self.asn_names == asn_names
    }
}
