//! Records of another data set between the calls, as a hub for all of a tenant's logs
//! carries them: a detection of one of them must pass over the rest cheaply.

use crate::clock::iso;
use crate::random::Random;

/// How many other records are due before each call.
#[derive(Clone, Copy, Debug)]
pub struct Others {
    /// Their share of all records, in percent.
    share: u64,
    /// What is owed, in hundredths of `100 - share`.
    owed: u64,
}

impl Others {
    /// `share` percent of all records, below 100.
    #[must_use]
    pub fn new(share: u64) -> Self {
        Others { share, owed: 0 }
    }

    /// The number to write before the next call.
    pub fn due(&mut self) -> u64 {
        self.owed += self.share;
        let each = 100_u64.saturating_sub(self.share).max(1);
        let due = self.owed / each;
        self.owed %= each;
        due
    }
}

const APPS: [&str; 4] = [
    "Office 365 Exchange Online",
    "Microsoft Teams Services",
    "Azure Portal",
    "Example Payroll",
];
const POLICIES: [&str; 3] = [
    "Require MFA for all users",
    "Block legacy authentication",
    "Require a compliant device",
];
const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0";

/// A sign-in as a diagnostic setting sends it, 2 to 3 KB, in one line without its end.
#[must_use]
pub fn sign_in(time: i64, random: &mut Random) -> String {
    let stamp = iso(time);
    let tenant = crate::tenant::TENANT;
    let (id, session, user, app_id) = (random.guid(), random.guid(), random.guid(), random.guid());
    let app = *random.pick(&APPS);
    let address = format!("192.0.2.{}", random.below(128));
    let applied = random.index(POLICIES.len());
    let policies: Vec<String> = POLICIES[..applied]
        .iter()
        .map(|policy| {
            format!(
                r#"{{"id":"{}","displayName":"{policy}","enforcedGrantControls":["Mfa"],"enforcedSessionControls":[],"result":"notApplied","conditionsSatisfied":3,"conditionsNotSatisfied":16}}"#,
                random.guid()
            )
        })
        .collect();
    let policies = policies.join(",");
    let latency = random.between(40, 900);
    format!(
        r#"{{"time":"{stamp}","resourceId":"/tenants/{tenant}/providers/Microsoft.aadiam","operationName":"Sign-in activity","operationVersion":"1.0","category":"SignInLogs","tenantId":"{tenant}","resultType":"0","resultSignature":"None","durationMs":{latency},"callerIpAddress":"{address}","correlationId":"{id}","identity":"Ana Example","Level":4,"location":"NL","properties":{{"id":"{session}","createdDateTime":"{stamp}","userDisplayName":"Ana Example","userPrincipalName":"ana.{user}@example.org","userId":"{user}","appId":"{app_id}","appDisplayName":"{app}","ipAddress":"{address}","status":{{"errorCode":0,"additionalDetails":"MFA requirement satisfied by claim in the token"}},"clientAppUsed":"Browser","userAgent":"{AGENT}","deviceDetail":{{"deviceId":"{id}","displayName":"PC-0417","operatingSystem":"Windows10","browser":"Edge 141.0.0","isCompliant":true,"isManaged":true,"trustType":"Azure AD joined"}},"location":{{"city":"Amsterdam","state":"Noord-Holland","countryOrRegion":"NL","geoCoordinates":{{"latitude":52.3759,"longitude":4.8975}}}},"correlationId":"{id}","conditionalAccessStatus":"success","appliedConditionalAccessPolicies":[{policies}],"authenticationContextClassReferences":[],"originalRequestId":"{session}","isInteractive":true,"tokenIssuerName":"","tokenIssuerType":"AzureAD","authenticationProcessingDetails":[{{"key":"Login Hint Present","value":"True"}},{{"key":"Is CAE Token","value":"False"}}],"networkLocationDetails":[],"processingTimeInMilliseconds":{latency},"riskDetail":"none","riskLevelAggregated":"none","riskLevelDuringSignIn":"none","riskState":"none","resourceDisplayName":"{app}","resourceId":"{app_id}","resourceTenantId":"{tenant}","homeTenantId":"{tenant}","authenticationDetails":[{{"authenticationStepDateTime":"{stamp}","authenticationMethod":"Previously satisfied","succeeded":true,"authenticationStepRequirement":"Primary authentication"}}],"authenticationRequirement":"multiFactorAuthentication","uniqueTokenIdentifier":"{session}","crossTenantAccessType":"none"}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::{Others, sign_in};
    use crate::random::Random;

    #[test]
    fn others_come_in_the_share_asked_for() {
        for (share, calls, due) in [(0, 100, 0), (50, 100, 100), (95, 100, 1900), (10, 90, 10)] {
            let mut others = Others::new(share);
            assert_eq!((0..calls).map(|_| others.due()).sum::<u64>(), due);
        }
    }

    #[test]
    fn a_sign_in_is_json_of_2_to_3_kilobytes() -> Result<(), serde_json::Error> {
        let mut random = Random::new(1);
        for _ in 0..100 {
            let text = sign_in(crate::tenant::START, &mut random);
            assert!((2000..3100).contains(&text.len()), "{}", text.len());
            serde_json::from_str::<serde_json::Value>(&text)?;
        }
        Ok(())
    }
}
