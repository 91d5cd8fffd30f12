//! Times as text, without the guest's code.

/// Milliseconds in a day.
const DAY: i64 = 86_400_000;

/// Year, month and day of a time in milliseconds since 1970.
#[must_use]
pub fn date(ms: i64) -> (i64, i64, i64) {
    // Counting on from 1 March of year 0, eras of 400 years.
    let days = ms.div_euclid(DAY) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Hour, minute, second and millisecond of the day.
#[must_use]
pub fn time_of_day(ms: i64) -> (i64, i64, i64, i64) {
    let of_day = ms.rem_euclid(DAY);
    (
        of_day / 3_600_000,
        of_day / 60_000 % 60,
        of_day / 1000 % 60,
        of_day % 1000,
    )
}

/// ISO 8601 in UTC with three decimals: `2026-05-19T09:31:07.482Z`.
#[must_use]
pub fn iso(ms: i64) -> String {
    let (year, month, day) = date(ms);
    let (hour, minute, second, milli) = time_of_day(ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// The fallback form with a half of the day: `5/19/2026 9:31:07 AM`. Milliseconds are lost.
#[must_use]
pub fn american(ms: i64) -> String {
    let (year, month, day) = date(ms);
    let (hour, minute, second, _) = time_of_day(ms);
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = (hour + 11) % 12 + 1;
    format!("{month}/{day}/{year} {hour}:{minute:02}:{second:02} {half}")
}

#[cfg(test)]
mod tests {
    use super::{american, iso};

    // Expected values by Python's datetime.
    #[test]
    fn times_as_text() {
        assert_eq!(iso(1_779_183_067_482), "2026-05-19T09:31:07.482Z");
        assert_eq!(iso(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(iso(1_709_164_800_000), "2024-02-29T00:00:00.000Z");
        assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(american(1_779_183_067_482), "5/19/2026 9:31:07 AM");
        assert_eq!(american(1_779_148_800_000), "5/19/2026 12:00:00 AM");
        assert_eq!(american(1_779_192_000_000), "5/19/2026 12:00:00 PM");
    }
}
