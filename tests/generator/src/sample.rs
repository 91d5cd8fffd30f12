//! Small samples of the log: a burst of one caller, and an hour of six users.

use crate::asn;
use crate::event::Event;
use crate::others::sign_in;
use crate::random::Random;
use crate::render::{SHAPES, Shape, Style, document};

/// Start of both: 2026-03-04T05:00:00Z, on an even minute.
pub const START: i64 = 1_772_600_400_000;
/// Number of calls in a burst.
pub const BURST: usize = 25;

const TENANT: &str = "aaaaaaaa-0000-4000-8000-000000000001";
/// Milliseconds between two events of the hour.
const STEP: i64 = 600;
/// Longest that an event is behind without being late, in milliseconds: less than a window.
const BEHIND: u64 = 118_000;
/// Longest that a late event is behind, in milliseconds: several windows.
const LATE: u64 = 1_800_000;

fn call(time: i64, user: String, object: u64, status: i64, address: String) -> Event {
    let (asns, asn_names) = asn::columns(Some(&address));
    let path = format!("/tenant/objects{object}");
    Event {
        time,
        users: vec![user],
        asns,
        asn_names,
        statuses: vec![status],
        uri: Some(format!("{path}?api-version=1.6")),
        paths: vec![path],
        tenants: vec![TENANT.to_owned()],
        ips: vec![address],
        ..Event::default()
    }
}

/// Calls of one caller from one second to the other, all refused, all different, from an address without an autonomous
/// system: one alert of the rule as published.
#[must_use]
pub fn burst() -> Vec<Event> {
    let calls = (0..BURST as u64).zip(0..).map(|(number, second)| {
        let time = START + 360_123 + 1000 * second;
        let mut event = call(
            time,
            "walker".to_owned(),
            number,
            403,
            "198.51.100.207".to_owned(),
        );
        event.user_agents = vec!["walk/1.0".to_owned()];
        event.request = Some(format!("request-{number}"));
        event
    });
    calls.collect()
}

/// Order in which the hour's events arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Disorder within two minutes.
    Disorder,
    /// One in fifty is behind by up to half an hour.
    Late,
}

/// Documents of an hour in order of arrival: six users, bursts of refused calls, duplicates, records of another log. In one
/// shape, or in a random one each.
#[must_use]
pub fn hour(count: usize, seed: u64, delay: Delay, shape: Option<Shape>) -> Vec<String> {
    let mut random = Random::new(seed);
    let mut documents: Vec<String> = Vec::with_capacity(count);
    for (number, now) in (0..count).zip((START..).step_by(STEP as usize)) {
        let draw = random.below(100);
        if number % 211 == 210 {
            documents.push(sign_in(now, &mut random));
        } else if draw < 3 && number > 0 {
            let back = 1 + random.index(number.min(300));
            documents.push(documents[number - back].clone());
        } else {
            let late = draw < 5 && delay == Delay::Late;
            let behind = random.below(if late { LATE } else { BEHIND });
            let time = (now - i64::try_from(behind).unwrap_or(0)).max(START);
            let event = in_hour(number, time, &mut random);
            let shape = shape.unwrap_or_else(|| *random.pick(&SHAPES));
            documents.push(document(&event, shape, Style::Brief, &mut random));
        }
    }
    documents
}

/// A call of the hour. Each user bursts in every fourth window.
fn in_hour(number: usize, time: i64, random: &mut Random) -> Event {
    let user = random.below(6);
    let window = (time - START).unsigned_abs() / 120_000;
    let bursts = (window + user).is_multiple_of(4);
    let refused = random.below(100) < if bursts { 70 } else { 15 };
    let status = if refused { 403 } else { 200 };
    let address = format!("198.51.100.{}", random.below(4));
    let mut event = call(
        time,
        format!("user-{user}"),
        random.below(60),
        status,
        address,
    );
    event.request = Some(format!("request-{number}"));
    event
}

#[cfg(test)]
mod tests {
    use super::{BURST, Delay, burst, hour};
    use crate::render::Shape;
    use std::collections::HashSet;

    #[test]
    fn calls_of_a_burst_are_different_and_fit_every_shape() {
        let calls = burst();
        let prints: HashSet<_> = calls.iter().filter_map(|call| call.fingerprint()).collect();
        assert_eq!(prints.len(), BURST);
        assert!(
            calls
                .iter()
                .all(|call| call.fits_raw() && call.asns.is_empty())
        );
    }

    #[test]
    fn an_hour_is_the_same_for_a_seed_and_has_duplicates_and_another_log() {
        let documents = hour(4000, 1, Delay::Late, Some(Shape::EventHub));
        assert_eq!(documents, hour(4000, 1, Delay::Late, Some(Shape::EventHub)));
        let different: HashSet<_> = documents.iter().collect();
        assert!((60..200).contains(&(4000 - different.len())));
        let others = documents.iter().filter(|text| text.contains("SignInLogs"));
        assert_eq!(others.count(), 18);
    }
}
