//! Bar charts, drawn with rectangles, lines and text. What they show also stands in a table
//! beside them.

use std::fmt::Write as _;

use super::html::Html;

/// Size of a chart, in units of its own.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 230.0;
/// Where the bars stand.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 700.0;
/// Room for labels of lines, right of the bars.
const LABELS: f64 = 104.0;
const TOP: f64 = 36.0;
/// Where what stands above the bars does.
const ABOVE: &str = "20";
const BOTTOM: f64 = 196.0;
/// Room for what the heights are, above the bars.
const UNIT: f64 = 300.0;
/// Least distance of two labels.
const APART: f64 = 13.0;

/// One bar.
#[derive(Debug)]
pub(super) struct Bar {
    /// Its whole height.
    pub(super) whole: f64,
    /// How much of it is drawn in the other colour, from the ground up.
    pub(super) part: f64,
    /// What stands under it, if anything.
    pub(super) label: Option<String>,
    /// All of it in words.
    pub(super) title: String,
    /// Whether it is the one that it is about.
    pub(super) marked: bool,
}

/// A line across the bars.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) at: f64,
    pub(super) label: String,
    /// Whether it is about the part, not the whole.
    pub(super) of_part: bool,
}

/// Draws a chart; `name` says what it shows, `unit` what its heights are.
pub(super) fn chart(html: &mut Html, name: &str, unit: &str, bars: &[Bar], lines: &[Line]) {
    let heights = bars.iter().map(|bar| bar.whole.max(bar.part));
    let most = heights.chain(lines.iter().map(|line| line.at));
    let top = ceiling(most.map(sane).fold(1.0, f64::max));
    let y = |value: f64| BOTTOM - sane(value).min(top) / top * (BOTTOM - TOP);
    let right = RIGHT - if lines.is_empty() { 0.0 } else { LABELS };
    html.open(
        "svg",
        &[
            ("viewBox", &format!("0 0 {WIDTH} {HEIGHT}")),
            ("role", "img"),
            ("aria-label", name),
        ],
    );
    for (share, class) in [(0.0, "axis"), (0.5, "grid"), (1.0, "grid")] {
        rule(html, class, right, y(top * share));
        let at = [
            ("class", "tick end"),
            ("x", &px(LEFT - 6.0)),
            ("y", &px(y(top * share) + 4.0)),
        ];
        html.element("text", &at, &super::text::figure(top * share));
    }
    html.element("text", &[("class", "tick"), ("x", "0"), ("y", ABOVE)], unit);
    let step = (right - LEFT) / (bars.len().max(1) as f64);
    named(html, bars, step);
    let mut labels = 0;
    for (at, bar) in (0..).map(f64::from).zip(bars) {
        draw(html, bar, LEFT + at * step, step, labels % 2 == 1, y);
        labels += u32::from(bar.label.is_some());
    }
    let mut taken = f64::INFINITY;
    let mut sorted: Vec<&Line> = lines.iter().collect();
    sorted.sort_by(|one, other| one.at.total_cmp(&other.at));
    for line in sorted {
        let class = if line.of_part { "least part" } else { "least" };
        rule(html, class, right, y(line.at));
        let label = (y(line.at) + 4.0).min(taken - APART);
        taken = label;
        let place = [
            ("class", "limit"),
            ("x", &px(right + 6.0)),
            ("y", &px(label)),
        ];
        html.element("text", &place, &line.label);
    }
    html.close("svg");
}

/// Names the one bar that it is about, where the unit leaves room; several go by their colour.
fn named(html: &mut Html, bars: &[Bar], step: f64) {
    let mut marked = (0..).map(f64::from).zip(bars).filter(|(_, bar)| bar.marked);
    if let (Some((at, _)), None) = (marked.next(), marked.next()) {
        let middle = LEFT + (at + 0.5) * step;
        let place = [("class", "limit middle"), ("x", &*px(middle)), ("y", ABOVE)];
        if middle > UNIT {
            html.element("text", &place, "alert");
        }
    }
}

/// A line from side to side.
fn rule(html: &mut Html, class: &str, right: f64, y: f64) {
    let ends = [
        ("class", class),
        ("x1", &px(LEFT)),
        ("x2", &px(right)),
        ("y1", &px(y)),
        ("y2", &px(y)),
    ];
    html.open("line", &ends).close("line");
}

/// Of the labels, every other one is left out where there is little room.
fn draw(html: &mut Html, bar: &Bar, left: f64, step: f64, odd: bool, y: impl Fn(f64) -> f64) {
    html.raw("<g>");
    html.element("title", &[], &bar.title);
    let mut rect = |class: &str, from: f64, to: f64, left: f64, width: f64| {
        let (low, high) = (from.max(to), from.min(to));
        let shape = [
            ("class", class),
            ("x", &px(left)),
            ("y", &px(high)),
            ("width", &px(width)),
            ("height", &px(low - high)),
        ];
        html.open("rect", &shape).close("rect");
    };
    if bar.marked {
        rect("mark", BOTTOM, TOP - 10.0, left, step);
    }
    let (inset, width) = (left + step * 0.15, step * 0.7);
    let part = bar.part.min(bar.whole);
    if sane(bar.whole) > sane(part) {
        rect("rest", y(part), y(bar.whole), inset, width);
    }
    if sane(part) > 0.0 {
        rect("part", BOTTOM, y(part), inset, width);
    }
    let middle = left + step / 2.0;
    if let Some(label) = &bar.label {
        let place = [
            (
                "class",
                if odd {
                    "tick middle odd"
                } else {
                    "tick middle"
                },
            ),
            ("x", &px(middle)),
            ("y", &px(BOTTOM + 18.0)),
        ];
        html.element("text", &place, label);
    }
    html.raw("</g>");
}

/// A figure that can be drawn: the component's word may be anything.
fn sane(value: f64) -> f64 {
    if value.is_finite() {
        value.clamp(0.0, 1e15)
    } else {
        0.0
    }
}

/// The next number of the kind 1, 2, 4, 6, 8 or 10 times a power of ten.
fn ceiling(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0];
    let fitting = steps.into_iter().map(|step| step * power);
    fitting
        .into_iter()
        .find(|step| *step >= value)
        .unwrap_or(value)
        .max(2.0)
}

/// A length with one decimal, so that the same figures give the same text.
fn px(value: f64) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write!(text, "{value:.1}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_holds_all_and_ends_at_a_round_number() {
        for (most, top) in [
            (1.0, 2.0),
            (2.0, 2.0),
            (21.0, 40.0),
            (47.0, 60.0),
            (1000.0, 1000.0),
        ] {
            assert!(
                (ceiling(most) - top).abs() < 1e-9,
                "{most}: {}",
                ceiling(most)
            );
        }
    }

    #[test]
    fn figures_that_are_none_are_drawn_as_nothing() {
        let mut html = Html::default();
        let bar = |whole: f64, part: f64| Bar {
            whole,
            part,
            label: None,
            title: "</title>".to_owned(),
            marked: false,
        };
        let bars = [
            bar(f64::NAN, -1.0),
            bar(f64::INFINITY, 1e300),
            bar(4.0, 9.0),
        ];
        chart(&mut html, "it", "calls", &bars, &[]);
        let text = html.into_text();
        assert!(
            !text.contains("NaN") && !text.contains("inf") && !text.contains("\"-"),
            "{text}"
        );
        assert!(text.contains("&lt;/title&gt;"), "{text}");
    }
}
