//! Key parts on the command line, by name: `NAME=VALUE`.

use weir_common::suggestion::suggestion;
use weir_host::contract::Field;
use weir_host::error::Error;

/// Full name of a key part and its requested value; `None` is the null key.
pub type NamedPart = (String, Option<String>);

/// Reads `NAME=VALUE`, each of another part of the key. NAME is the part's name or its last words;
/// the value `null` is the null key.
///
/// # Errors
///
/// [`Error::Config`] for what is not of that form, names no part of this key or more than one, or
/// a part that was named before.
pub fn named_parts(given: &[String], key: &[Field]) -> Result<Vec<NamedPart>, Error> {
    let mut parts: Vec<NamedPart> = Vec::new();
    for text in given {
        let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            let example = key.first().map_or("NAME", |part| part.name.as_str());
            return Err(Error::config(format!(
                "`{text}` is no part of a key; write NAME=VALUE, such as {example}=U"
            )));
        };
        let name = full_name(name, key)?;
        if parts.iter().any(|(known, _)| known == name) {
            return Err(Error::config(format!("{name} is asked for twice")));
        }
        let value = Some(value).filter(|value| *value != "null");
        parts.push((name.to_owned(), value.map(str::to_owned)));
    }
    Ok(parts)
}

/// The part whose name this is, or the one part whose name ends in these words.
fn full_name<'k>(name: &str, key: &'k [Field]) -> Result<&'k str, Error> {
    let all: Vec<&str> = key.iter().map(|part| part.name.as_str()).collect();
    if let Some(exact) = all.iter().find(|known| **known == name) {
        return Ok(exact);
    }
    let ends = |known: &&str| {
        let before = known.strip_suffix(name);
        before.is_some_and(|before| before.ends_with('.'))
    };
    let fitting: Vec<&str> = all.iter().copied().filter(ends).collect();
    match fitting[..] {
        [only] => Ok(only),
        [] if all.is_empty() => Err(Error::config(format!(
            "the rule has no key, so that no part of it is `{name}`"
        ))),
        [] => Err(Error::config(match suggestion(name, &all) {
            Some(nearest) => format!(
                "no part of the key is `{name}`; did you mean `{nearest}`? There are: {}",
                all.join(", ")
            ),
            None => format!(
                "no part of the key is `{name}`; there are: {}",
                all.join(", ")
            ),
        })),
        _ => Err(Error::config(format!(
            "`{name}` may be any of these parts of the key: {}",
            fitting.join(", ")
        ))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use weir_host::contract::ValueType;

    fn key(names: &[&str]) -> Vec<Field> {
        let field = |name: &&str| Field {
            name: (*name).to_owned(),
            label: (*name).to_owned(),
            kind: ValueType::Text,
        };
        names.iter().map(field).collect()
    }

    fn read(given: &[&str], names: &[&str]) -> Result<Vec<NamedPart>, String> {
        let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
        named_parts(&given, &key(names)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_part_is_named_in_full_or_by_its_last_words() {
        let names = ["user.id", "source.as.number", "number"];
        let parts = read(&["user.id=a=b", "as.number=null"], &names).unwrap();
        let wanted = [
            ("user.id".to_owned(), Some("a=b".to_owned())),
            ("source.as.number".to_owned(), None),
        ];
        assert_eq!(parts, wanted);
        assert_eq!(read(&["id=x"], &names).unwrap()[0].0, "user.id");
        // A full name goes before another's last words.
        assert_eq!(read(&["number=1"], &names).unwrap()[0].0, "number");
    }

    #[test]
    fn what_names_no_single_part_is_refused_with_the_parts_that_there_are() {
        let names = ["user.id", "app.id"];
        let says = |given: &[&str], words: &str| {
            let error = read(given, &names).unwrap_err();
            assert!(error.contains(words), "{error}");
        };
        says(
            &["id=x"],
            "may be any of these parts of the key: user.id, app.id",
        );
        says(&["d=x"], "there are: user.id, app.id");
        says(&["user.idd=x"], "did you mean `user.id`?");
        says(&["user.id"], "write NAME=VALUE, such as user.id=U");
        says(&["user.id=a", "user.id=b"], "user.id is asked for twice");
        assert!(read(&["a=b"], &[]).unwrap_err().contains("has no key"));
    }
}
