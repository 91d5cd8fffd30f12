//! The reason of an alert as a sentence.

use crate::format::DOCUMENT;
use weir_detector::facts::ColumnId;
use weir_detector::judgement::Judgement;
use weir_detector::model::Value;
use weir_detector::schema::ColumnKind;
use weir_detector::text;
use weir_detector::view::AlertView;

/// Most values of columns that the sentence names.
const MOST: usize = 4;
/// Longest value in it, in characters.
const LONGEST: usize = 80;

/// The reason: the rule's name, how many events, and what they have in common.
pub(crate) fn sentence(view: &AlertView) -> String {
    let definition = view.definition();
    let mut about: Vec<String> = Vec::new();
    for (at, part) in definition.key.iter().enumerate() {
        if part.name == DOCUMENT {
            continue;
        }
        let value = view
            .text(at)
            .or(view.integer(at).map(|number| number.to_string()));
        about.push(format!(
            "{} {}",
            part.name,
            shortened(value.as_deref().unwrap_or("(none)"))
        ));
    }
    for (at, column) in { (0..).zip(&definition.columns) }.take(usize::from(ColumnId::MAX)) {
        if about.len() >= MOST || column.kind != ColumnKind::Values {
            continue;
        }
        if let Some(Value::TextList(texts)) = view.value(at)
            && let [text] = &texts[..]
        {
            about.push(format!("{} {}", column.name, shortened(text)));
        }
    }
    let window = view.window();
    let count = { definition.columns.iter() }
        .position(|column| column.kind == ColumnKind::Count)
        .and_then(|at| ColumnId::try_from(at).ok())
        .map(|at| view.number(at));
    let name = definition.info.name;
    let events = match (definition.judgement, count) {
        (Judgement::FirstSeen { .. }, _) => ": seen for the first time".to_owned(),
        (_, Some(count)) => {
            let span = text::duration(window.end - window.start);
            format!(
                ": {count} {} in {span}",
                if count == 1 { "event" } else { "events" }
            )
        }
        _ => String::new(),
    };
    match about.is_empty() {
        true => format!("{name}{events}"),
        false => format!("{name}{events}: {}", about.join(", ")),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
