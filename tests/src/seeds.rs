//! The first inputs of the fuzz targets, made of what the other tests have.

use crate::machine::native;
use crate::mmdb::asn_database;
use std::path::Path;
use std::{fs, io};

/// Thresholds so low that a fuzzer gets over them, and everything that can be asked for. The
/// states among the inputs are those of detectors on it.
pub const LOW: &str = r#"{"min_total_calls":2,"min_errors":1,"min_error_rate":0.1,"min_url_paths":1,
    "early":true,"verdicts":true,"max_values":3,"max_sample_paths":2,"exact_paths":16}"#;

/// Every key of an exception.
const EXCEPTION: &str = r#"{"exceptions":[{"user":["a"],"source":"198.51.100.0/24","app_id":"b","asn":[1,2],
    "tenant":"c","user_agent":"d*","reason":"e","expires":"2027-01-31T00:00:00Z"}]}"#;

/// Writes inputs into a folder for each target.
///
/// # Errors
/// When a fixture cannot be read or an input not be written.
pub fn write(folder: &Path) -> io::Result<()> {
    let put = |target: &str, name: &str, bytes: &[u8]| {
        let folder = folder.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    };
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    for case in fs::read_dir(tests.join("fixtures"))? {
        let case = case?;
        let Ok(input) = fs::read(case.path().join("input.ndjson")) else {
            continue;
        };
        let name = case.file_name().to_string_lossy().into_owned();
        put("readers", &name, &input)?;
        put("framer", &name, &input)?;
        let line = input.split(|byte| *byte == b'\n').next();
        put("json", &name, line.unwrap_or_default())?;
        let mut detector = native(LOW);
        detector.push(&input);
        let open = format!("{name}-open");
        put("state", &open, unsealed(&detector.snapshot()))?;
        detector.flush();
        put("state", &name, unsealed(&detector.snapshot()))?;
    }
    for target in ["uri", "time", "address"] {
        let table = fs::read_to_string(tests.join(format!("conformance/{target}.tsv")))?;
        let cells = table.lines().filter_map(|line| line.split('\t').next());
        let texts = cells.filter_map(|cell| serde_json::from_str::<String>(cell).ok());
        for (number, text) in texts.enumerate() {
            put(target, &number.to_string(), text.as_bytes())?;
            if target == "address" {
                let network = format!("{text}/24");
                put("network", &number.to_string(), network.as_bytes())?;
            }
        }
    }
    for parameter in aadgraph_4xx::describe().parameters {
        let text = format!("{{\"{}\": {}}}", parameter.name, parameter.default_value);
        put("config", parameter.name, text.as_bytes())?;
    }
    put("config", "exception", EXCEPTION.as_bytes())?;
    put("config", "low", LOW.as_bytes())?;
    put("table", "asn", &asn_database())
}

/// A state without its checksum, which the target adds.
fn unsealed(state: &[u8]) -> &[u8] {
    state
        .split_last_chunk::<8>()
        .map_or(state, |(body, _)| body)
}
