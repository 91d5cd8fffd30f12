//! Keys of a configuration whose values are whole numbers, each defined once.

/// Definition of a key. Its unit, if any, is the last word of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberKey {
    /// Name in its section of the file, such as `memory_mib`.
    pub name: &'static str,
    /// Smallest value.
    pub least: u64,
    /// Largest value.
    pub most: u64,
    /// Value where the key is not set.
    pub default: u64,
    /// A sentence for people.
    pub summary: &'static str,
}

impl NumberKey {
    /// Message about a value out of range; it begins with the key's place in the file.
    #[must_use]
    pub fn problem(&self, section: &str, value: u64) -> Option<String> {
        let (name, range) = (self.name, self.range());
        let is_in = (self.least..=self.most).contains(&value);
        (!is_in).then(|| format!("{section}.{name} is {value}; it must be {range}"))
    }

    /// The range in words.
    #[must_use]
    pub fn range(&self) -> String {
        format!("{} to {}", self.least, self.most)
    }
}

/// A section of the configuration file with whole numbers: from one list the struct with its
/// defaults, the table of definitions, and the check of ranges.
///
/// ```
/// weir_common::number_keys! {
///     /// Limits of an example.
///     pub struct Limits in "limits";
///
///     /// Largest memory.
///     memory_mib: 1 to 4096, default 1024;
/// }
///
/// let mut limits = Limits::default();
/// assert_eq!(limits.memory_mib, Limits::KEYS[0].default);
/// limits.memory_mib = 0;
/// assert_eq!(limits.problems(), ["limits.memory_mib is 0; it must be 1 to 4096"]);
/// ```
#[macro_export]
macro_rules! number_keys {
    (
        $(#[$about:meta])+
        pub struct $section:ident in $place:literal;
        $(
            $(#[doc = $line:literal])+
            $name:ident: $least:literal to $most:literal, default $default:literal;
        )+
    ) => {
        $(#[$about])+
        pub struct $section {
            $(
                $(#[doc = $line])+
                #[doc = ""]
                #[doc = concat!(" ", $least, " to ", $most, ", default ", $default, ".")]
                pub $name: u64,
            )+
        }

        impl Default for $section {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        impl $section {
            /// Definitions of the keys, in the order of the fields.
            pub const KEYS: &'static [$crate::number_key::NumberKey] = &[$(
                $crate::number_key::NumberKey {
                    name: stringify!($name),
                    least: $least,
                    most: $most,
                    default: $default,
                    summary: concat!($($line),+).trim_ascii(),
                },
            )+];

            /// The value of a key; `None` when there is no such key.
            pub fn value_mut(&mut self, name: &str) -> Option<&mut u64> {
                match name {
                    $(stringify!($name) => Some(&mut self.$name),)+
                    _ => None,
                }
            }

            /// Everything that is out of range, a sentence each; empty when all is well.
            #[must_use]
            pub fn problems(&self) -> Vec<String> {
                let values = [$(self.$name),+];
                let keys = Self::KEYS.iter().zip(values);
                keys.filter_map(|(key, value)| key.problem($place, value)).collect()
            }
        }
    };
}
