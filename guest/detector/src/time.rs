//! A parser of the timestamps that Azure and Elastic write, as milliseconds since 1970.

/// Milliseconds in a day.
const DAY: i64 = 86_400_000;
/// The last millisecond of the year 9999, the end of four-digit years.
pub const LAST: i64 = 253_402_300_799_999;

/// Parses a timestamp; None if it has none of the accepted forms.
///
/// Accepted: ISO 8601 (`2026-05-19T09:31:07.4821935Z`; time, seconds, fraction and
/// zone may be missing), and `M/d/yyyy` with `h:mm:ss AM` or `H:mm:ss`, each with or
/// without a comma between, a fraction and an offset. Without a zone it is UTC. Fractions are truncated to
/// milliseconds, not rounded.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    match bytes.get(4) {
        Some(b'-') => iso(bytes),
        _ => american(bytes),
    }
}

/// A parser of times of the usual form, which caches the last minute.
#[derive(Debug, Default)]
pub struct Minute {
    /// The text of the minute, such as `2026-05-19T09:31`.
    text: [u8; 16],
    /// The start of the minute, in milliseconds since 1970.
    start: i64,
}

impl Minute {
    /// [`parse`] for `2026-05-19T09:31:07Z` with any fraction; None for all other forms.
    #[inline(always)]
    pub fn parse(&mut self, text: &[u8]) -> Option<i64> {
        let (minute, rest) = text.split_first_chunk::<16>()?;
        if u128::from_le_bytes(*minute) != u128::from_le_bytes(self.text) {
            self.start = iso(minute)?;
            self.text = *minute;
        }
        let digit = |b: u8| b.is_ascii_digit().then(|| i64::from(b - b'0'));
        let (seconds, rest) = match rest {
            [b':', tens @ b'0'..=b'5', ones, rest @ ..] => {
                (digit(*tens)? * 10 + digit(*ones)?, rest)
            }
            _ => return None,
        };
        let fraction = match rest {
            b"Z" => 0,
            [b'.', a, b, c, rest @ .., b'Z'] => {
                let more = rest.iter().all(u8::is_ascii_digit);
                more.then_some(digit(*a)? * 100 + digit(*b)? * 10 + digit(*c)?)?
            }
            _ => return None,
        };
        Some(self.start + seconds * 1000 + fraction)
    }
}

