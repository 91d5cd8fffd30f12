//! Times and spans of time: the calendar, texts of times, units.

/// Milliseconds of a day.
pub const DAY: i64 = 86_400_000;

/// What a unit of time stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds(i64),
    /// Days.
    Days(i64),
    /// Months.
    Months(i64),
}

/// The unit of a name, in lower case.
#[must_use]
pub fn unit(name: &str) -> Option<Unit> {
    Some(match name {
        "millisecond" | "milliseconds" | "ms" => Unit::Milliseconds(1),
        "second" | "seconds" | "sec" | "s" => Unit::Milliseconds(1000),
        "minute" | "minutes" | "min" | "m" => Unit::Milliseconds(60_000),
        "hour" | "hours" | "h" => Unit::Milliseconds(3_600_000),
        "day" | "days" | "d" => Unit::Days(1),
        "week" | "weeks" | "w" => Unit::Days(7),
        "month" | "months" | "mo" => Unit::Months(1),
        "quarter" | "quarters" | "q" => Unit::Months(3),
        "year" | "years" | "yr" | "y" => Unit::Months(12),
        _ => return None,
    })
}

/// Whether a word in lower case is a unit of time.
pub(crate) fn is_unit(word: &str) -> bool {
    unit(word).is_some()
}

/// A time of the calendar, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// The year.
    pub year: i64,
    /// The month, from 1.
    pub month: i64,
    /// The day, from 1.
    pub day: i64,
    /// Milliseconds since midnight.
    pub millisecond: i64,
}

impl Civil {
    /// Of milliseconds since 1970.
    #[must_use]
    pub fn of(time: i64) -> Civil {
        let (days, millisecond) = (time.div_euclid(DAY), time.rem_euclid(DAY));
        // Eras of 400 years from 0000-03-01, so that a leap day is the last of its year.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        Civil {
            year: era * 400 + year_of_era + i64::from(month <= 2),
            month,
            day: of_year - (153 * shifted_month + 2) / 5 + 1,
            millisecond,
        }
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn time(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted_month = (self.month + 9) % 12;
        let of_year = (153 * shifted_month + 2) / 5 + self.day - 1;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        let days = era * 146_097 + of_era - 719_468;
        days.saturating_mul(DAY).saturating_add(self.millisecond)
    }

    /// With months added; a day that the month does not have becomes its last one.
    #[must_use]
    pub fn plus_months(self, months: i64) -> Civil {
        let all = (self.year * 12 + self.month - 1).saturating_add(months);
        let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
        Civil {
            year,
            month,
            day: self.day.min(days_of(year, month)),
            millisecond: self.millisecond,
        }
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A time as text: `2024-05-06T07:08:09.123Z`.
#[must_use]
pub fn render(time: i64) -> String {
    let civil = Civil::of(time);
    let (second, millisecond) = (civil.millisecond / 1000, civil.millisecond % 1000);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{millisecond:03}Z",
        civil.year,
        civil.month,
        civil.day,
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Reads a time: a date of four digits for the year, from the year on, with an optional time of
/// day and zone. Without a zone it is UTC; digits below the millisecond are cut.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let (date, clock) = match text.split_once('T') {
        Some((date, clock)) => (date, Some(clock)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |part| digits(part, 2))?;
    let day = parts.next().map_or(Some(1), |part| digits(part, 2))?;
    if parts.next().is_some() || !(1..=12).contains(&month) {
        return None;
    }
    if day < 1 || day > days_of(year, month) {
        return None;
    }
    let mut civil = Civil {
        year,
        month,
        day,
        millisecond: 0,
    };
    let Some(clock) = clock else {
        return Some(civil.time());
    };
    let (clock, offset) = zone(clock)?;
    civil.millisecond = time_of_day(clock)?;
    Some(civil.time() - offset)
}

/// A number of exactly so many digits.
fn digits(text: &str, length: usize) -> Option<i64> {
    let whole = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole { text.parse().ok() } else { None }
}

/// A time of day and its offset from UTC in milliseconds.
fn zone(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let Some(at) = clock.find(['+', '-']) else {
        return Some((clock, 0));
    };
    let sign = if clock[at..].starts_with('-') { -1 } else { 1 };
    let zone = &clock[at + 1..];
    let (hours, minutes) = match zone.len() {
        2 => (zone, "00"),
        4 if zone.is_ascii() => zone.split_at(2),
        5 => zone.split_once(':')?,
        _ => return None,
    };
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    if hours > 18 || minutes > 59 {
        return None;
    }
    Some((&clock[..at], sign * (hours * 60 + minutes) * 60_000))
}

/// Milliseconds since midnight.
fn time_of_day(clock: &str) -> Option<i64> {
    if clock.is_empty() {
        return Some(0);
    }
    let mut parts = clock.split(':');
    let hour = digits(parts.next()?, 2)?;
    let minute = parts.next().map_or(Some(0), |part| digits(part, 2))?;
    let second = parts.next().unwrap_or("00");
    let (second, fraction) = match second.split_once(['.', ',']) {
        Some((second, fraction)) => (second, Some(fraction)),
        None => (second, None),
    };
    let second = digits(second, 2)?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut millisecond = 0;
    if let Some(fraction) = fraction {
        let bad = fraction.is_empty() || fraction.len() > 9;
        if bad || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let padded = format!("{fraction}00");
        millisecond = padded[..3].parse().ok()?;
    }
    Some(((hour * 60 + minute) * 60 + second) * 1000 + millisecond)
}
