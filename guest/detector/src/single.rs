//! Typed single values of columns.

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SingleKind {
    /// An integer of 64 bits.
    Integer,
    /// A double.
    Number,
    /// A text.
    Text,
    /// A truth value.
    Boolean,
    /// Milliseconds since 1970.
    Time,
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Single<'s> {
    /// An integer.
    Integer(i64),
    /// A double; columns store finite ones.
    Number(f64),
    /// A text.
    Text(&'s str),
    /// A truth value.
    Boolean(bool),
    /// Milliseconds since 1970.
    Time(i64),
}

/// The sign bit.
const SIGN: u64 = 1 << 63;

/// Maps an integer to an unsigned number of equal order.
pub(crate) fn integer_bits(value: i64) -> u64 {
    value.cast_unsigned() ^ SIGN
}

/// The inverse of [`integer_bits`].
pub(crate) fn bits_integer(bits: u64) -> i64 {
    (bits ^ SIGN).cast_signed()
}

/// Maps a finite double to an unsigned number of equal order; both zeros are equal.
pub(crate) fn number_bits(value: f64) -> Option<u64> {
    let bits = (value + 0.0).to_bits();
    let sorted = if bits & SIGN == 0 { bits | SIGN } else { !bits };
    value.is_finite().then_some(sorted)
}

/// The inverse of [`number_bits`].
pub(crate) fn bits_number(bits: u64) -> f64 {
    f64::from_bits(if bits & SIGN == 0 { !bits } else { bits ^ SIGN })
}

impl SingleKind {
    /// Whether values of the type can be summed.
    pub(crate) fn adds_up(self) -> bool {
        matches!(self, SingleKind::Integer | SingleKind::Number)
    }

    /// Whether values of the type are numbers, for conditions.
    pub(crate) fn is_numeric(self) -> bool {
        !matches!(self, SingleKind::Text | SingleKind::Boolean)
    }

    /// A number for the type, for hashes of schemas.
    pub(crate) fn number(self) -> u64 {
        match self {
            SingleKind::Integer => 0,
            SingleKind::Number => 1,
            SingleKind::Text => 2,
            SingleKind::Boolean => 3,
            SingleKind::Time => 4,
        }
    }

    /// Whether the bits encode a value of the type, which is no text.
    pub(crate) fn has(self, bits: u64) -> bool {
        match self {
            SingleKind::Integer | SingleKind::Time => true,
            SingleKind::Number => number_bits(bits_number(bits)) == Some(bits),
            SingleKind::Boolean => bits < 2,
            SingleKind::Text => false,
        }
    }

    /// Encodes a value that is no text as bits of equal order. An integer is a number too. None for
    /// a value of another type, or one that is not finite.
    pub(crate) fn bits(self, value: Single) -> Option<u64> {
        match (self, value) {
            (SingleKind::Integer, Single::Integer(value))
            | (SingleKind::Time, Single::Time(value)) => Some(integer_bits(value)),
            #[allow(clippy::cast_precision_loss, reason = "it is what a double can hold")]
            (SingleKind::Number, Single::Integer(value)) => number_bits(value as f64),
            (SingleKind::Number, Single::Number(value)) => number_bits(value),
            (SingleKind::Boolean, Single::Boolean(value)) => Some(value.into()),
            _ => None,
        }
    }

    /// Decodes the bits of a value that is no text as a number.
    #[allow(clippy::cast_precision_loss, reason = "it is what a double can hold")]
    pub(crate) fn as_number(self, bits: u64) -> f64 {
        match self {
            SingleKind::Number => bits_number(bits),
            SingleKind::Integer | SingleKind::Time => bits_integer(bits) as f64,
            SingleKind::Boolean | SingleKind::Text => bits as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_sort_as_their_values_and_read_back() {
        let numbers = [
            f64::MIN,
            -1.5,
            -f64::MIN_POSITIVE,
            -5e-324,
            0.0,
            5e-324,
            1.0,
            1.5,
            f64::MAX,
        ];
        let bits: Vec<u64> = numbers.iter().filter_map(|n| number_bits(*n)).collect();
        assert!(bits.is_sorted_by(|a, b| a < b));
        assert!(bits.iter().map(|b| bits_number(*b)).eq(numbers));
        assert!(bits.iter().all(|b| SingleKind::Number.has(*b)));
        assert_eq!(number_bits(-0.0), number_bits(0.0));
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(number_bits(wrong), None);
        }
        assert!(!SingleKind::Number.has(0));
        assert!(!SingleKind::Number.has(u64::MAX));
        let integers = [i64::MIN, -1, 0, 1, i64::MAX];
        let bits = integers.map(integer_bits);
        assert!(bits.is_sorted());
        assert_eq!(bits.map(bits_integer), integers);
    }

    #[test]
    fn only_values_of_the_type_have_bits() {
        let integer = Single::Integer(7);
        assert_eq!(SingleKind::Number.bits(integer), number_bits(7.0));
        assert_eq!(SingleKind::Integer.bits(Single::Number(7.0)), None);
        assert_eq!(SingleKind::Time.bits(integer), None);
        assert_eq!(SingleKind::Text.bits(Single::Text("7")), None);
    }
}
