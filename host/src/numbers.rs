//! Numbers as people read them.

/// A number with its thousands marked.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// A number of bytes in the unit that fits.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// A stretch of time in its largest whole unit.
pub(crate) fn duration(ms: i128) -> String {
    const DAY: i128 = 86_400_000;
    let units = [
        (DAY, "day"),
        (3_600_000, "hour"),
        (60_000, "minute"),
        (1000, "second"),
    ];
    let fitting = units.into_iter().find(|(unit, _)| ms % unit == 0);
    let (number, name) = fitting.map_or((ms, "millisecond"), |(unit, name)| (ms / unit, name));
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    let several = if number == 1 { "" } else { "s" };
    format!("{} {name}{several}", grouped(number))
}
