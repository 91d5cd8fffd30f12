//! Tactics and techniques of MITRE ATT&CK that show in the log.

use weir_detector::model::{self, Attack, Threat};

macro_rules! nodes {
    ($($name:ident: $id:literal, $title:literal, $page:literal;)*) => { $(
        #[doc = $title]
        #[must_use]
        pub fn $name() -> Attack {
            model::attack($id, $title, concat!("https://attack.mitre.org/", $page, "/"))
        }
    )* };
}

nodes! {
    initial_access: "TA0001", "Initial Access", "tactics/TA0001";
    defense_evasion: "TA0005", "Defense Evasion", "tactics/TA0005";
    discovery: "TA0007", "Discovery", "tactics/TA0007";
    group_discovery: "T1069", "Permission Groups Discovery", "techniques/T1069";
    cloud_groups: "T1069.003", "Cloud Groups", "techniques/T1069/003";
    valid_accounts: "T1078", "Valid Accounts", "techniques/T1078";
    cloud_accounts: "T1078.004", "Cloud Accounts", "techniques/T1078/004";
    account_discovery: "T1087", "Account Discovery", "techniques/T1087";
    cloud_account: "T1087.004", "Cloud Account", "techniques/T1087/004";
    service_discovery: "T1526", "Cloud Service Discovery", "techniques/T1526";
    alternate_material: "T1550", "Use Alternate Authentication Material", "techniques/T1550";
    access_token: "T1550.001", "Application Access Token", "techniques/T1550/001";
}

/// Discovery of a directory: its groups, accounts and applications.
#[must_use]
pub fn directory_discovery() -> Threat {
    Threat {
        tactic: discovery(),
        techniques: vec![group_discovery(), account_discovery(), service_discovery()],
        subtechniques: vec![cloud_groups(), cloud_account()],
    }
}
