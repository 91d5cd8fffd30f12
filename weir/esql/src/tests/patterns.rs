//! Patterns: LIKE, regular expressions, DISSECT, GROK, networks, times.

use crate::address::{self, Network};
use crate::dissect::Dissect;
use crate::evaluate::json::Json;
use crate::grok::{Grok, Refusal};
use crate::pattern::{glob, like};
use crate::regex::{Dialect, Regex};
use crate::time;

#[test]
fn like_patterns() {
    let table = [
        ("abc", "abc", true),
        ("abc", "ABC", false),
        ("a*c", "ac", true),
        ("a*c", "abcbc", true),
        ("a*c", "abcb", false),
        ("a?c", "aüc", true),
        ("a?c", "ac", false),
        ("*", "", true),
        ("", "", true),
        ("", "a", false),
        ("*b*", "abc", true),
        ("**", "x", true),
        ("a\\*b", "a*b", true),
        ("a\\*b", "axb", false),
        ("a\\\\*", "a\\x", true),
        ("a\\?", "a?", true),
        ("a.c", "abc", false),
        ("*\n*", "a\nb", true),
    ];
    for (pattern, text, expected) in table {
        let parts = like(pattern).unwrap();
        assert_eq!(glob(&parts, text), expected, "{pattern} {text}");
    }
    assert!(like("a\\b").is_err());
    assert!(like("a\\").is_err());
}

#[test]
fn like_takes_no_more_than_the_product_of_lengths() {
    let pattern = like(&"*a".repeat(200)).unwrap();
    assert!(!glob(&pattern, &"a".repeat(199)));
    assert!(glob(&pattern, &"a".repeat(2000)));
}

#[test]
fn lucene() {
    let table = [
        ("a.c", "abc", true),
        ("a.c", "a\nc", true),
        ("b", "abc", false),
        ("a|bc", "bc", true),
        ("(a|b)+", "abba", true),
        ("[a-c]{2,3}", "abc", true),
        ("[a-c]{2,3}", "abca", false),
        ("[^a-c]", "d", true),
        ("[^a-c]", "a", false),
        ("a{2}", "aa", true),
        ("a{2,}", "aaaa", true),
        ("^a$", "^a$", true),
        ("^a$", "a", false),
        ("\"a.b\"", "a.b", true),
        ("\"a.b\"", "axb", false),
        ("a@b", "axxb", true),
        ("\\@", "@", true),
        ("\\d+\\s\\w", "12 a", true),
        ("\\.\\\\", ".\\", true),
        ("[.\\]]", "]", true),
        ("", "", true),
        ("", "a", false),
        ("a()b", "ab", true),
        ("x*", "", true),
        ("ü?", "ü", true),
    ];
    for (pattern, text, expected) in table {
        let regex = Regex::new(pattern, Dialect::Lucene).unwrap();
        assert_eq!(regex.matches_whole(text), expected, "{pattern} {text}");
    }
    for pattern in [
        "a&b", "~a", "<1-5>", "#", "(a", "a)", "[a", "a{", "a{2,1}", "\\", "\\q", "\"a", "[b-a]",
        "a{9999}",
    ] {
        assert!(Regex::new(pattern, Dialect::Lucene).is_err(), "{pattern}");
    }
}

#[test]
fn java_replacements() {
    let table = [
        ("a+", "caaat", "-", "c-t"),
        ("a+?", "caaat", "-", "c---t"),
        ("a|ab", "abab", "-", "-b-b"),
        ("^a", "aa", "-", "-a"),
        ("a$", "aa\n", "-", "a-\n"),
        ("(?m)^", "a\nb", ">", ">a\n>b"),
        ("(?i)A", "aA", "-", "--"),
        ("a(?i:b)c", "aBc aBC", "-", "- aBC"),
        (".", "a\nb", "-", "-\n-"),
        ("(?s).", "a\nb", "-", "---"),
        ("\\bx\\b", "x xx x", "-", "- xx -"),
        ("(?<n>a)(b)", "ab", "${n}$2$1", "aba"),
        ("(a)", "a", "$12", "a2"),
        ("\\x41\\u0042", "AB", "-", "-"),
        ("[\\w-]+", "a-b c", "x", "x x"),
        ("(a)|b", "ab", "[$1]", "[a][]"),
        ("\\w++-", "ab-c- d", "x", "xx d"),
        ("(?:\\d++,){2}\\d++\\]", "1,22,3] 4,5]", "x", "x 4,5]"),
        (
            "\\$\\{(\\w++`){2,}\\w++\\}",
            "${a`b`c} ${a`b}",
            "x",
            "x ${a`b}",
        ),
    ];
    for (pattern, text, replacement, expected) in table {
        let regex = Regex::new(pattern, Dialect::Java).unwrap();
        let found = regex.replace_all(text, replacement);
        assert_eq!(found.as_deref(), Some(expected), "{pattern} {text}");
    }
    for pattern in [
        "(?=a)", "(?<!a)b", "(?>a)", "a*+", "a++a", "\\w++A", "(?i)a++A", "a++b?", "a++(b)",
        "(ab)++c", "a++|b", "\\1(a)", "\\p{L}", "[a&&b]", "[a[b]]", "*", "(?x)a",
    ] {
        assert!(Regex::new(pattern, Dialect::Java).is_err(), "{pattern}");
    }
    let regex = Regex::new("a", Dialect::Java).unwrap();
    for replacement in ["$", "$2", "${x}", "\\", "$x"] {
        assert_eq!(regex.replace_all("a", replacement), None, "{replacement}");
    }
}