/// A cursor over the text; each method consumes its input or returns None.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// Between `min` and `max` decimal digits, as a number.
    fn digits(&mut self, min: usize, max: usize) -> Option<i64> {
        let n = self
            .0
            .iter()
            .take(max)
            .take_while(|b| b.is_ascii_digit())
            .count();
        if n < min {
            return None;
        }
        let (head, rest) = self.0.split_at(n);
        self.0 = rest;
        Some(head.iter().fold(0, |v, b| v * 10 + i64::from(b - b'0')))
    }

    /// Digits as a number within a range.
    fn number(&mut self, min: usize, max: usize, low: i64, high: i64) -> Option<i64> {
        self.digits(min, max).filter(|v| (low..=high).contains(v))
    }

    fn take(&mut self, wanted: &[u8]) -> bool {
        match self.0.strip_prefix(wanted) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, wanted: &[u8]) -> Option<()> {
        self.take(wanted).then_some(())
    }

    /// A space; .NET on newer Unicode data writes a narrow no-break one before AM and PM.
    fn space(&mut self) -> bool {
        self.take(b" ") || self.take("\u{202f}".as_bytes()) || self.take("\u{a0}".as_bytes())
    }

    /// `Z`, `+hh:mm`, `+hhmm` or `+hh`, in milliseconds east of UTC.
    fn zone(&mut self) -> Option<i64> {
        if self.take(b"Z") || self.take(b"z") {
            return Some(0);
        }
        let sign = if self.take(b"+") {
            1
        } else {
            self.expect(b"-")?;
            -1
        };
        let hours = self.number(2, 2, 0, 18)?;
        let minutes = if self.take(b":") || !self.0.is_empty() {
            self.number(2, 2, 0, 59)?
        } else {
            0
        };
        Some(sign * (hours * 60 + minutes) * 60_000)
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

fn iso(bytes: &[u8]) -> Option<i64> {
    let mut c = Cursor(bytes);
    let year = c.number(4, 4, 1, 9999)?;
    c.expect(b"-")?;
    let month = c.number(2, 2, 1, 12)?;
    c.expect(b"-")?;
    let day = c.number(2, 2, 1, month_length(year, month))?;
    let mut ms = days(year, month, day) * DAY;
    if c.0.is_empty() {
        return Some(ms);
    }
    if !c.take(b"T") {
        c.expect(b"t")?;
    }
    ms += c.number(2, 2, 0, 23)? * 3_600_000;
    c.expect(b":")?;
    ms += c.number(2, 2, 0, 59)? * 60_000;
    if c.take(b":") {
        ms += c.number(2, 2, 0, 59)? * 1000;
        if c.take(b".") || c.take(b",") {
            ms += fraction(&mut c)?;
        }
    }
    if !c.0.is_empty() {
        ms -= c.zone()?;
    }
    c.end()?;
    Some(ms)
}

/// A fraction in milliseconds, truncated.
fn fraction(c: &mut Cursor) -> Option<i64> {
    let before = c.0.len();
    let value = c.digits(1, 3)?;
    let taken = before - c.0.len();
    if taken == 3 {
        while c.digits(1, 18).is_some() {}
    }
    Some(value * [0, 100, 10, 1][taken])
}

fn american(bytes: &[u8]) -> Option<i64> {
    let mut c = Cursor(bytes);
    let month = c.number(1, 2, 1, 12)?;
    c.expect(b"/")?;
    let day = c.digits(1, 2)?;
    c.expect(b"/")?;
    let year = c.number(4, 4, 1, 9999)?;
    // Azure's portal writes a comma behind the date.
    c.take(b",");
    if !(1..=month_length(year, month)).contains(&day) || !c.space() {
        return None;
    }
    let mut hour = c.number(1, 2, 0, 23)?;
    c.expect(b":")?;
    let minute = c.number(2, 2, 0, 59)?;
    c.expect(b":")?;
    let second = c.number(2, 2, 0, 59)?;
    let mut offset = 0;
    let mut ms = 0;
    if c.take(b".") {
        ms = fraction(&mut c)?;
    }
    if !c.0.is_empty() {
        if !c.space() {
            return None;
        }
        if let Some(half) = half_day(&mut c) {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + half;
            if !c.0.is_empty() {
                if !c.space() {
                    return None;
                }
                offset = c.zone()?;
            }
        } else {
            offset = c.zone()?;
        }
    }
    c.end()?;
    Some(days(year, month, day) * DAY + (hour * 3600 + minute * 60 + second) * 1000 + ms - offset)
}

fn half_day(c: &mut Cursor) -> Option<i64> {
    if c.take(b"AM") || c.take(b"am") {
        Some(0)
    } else if c.take(b"PM") || c.take(b"pm") {
        Some(12)
    } else {
        None
    }
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar: years start in March,
/// so that the leap day is the last, and are counted in eras of 400.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01; the inverse of `days`.
pub fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = (from_march + 2) % 12 + 1;
    let year = shifted.div_euclid(146_097) * 400 + year_of_era + i64::from(month <= 2);
    (year, month, of_year - (153 * from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::{Minute, parse};

    #[test]
    fn fractions_are_truncated() {
        let base = parse("2026-05-19T09:31:07Z").unwrap();
        assert_eq!(base, 1_779_183_067_000);
        for (fraction, ms) in [
            ("9", 900),
            ("99", 990),
            ("4821935", 482),
            ("9999999999", 999),
        ] {
            assert_eq!(
                parse(&format!("2026-05-19T09:31:07.{fraction}Z")),
                Some(base + ms)
            );
        }
        assert_eq!(parse("1969-12-31T23:59:59.9999Z"), Some(-1));
    }

    #[test]
    fn the_forms_agree() {
        let wanted = parse("2026-05-19T21:14:05Z");
        for text in [
            "5/19/2026 9:14:05 PM",
            "05/19/2026 09:14:05 PM",
            "5/19/2026 9:14:05\u{202f}PM",
            "5/19/2026 21:14:05",
            "5/19/2026 11:14:05 PM +02:00",
            "05/19/2026 23:14:05 +02:00",
            "2026-05-19T23:14:05+0200",
            "2026-05-19T23:14:05.0+02",
            "2026-05-19T21:14:05",
        ] {
            assert_eq!(parse(text), wanted, "{text}");
        }
        assert_eq!(parse("5/19/2026 12:00:00 AM"), parse("2026-05-19"));
    }

    #[test]
    fn unreadable_is_none() {
        for text in [
            "",
            "2026",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-05-19T24:00:00Z",
            "2026-05-19T09:31:07.Z",
            "2026-05-19T09:31:07Zz",
            "2026-05-19T09",
            "5/19/2026",
            "13/1/2026 1:00:00 AM",
            "5/19/2026 13:00:00 PM",
            "5/19/2026 0:00:00 AM",
            "5/19/2026 1:00:00 XM",
            "19.05.2026 09:31:07",
            "2026-05-19T09:31:07+2",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_cached_minute_equals_plain_parsing() {
        let starts = [
            "2026-05-19T09:31",
            "1969-12-31t23:59",
            "5/9/2026 9:31:07",
            "2026-02-30T00:00",
        ];
        let ends = [
            ":07Z",
            ":07.1Z",
            ":07.123Z",
            ":07.1234567Z",
            ":00Z",
            ":05.123Z",
            ":60Z",
            "Z",
            "",
            ":07+01:00",
            ":07.12aZ",
        ];
        let (mut minute, mut read) = (Minute::default(), 0);
        for start in starts {
            for end in ends {
                let text = format!("{start}{end}");
                if let Some(time) = minute.parse(text.as_bytes()) {
                    assert_eq!(parse(&text), Some(time), "{text}");
                    read += 1;
                }
            }
        }
        assert_eq!(read, 10);
    }
}
