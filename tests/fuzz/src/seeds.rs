//! The first inputs of the fuzz targets: small, and made of what the other tests have.

mod rules;

use std::path::Path;
use std::{fs, io};
use weir_detector::network::Network;
use weir_detector::program::function::{ArgumentType, FUNCTIONS, Function, Signature};
use weir_detector::program::pattern::Pattern;
use weir_detector::program::value::Type;
use weir_detector::program::{Builder, Constant, Program};
use weir_generator::mmdb::asn_database;
use weir_tests::machine::native;

/// Thresholds so low that a fuzzer gets over them, and everything that can be asked for. The
/// states among the inputs are those of detectors on it.
pub const LOW: &str = r#"{"min_total_calls":2,"min_errors":1,"min_error_rate":0.1,"min_url_paths":1,
    "early":true,"verdicts":true,"max_values":3,"max_sample_paths":2,"exact_paths":16}"#;

/// Every key of an exception.
const EXCEPTION: &str = r#"{"exceptions":[{"user":["a"],"source":"198.51.100.0/24","app_id":"b","asn":[1,2],
    "tenant":"c","user_agent":"d*","reason":"e","expires":"2027-01-31T00:00:00Z"}]}"#;

/// A program for each function, on fields, and one that skips.
fn programs() -> Vec<Program> {
    let one = |function: &Function| {
        let takes = match function.takes {
            Signature::These(takes) | Signature::More(takes) => takes,
            Signature::Case => &[ArgumentType::A(Type::Boolean), ArgumentType::Any],
        };
        let push = |builder: Builder, takes: &ArgumentType| match takes {
            ArgumentType::A(Type::Pattern) => match Pattern::new("*a?*", true) {
                Some(pattern) => builder.constant(Constant::Pattern(pattern)),
                None => builder,
            },
            ArgumentType::A(Type::Network) => match Network::parse("10.0.0.0/8") {
                Ok(network) => builder.constant(Constant::Network(network)),
                Err(_) => builder,
            },
            ArgumentType::A(kind) => builder.field("a", *kind),
            ArgumentType::Numeric => builder.field("b", Type::Integer),
            _ => builder.field("c", Type::Text),
        };
        let builder = takes.iter().fold(Builder::default(), push);
        let count = u8::try_from(takes.len()).unwrap_or(u8::MAX);
        builder.call(function.name, count)
    };
    let both = Builder::default()
        .field("a", Type::Boolean)
        .decide(true, |other| other.field("b", Type::Boolean));
    let all = FUNCTIONS.iter().map(one).chain([both]);
    all.filter_map(|builder| builder.build().ok()).collect()
}

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
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for case in fs::read_dir(tests.join("fixtures"))? {
        let case = case?;
        let Ok(input) = fs::read(case.path().join("input.ndjson")) else {
            continue;
        };
        let name = case.file_name().to_string_lossy().into_owned();
        let input = first_lines(&input);
        // The last byte of a stream says how it is cut, and which configuration reads it.
        let stream = [input, name.as_bytes()].concat();
        put("readers", &name, &stream)?;
        put("framer", &name, &stream)?;
        let line = input.split(|byte| *byte == b'\n').next();
        put("json", &name, line.unwrap_or_default())?;
        let mut detector = native(LOW);
        detector.push(input);
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
    for (number, program) in programs().into_iter().enumerate() {
        put("program", &number.to_string(), &program.encode())?;
    }
    for parameter in high_4xx::describe().parameters {
        let text = format!("{{\"{}\": {}}}", parameter.name, parameter.default_value);
        put("config", &parameter.name, text.as_bytes())?;
    }
    for (name, text) in components() {
        let bytes = wat::parse_str(format!("(component {text})")).map_err(io::Error::other)?;
        put("component", name, &bytes)?;
    }
    rules::write(&tests.join(".."), &put)?;
    put("config", "exception", EXCEPTION.as_bytes())?;
    put("config", "low", LOW.as_bytes())?;
    put("table", "asn", &asn_database())
}

/// Lines that a seed has at most, and bytes: what is tried thousands of times a second is short.
const LINES: usize = 6;
const BYTES: usize = 4096;

/// The first lines, whole ones.
fn first_lines(input: &[u8]) -> &[u8] {
    let ends = input.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let ends = ends.map(|(at, _)| at + 1).take(LINES);
    &input[..ends.take_while(|end| *end <= BYTES).last().unwrap_or(0)]
}

/// Components that are refused, loaded or compiled: none at all, with an import, with the
/// contract's names, and with code.
fn components() -> [(&'static str, String); 5] {
    let instance = "(instance $i) ";
    let exports: String = ["description", "alerts", "detection"]
        .iter()
        .map(|name| format!(r#"(export "weir:detector/{name}@0.2.0" (instance $i)) "#))
        .collect();
    let code = r#"(core module $m (memory 1) (func (export "f") (result i32) i32.const 42))
        (core instance $c (instantiate $m)) (func $f (result s32) (canon lift (core func $c "f")))"#;
    [
        ("empty", String::new()),
        (
            "import",
            r#"(import "wasi:cli/environment@0.2.0" (instance)) "#.to_owned(),
        ),
        ("code", format!(r#"{code} (export "f" (func $f))"#)),
        ("dressed", format!("{instance}{exports}")),
        (
            "dressed-code",
            format!(r#"{code} (instance $i (export "describe" (func $f))) {exports}"#),
        ),
    ]
}

/// A state without its checksum, which the target adds.
fn unsealed(state: &[u8]) -> &[u8] {
    state
        .split_last_chunk::<8>()
        .map_or(state, |(body, _)| body)
}