#[test]
fn hostile_patterns_and_texts_are_bounded() {
    // Nothing, however often.
    for pattern in ["(?:){1000}{1000}{1000}{1000}", "((?:){1000}){1000}"] {
        let regex = Regex::new(pattern, Dialect::Java);
        assert!(
            regex.is_ok_and(|regex| regex.matches_whole("")),
            "{pattern}"
        );
    }
    let long = "a".repeat(10_000);
    assert!(Regex::new(&long, Dialect::Java).is_err());
    let wide = format!("[{}]{{1000}}", "a-bd-e".repeat(1000));
    assert!(Regex::new(&wide, Dialect::Java).is_err());
    // Each search would go to the end of the text, and the next one begins a character on.
    let again = Regex::new("a(.*b)?", Dialect::Java).unwrap();
    assert_eq!(again.replace_all(&long, ""), None);
    let once = Regex::new("a", Dialect::Java).unwrap();
    assert_eq!(once.replace_all(&long, "").as_deref(), Some(""));
    let whole = Regex::new("^.*$", Dialect::Java).unwrap();
    assert_eq!(whole.replace_all(&long, &"$0".repeat(16_000)), None);
}

#[test]
fn regular_expressions_do_not_explode() {
    let regex = Regex::new("(a*)*(a*)*(a|aa)+b", Dialect::Java).unwrap();
    let text: Vec<char> = "a".repeat(300).chars().collect();
    assert_eq!(regex.find(&text, 0), None);
    assert!(Regex::new("((a{100}){100}){100}", Dialect::Java).is_err());
    assert!(Regex::new(&"(".repeat(100_000), Dialect::Java).is_err());
    assert!(Regex::new(&format!("a{}", "?".repeat(5000)), Dialect::Lucene).is_err());
}

#[test]
fn dissect() {
    let apply = |pattern: &str, text: &str| {
        Dissect::new(pattern, "-")
            .unwrap()
            .apply(text)
            .map(|found| {
                let found: Vec<String> = found
                    .iter()
                    .map(|(name, text)| format!("{name}={text}"))
                    .collect();
                found.join(" ")
            })
    };
    let table = [
        ("%{a} %{b}", "x y z", Some("a=x b=y z")),
        ("%{a} %{b}", "x", None),
        ("[%{a}]", "[x]", Some("a=x")),
        ("[%{a}]", "x]", None),
        ("%{a->} %{b}", "x   y", Some("a=x b=y")),
        ("%{a} %{b} %{c}", "x  y", Some("a=x b= c=y")),
        ("%{} %{b}", "x y", Some("b=y")),
        ("%{?skip} %{b}", "x y", Some("b=y")),
        ("%{+a} %{b} %{+a}", "1 2 3", Some("a=1-3 b=2")),
        ("%{+a/2} %{+a/1}", "1 2", Some("a=2-1")),
        ("%{a}: ", "x: y", Some("a=x")),
        ("%{a}: ", "x", None),
        ("%{a} %{b}", "x ", Some("a=x b=")),
        ("%{a},%{b}:%{c}", "x,,y", Some("a=x b= c=y")),
        ("%{a},%{b},%{c},%{d}", "foo,,,", Some("a=foo b= c= d=")),
        ("[%{a}", "[", None),
        ("%{a}", "", None),
        ("%{a}ü%{b}", "1ü2", Some("a=1 b=2")),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(
            apply(pattern, text).as_deref(),
            expected,
            "{pattern} on {text}"
        );
    }
    for pattern in [
        "abc",
        "%{a",
        "%{a}%{b}",
        "%{*a} %{&a}",
        "%{}",
        "%{+a/x} %{b}",
    ] {
        assert!(Dissect::new(pattern, "").is_err(), "{pattern}");
    }
}

