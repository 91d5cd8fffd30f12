//! The nearest of several names to a misspelt one.

/// The nearest name, if one is near.
pub(crate) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let most = (name.chars().count() / 4).clamp(1, 3);
    let distances = known.map(|known| (distance(name, known), known));
    let (least, nearest) = distances.min()?;
    (least > 0 && least <= most).then_some(nearest)
}

/// The number of letters that are added, removed or replaced.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, c) in a.chars().enumerate() {
        let mut before = at;
        let mut left = at + 1;
        for (column, d) in b.iter().enumerate() {
            let above = row.get(column + 1).copied().unwrap_or_default();
            let here = (before + usize::from(c != *d)).min(above + 1).min(left + 1);
            if let Some(cell) = row.get_mut(column) {
                *cell = left;
            }
            (before, left) = (above, here);
        }
        if let Some(last) = row.last_mut() {
            *last = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_a_few_letters_away_are_near() {
        let names = ["threshold", "interval", "index"];
        for (name, wanted) in [
            ("treshold", Some("threshold")),
            ("indx", Some("index")),
            ("threshold", None),
            ("zzz", None),
        ] {
            assert_eq!(nearest(name, names.into_iter()), wanted, "{name}");
        }
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
