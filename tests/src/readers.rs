//! Two detectors on the same bytes: one reads as it does in earnest, with what it has
//! learned, the other plainly. All that they say must be the same.

use crate::compare::of_native;
use crate::damage::damage;
use crate::machine::native;
use crate::random::Random;
use crate::render::{SHAPES, Style, document, wrapped};
use crate::stream::{Knobs, stream};

/// What was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    /// Documents.
    pub documents: u64,
    /// Of which so many were damaged and no longer JSON, or unusable.
    pub malformed: u64,
    /// Alerts that both made.
    pub alerts: u64,
}

/// Checks one random stream, in which one document in `rarity` is damaged.
///
/// # Errors
/// What differs.
pub fn check(seed: u64, rarity: u64) -> Result<Tried, String> {
    let mut random = Random::new(seed);
    let configuration = match random.below(4) {
        0 => r#"{"elastic_uri_nulls": true, "early": true}"#,
        1 => r#"{"min_total_calls": 3, "min_errors": 1, "min_url_paths": 2, "max_values": 2}"#,
        2 => {
            r#"{"exceptions": [{"reason": "x", "asn": 64501, "expires": "2026-05-19T09:30:00Z"}]}"#
        }
        _ => "{}",
    };
    let (mut learned, mut plain) = (native(configuration), native(configuration).plainly());
    let mut tried = Tried::default();
    let mut batch = Vec::new();
    let shape = *random.pick(&SHAPES);
    let style = if random.one_in(2) {
        Style::Wild
    } else {
        Style::Plain
    };
    for event in stream(seed, Knobs::default()) {
        let shape = if random.one_in(4) {
            *random.pick(&SHAPES)
        } else {
            shape
        };
        let mut text = document(&event, shape, style, &mut random);
        if random.one_in(6) {
            text = wrapped(&text, &mut random);
        }
        let mut text = text.into_bytes();
        if random.one_in(rarity) {
            damage(&mut text, &mut random);
        }
        batch.extend(text);
        batch.push(b'\n');
        tried.documents += 1;
        if random.one_in(20) {
            tried.malformed += push(&mut learned, &mut plain, &batch, seed)?;
            batch.clear();
        }
    }
    tried.malformed += push(&mut learned, &mut plain, &batch, seed)?;
    learned.flush();
    plain.flush();
    let [ours, theirs] = [&mut learned, &mut plain].map(|detector| {
        let alerts = detector.take_alerts(u32::MAX);
        alerts.iter().map(of_native).collect::<Vec<_>>()
    });
    if ours != theirs {
        return Err(format!(
            "seed {seed}: alerts {ours:?} and, read plainly, {theirs:?}"
        ));
    }
    if learned.snapshot() != plain.snapshot() {
        return Err(format!("seed {seed}: the states differ"));
    }
    tried.alerts = ours.len() as u64;
    Ok(tried)
}

fn push(
    learned: &mut high_4xx::Detector,
    plain: &mut high_4xx::Detector,
    batch: &[u8],
    seed: u64,
) -> Result<u64, String> {
    let (ours, theirs) = (learned.push(batch), plain.push(batch));
    if ours != theirs {
        let shown = String::from_utf8_lossy(batch);
        return Err(format!(
            "seed {seed}: {ours:?} and, read plainly, {theirs:?} of {shown}"
        ));
    }
    Ok(ours.malformed)
}