#[test]
fn grok() {
    let apply = |pattern: &str, text: &str| {
        Grok::new(pattern).unwrap().apply(text).map(|found| {
            let found: Vec<String> = found
                .iter()
                .map(|(name, _, text)| format!("{name}={text}"))
                .collect();
            found.join(" ")
        })
    };
    let table = [
        ("%{WORD:a}", "  x y", Some("a=x")),
        ("%{DATA:a},", "x,y,", Some("a=x")),
        ("%{GREEDYDATA:a},", "x,y,z", Some("a=x,y")),
        ("id=(?<u.id>[0-9]+)", "an id=12", Some("u.id=12")),
        ("(?:%{WORD:a}:)?%{INT:b}", "-7", Some("b=-7")),
        ("%{WORD:a} %{WORD:a}", "x y", Some("a=x a=y")),
        ("(?im)^A$", "b\na", Some("")),
        ("%{URIPROTO:p}://", "see https://x", Some("p=https")),
        (
            "%{UUID:u}",
            "7d444840-9dc0-11d1-b245-5ffdce74fad2",
            Some("u=7d444840-9dc0-11d1-b245-5ffdce74fad2"),
        ),
        ("%{POSINT:n}", "0 07 5", Some("n=5")),
        ("x", "y", None),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(
            apply(pattern, text).as_deref(),
            expected,
            "{pattern} on {text}"
        );
    }
    assert_eq!(
        Grok::new("%{IPORHOST:a}"),
        Err(Refusal::Pattern("IPORHOST".to_owned()))
    );
    for pattern in ["%{WORD:a", "%{INT:a:point}", "(?<a", "(?=a)"] {
        assert!(
            matches!(Grok::new(pattern), Err(Refusal::Expression(_))),
            "{pattern}"
        );
    }
}

#[test]
fn networks() {
    let inside = |network: &str, address: &str| {
        Network::parse(network)
            .unwrap()
            .contains(address::parse(address).unwrap())
    };
    assert!(inside("10.0.0.0/8", "10.255.0.1"));
    assert!(!inside("10.0.0.0/8", "11.0.0.1"));
    assert!(inside("0.0.0.0/0", "1.2.3.4"));
    assert!(!inside("0.0.0.0/0", "2001:db8::1"));
    assert!(inside("::/0", "1.2.3.4"));
    assert!(inside("10.1.2.3/8", "10.0.0.0"));
    assert!(inside("::1", "::1"));
    for bad in [
        "10.0.0.0/33",
        "::/129",
        "x/8",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "",
        "10.0.0",
    ] {
        assert_eq!(Network::parse(bad), None, "{bad}");
    }
    assert_eq!(
        address::render(address::parse("::ffff:1.2.3.4").unwrap()),
        "1.2.3.4"
    );
}

#[test]
fn times() {
    let table = [
        ("1970-01-01", Some(0)),
        ("1970", Some(0)),
        ("1970-02", Some(31 * time::DAY)),
        ("1969-12-31T23:59:59.999Z", Some(-1)),
        ("2024-02-29T00:00:00Z", Some(1_709_164_800_000)),
        ("1970-01-01T00:00:00.1239", Some(123)),
        ("1970-01-01T00:00:00,5", Some(500)),
        ("1970-01-01T01:00+01:00", Some(0)),
        ("1970-01-01T01+0100", Some(0)),
        ("1970-01-01T", Some(0)),
        ("2023-02-29", None),
        ("2024-13-01", None),
        ("1970-01-01T24:00", None),
        ("1970-01-01 00:00", None),
        ("1970-1-1", None),
        ("1970-01-01T00:00:00.", None),
        ("x", None),
    ];
    for (text, expected) in table {
        assert_eq!(time::parse(text), expected, "{text}");
    }
    let mut at = time::parse("1896-02-28").unwrap();
    let mut days = 0;
    while days < 80_000 {
        let text = time::render(at);
        assert_eq!(time::parse(&text), Some(at), "{text}");
        at += time::DAY;
        days += 1;
    }
    assert_eq!(time::render(at), "2115-03-12T00:00:00.000Z");
}

#[test]
fn json() {
    for text in [
        "",
        "{",
        "[1,]",
        "{\"a\" 1}",
        "nul",
        "\"\u{1}\"",
        "1 2",
        "-",
        "\"\\x\"",
    ] {
        assert_eq!(Json::parse(text), None, "{text}");
    }
    assert!(Json::parse(&"[".repeat(100_000)).is_none());
    let value = Json::parse(r#" {"a": "\ud83d\ude00\ud83d", "b" : [ 1 , {} ] } "#).unwrap();
    assert_eq!(value.get("a").unwrap().raw(), r#""\ud83d\ude00\ud83d""#);
    let text = crate::evaluate::json::JsonNode::Text("\u{1f600}\u{fffd}".to_owned());
    assert_eq!(value.get("a").unwrap().node, text);
    assert_eq!(value.get("b").unwrap().raw(), "[ 1 , {} ]");
}
