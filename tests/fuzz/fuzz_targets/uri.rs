//! From a URI to its path: what follows the path, and host and scheme before it, change nothing.
#![no_main]

use aadgraph::uri::path;
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;

fuzz_target!(|uri: &str| {
    let found = path(uri, false);
    let elastic = path(uri, true);
    assert!(elastic.is_none() || elastic == found);
    assert_ne!(found.as_deref(), Some(""));
    for (behind, elastic_uri_nulls) in [("?x", false), ("#x", false), ("?x", true)] {
        let longer = format!("{uri}{behind}");
        assert_eq!(
            path(&longer, elastic_uri_nulls),
            path(uri, elastic_uri_nulls)
        );
    }
    // Tags could hide a second slash.
    if uri.starts_with('/') && !uri.starts_with("//") && !uri.contains('<') {
        let end = uri.find(['?', '#']).unwrap_or(uri.len());
        let decoded = percent_decode_str(&uri[..end]).decode_utf8_lossy();
        assert_eq!(found.as_deref(), Some(&*decoded));
        for before in ["https://graph.windows.net", "//graph.windows.net", "x:"] {
            assert_eq!(path(&format!("{before}{uri}"), false), found);
        }
    }
});
