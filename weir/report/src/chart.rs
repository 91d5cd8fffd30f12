//! Bar charts in SVG, each beside a table of its figures.

use maud::{Markup, html};

use super::figures::figure;

/// Size of a chart, in units of its own.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 230.0;
/// Sides of the bars.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 700.0;
/// Room for labels of lines, right of the bars.
const LABELS: f64 = 104.0;
/// Upper and lower end of the bars.
const TOP: f64 = 36.0;
const BOTTOM: f64 = 196.0;
/// Height of the texts above the bars.
const ABOVE: &str = "20";
/// Room for the unit, above the bars.
const UNIT: f64 = 300.0;
/// Least distance of two labels.
const APART: f64 = 13.0;

/// One bar.
#[derive(Debug)]
pub(super) struct Bar {
    /// Its whole height.
    pub(super) whole: f64,
    /// Its height in the other colour, from the ground up.
    pub(super) part: f64,
    /// The text under it, if any.
    pub(super) label: Option<String>,
    /// All of its figures in words.
    pub(super) title: String,
    /// Whether an alert is in it.
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

/// A chart with a caption and, folded away, its figures in a table.
pub(super) fn with_figures(chart: Markup, caption: Markup, table: Markup) -> Markup {
    html! {
        figure {
            (chart)
            figcaption { (caption) }
            details { summary { "The figures of this chart" } (table) }
        }
    }
}

/// A legend of the colours of bars: the part, where there is one, and the whole.
pub(super) fn swatches(whole: &str, part: Option<&str>) -> Markup {
    html! {
        @if let Some(part) = part {
            span.swatch.part {} " " (part) ", " span.swatch.rest {} " the rest of "
        } @else {
            span.swatch.rest {} " "
        }
        (whole) ". "
    }
}

/// A chart. `name` says what it shows, `unit` what the heights are.
pub(super) fn chart(name: &str, unit: &str, bars: &[Bar], lines: &[Line]) -> Markup {
    let heights = bars.iter().map(|bar| bar.whole.max(bar.part));
    let most = heights.chain(lines.iter().map(|line| line.at));
    let top = ceiling(most.map(sane).fold(1.0, f64::max));
    let y = |value: f64| BOTTOM - sane(value).min(top) / top * (BOTTOM - TOP);
    let right = RIGHT - if lines.is_empty() { 0.0 } else { LABELS };
    let step = (right - LEFT) / (bars.len().max(1) as f64);
    // The only marked bar is named, where the unit leaves room. Several go by their colour.
    let mut marked = bars.iter().enumerate().filter(|(_, bar)| bar.marked);
    let alert = match (marked.next(), marked.next()) {
        (Some((at, _)), None) => Some(LEFT + (at as f64 + 0.5) * step),
        _ => None,
    };
    let odd = bars.iter().scan(0, |labels, bar| {
        let before = *labels;
        *labels += usize::from(bar.label.is_some());
        Some(before % 2 == 1)
    });
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(name) {
            @for (share, class) in [(0.0, "axis"), (0.5, "grid"), (1.0, "grid")] {
                @let height = y(top * share);
                (rule(class, right, height))
                text.tick.end x=(px(LEFT - 6.0)) y=(px(height + 4.0)) { (figure(top * share)) }
            }
            text.tick x="0" y=(ABOVE) { (unit) }
            @if let Some(middle) = alert.filter(|middle| *middle > UNIT) {
                text.limit.middle x=(px(middle)) y=(ABOVE) { "alert" }
            }
            @for (at, (bar, odd)) in bars.iter().zip(odd).enumerate() {
                (draw(bar, LEFT + at as f64 * step, step, odd, y))
            }
            (limits(lines, right, y))
        }
    }
}

/// Lines with their labels, which are moved apart.
fn limits(lines: &[Line], right: f64, y: impl Fn(f64) -> f64) -> Markup {
    let mut sorted: Vec<&Line> = lines.iter().collect();
    sorted.sort_by(|one, other| one.at.total_cmp(&other.at));
    let mut last = f64::INFINITY;
    let placed = sorted.into_iter().map(|line| {
        last = (y(line.at) + 4.0).min(last - APART);
        (line, last)
    });
    html! {
        @for (line, label) in placed {
            (rule(if line.of_part { "least part" } else { "least" }, right, y(line.at)))
            text.limit x=(px(right + 6.0)) y=(px(label)) { (line.label) }
        }
    }
}

/// A line from side to side.
fn rule(class: &str, right: f64, y: f64) -> Markup {
    let y = px(y);
    html! { line class=(class) x1=(px(LEFT)) x2=(px(right)) y1=(y) y2=(y) {} }
}

/// A bar with its label. Odd labels are left out on narrow screens.
fn draw(bar: &Bar, left: f64, step: f64, odd: bool, y: impl Fn(f64) -> f64) -> Markup {
    let part = bar.part.min(bar.whole);
    let (inset, width) = (left + step * 0.15, step * 0.7);
    html! {
        g {
            title { (bar.title) }
            @if bar.marked { (rect("mark", (BOTTOM, TOP - 10.0), left, step)) }
            @if sane(bar.whole) > sane(part) {
                (rect("rest", (y(part), y(bar.whole)), inset, width))
            }
            @if sane(part) > 0.0 { (rect("part", (BOTTOM, y(part)), inset, width)) }
            @if let Some(label) = &bar.label {
                @let class = if odd { "tick middle odd" } else { "tick middle" };
                text class=(class) x=(px(left + step / 2.0)) y=(px(BOTTOM + 18.0)) { (label) }
            }
        }
    }
}

/// A rectangle between two heights.
fn rect(class: &str, (from, to): (f64, f64), left: f64, width: f64) -> Markup {
    let (low, high) = (from.max(to), from.min(to));
    html! {
        rect class=(class) x=(px(left)) y=(px(high)) width=(px(width)) height=(px(low - high)) {}
    }
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
    let mut steps = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        .map(|step| step * power)
        .into_iter();
    steps.find(|step| *step >= value).unwrap_or(value).max(2.0)
}

/// A length with one decimal, so that equal figures give equal text.
fn px(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_holds_all_and_ends_at_a_round_number() {
        let tops = [
            (1.0, 2.0),
            (2.0, 2.0),
            (21.0, 40.0),
            (47.0, 60.0),
            (1000.0, 1000.0),
        ];
        for (most, top) in tops {
            let found = ceiling(most);
            assert!((found - top).abs() < 1e-9, "{most}: {found}");
        }
    }

    #[test]
    fn figures_that_are_none_are_drawn_as_nothing() {
        let bar = |whole: f64, part: f64| Bar {
            whole,
            part,
            label: None,
            title: "</title>".to_owned(),
            marked: false,
        };
        let bars = [(f64::NAN, -1.0), (f64::INFINITY, 1e300), (4.0, 9.0)];
        let bars = bars.map(|(whole, part)| bar(whole, part));
        let text = chart("it", "calls", &bars, &[]).into_string();
        for wrong in ["NaN", "inf", "\"-"] {
            assert!(!text.contains(wrong), "{text}");
        }
        assert!(text.contains("&lt;/title&gt;"), "{text}");
    }
}
