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

/// A number of things with its noun, which is given for one: `1 case`, `1,200 entries`.
#[must_use]
pub fn counted(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let stem = noun.strip_suffix('y');
    let noun = match stem.filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
        _ if number == 1 => noun.to_owned(),
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    };
    format!("{} {noun}", grouped(number))
}

/// The form of a word for one thing or for several.
#[must_use]
pub fn agree<'w>(number: impl TryInto<u64>, one: &'w str, several: &'w str) -> &'w str {
    match number.try_into() {
        Ok(1) => one,
        _ => several,
    }
}

/// A number of bytes in the unit that fits.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

/// A stretch of time in its largest whole unit.
pub fn duration(ms: i128) -> String {
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
    counted(number, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_follows_its_number() {
        assert_eq!(counted(0_u64, "case"), "0 cases");
        assert_eq!(counted(1_usize, "entry"), "1 entry");
        assert_eq!(counted(1200_u64, "entry"), "1,200 entries");
        assert_eq!(counted(2_u64, "day"), "2 days");
        assert_eq!((size(1), size(2)), ("1 byte".into(), "2 bytes".into()));
        assert_eq!(agree(1_u64, "is", "are"), "is");
        assert_eq!(agree(0_u64, "is", "are"), "are");
    }
}
