//! The chart over time of the groups that have alerts.

use maud::{Markup, Render, html};

use super::alerts::Alerts;
use super::bins::{Bins, length};
use super::chart::{Bar, chart, swatches, with_figures};
use super::figures::{figure, many};
use super::labels::{in_text, label};
use super::markup::{Table, readable};
use super::second_pass::RuleContext;
use super::series::drawn;
use weir_host::contract::Rule;

/// Labels under the bars.
const LABELS: usize = 6;

/// The figures of one bin.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    whole: f64,
    part: f64,
    alerts: u64,
}

/// A chart of the drawn columns, and its figures in a table. Without a ledger the alerts are drawn.
pub(super) fn over_time(rule: &Rule, alerts: &Alerts, context: &RuleContext) -> Markup {
    let drawn = match context.series.is_empty() {
        true => (None, None),
        false => drawn(rule),
    };
    let title = match drawn.0 {
        Some(whole) => format!("{} of these groups over time", label(rule, whole)),
        None => "Alerts over time".to_owned(),
    };
    let name = |column: Option<&str>| column.map(|column| in_text(rule, column));
    let (whole, part) = (name(drawn.0), name(drawn.1));
    let (bins, sums) = sums(alerts, context);
    let every = bins.count.div_ceil(LABELS).max(1);
    let words = |name: &Option<String>, value: f64| {
        let name = name.as_ref();
        name.map_or_else(String::new, |name| format!("{} {name}, ", figure(value)))
    };
    let bars = sums.iter().enumerate().map(|(at, sum)| Bar {
        whole: whole.as_ref().map_or(sum.alerts as f64, |_| sum.whole),
        part: sum.part,
        label: (at % every == every / 2).then(|| bins.label(at)),
        title: format!(
            "{}: {}{}{}",
            readable(&bins.at(at)),
            words(&whole, sum.whole),
            words(&part, sum.part),
            many(sum.alerts, "alert", "alerts")
        ),
        marked: whole.is_some() && sum.alerts > 0,
    });
    let width = length(bins.width);
    let unit = format!("{} in {width}", whole.as_deref().unwrap_or("alerts"));
    let chart = chart(&title, &unit, &bars.collect::<Vec<_>>(), &[]);
    let caption = html! {
        @if let Some(whole) = &whole {
            (swatches(whole, part.as_deref()))
            span.swatch.mark {} " with an alert. "
        }
        "A bar is " (width) "; times are UTC."
        @if context.series.overflowed {
            " There are more windows than are told apart here: it shows a part."
        }
    };
    let filled = sums.iter().enumerate();
    let filled = filled.filter(|(_, sum)| sum.alerts > 0 || sum.whole != 0.0);
    let table = Table::plain(title, filled)
        .text("From (UTC)", |(at, _)| readable(&bins.at(*at)))
        .each(&whole, |table, name| {
            table.figure(name, |(_, sum)| figure(sum.whole))
        })
        .each(&part, |table, name| {
            table.figure(name, |(_, sum)| figure(sum.part))
        })
        .number("Alerts", |(_, sum)| sum.alerts);
    html! {
        h3 { "Over time" }
        (with_figures(chart, caption, table.render()))
    }
}

/// The bins of all windows and alerts, and the figures of each.
fn sums(alerts: &Alerts, context: &RuleContext) -> (Bins, Vec<Sum>) {
    let starts = alerts.starts();
    let window = alerts.listed().next().map(|alert| alert.window);
    let window = window.map_or(0, |window| window.end.saturating_sub(window.start));
    let series = context.series.iter();
    let moments = series.clone().map(|(start, ..)| start);
    let moments = moments.chain(starts.iter().copied());
    let (first, last) = (moments.clone().min(), moments.max());
    let bins = Bins::new(first.unwrap_or(0), last.unwrap_or(0), window);
    let mut sums = vec![Sum::default(); bins.count];
    let alerts = starts.iter().map(|start| (*start, 0.0, 0.0, 1));
    let windows = series.map(|(start, whole, part)| (start, whole, part, 0));
    for (start, whole, part, alerts) in windows.chain(alerts) {
        if let Some(sum) = bins.index(start).and_then(|at| sums.get_mut(at)) {
            sum.whole += whole;
            sum.part += part;
            sum.alerts += alerts;
        }
    }
    (bins, sums)
}
