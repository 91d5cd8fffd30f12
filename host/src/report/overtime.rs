//! The events of the groups that alert, over time.

use super::alerts::Alerts;
use super::around::OfRule;
use super::bins::{Bins, length};
use super::chart::{Bar, chart};
use super::html::Html;
use super::labels::{in_text, label};
use super::page::readable;
use super::section::drawn;
use super::table::Table;
use super::text::{figure, grouped, many};
use crate::contract::Rule;

/// Labels under the bars.
const LABELS: usize = 6;

/// What is in one stretch of time.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    whole: f64,
    part: f64,
    alerts: u64,
}

/// A chart and the same in a table. Of a rule without a ledger the alerts are all there is to draw.
pub(super) fn over_time(html: &mut Html, rule: &Rule, alerts: &Alerts, around: &OfRule) {
    let (whole, part) = match around.series.is_empty() {
        true => (None, None),
        false => drawn(rule),
    };
    let starts = alerts.starts();
    let window = alerts.listed().next().map(|alert| alert.window);
    let window = window.map_or(0, |window| window.end.saturating_sub(window.start));
    let moments = around.series.iter().map(|(start, ..)| start);
    let moments = || moments.clone().chain(starts.iter().copied());
    let (first, last) = (moments().min(), moments().max());
    let bins = Bins::new(first.unwrap_or(0), last.unwrap_or(0), window);
    let mut sums = vec![Sum::default(); bins.count];
    for (start, whole, part) in around.series.iter() {
        if let Some(sum) = bins.index(start).and_then(|at| sums.get_mut(at)) {
            sum.whole += whole;
            sum.part += part;
        }
    }
    for start in &starts {
        if let Some(sum) = bins.index(*start).and_then(|at| sums.get_mut(at)) {
            sum.alerts += 1;
        }
    }
    let name = match whole {
        Some(whole) => format!("{} of these groups over time", label(rule, whole)),
        None => "Alerts over time".to_owned(),
    };
    html.raw("<h3>Over time</h3><figure>");
    draw(html, rule, &name, (whole, part), &bins, &sums);
    html.raw("<figcaption>");
    caption(html, rule, (whole, part), &bins);
    if around.series.overflowed {
        html.raw(" There are more windows than are told apart here: it shows a part.");
    }
    html.raw("</figcaption><details><summary>The figures of this chart</summary>");
    table(html, rule, &name, (whole, part), &bins, &sums);
    html.raw("</details></figure>");
}

fn draw(
    html: &mut Html,
    rule: &Rule,
    name: &str,
    (whole, part): (Option<&str>, Option<&str>),
    bins: &Bins,
    sums: &[Sum],
) {
    let every = bins.count.div_ceil(LABELS).max(1);
    let bars = sums.iter().enumerate().map(|(at, sum)| {
        let of = |name: Option<&str>, value: f64| {
            name.map_or_else(String::new, |name| {
                format!("{} {}, ", figure(value), in_text(rule, name))
            })
        };
        let figures = of(whole, sum.whole) + &of(part, sum.part);
        Bar {
            whole: whole.map_or(sum.alerts as f64, |_| sum.whole),
            part: sum.part,
            label: (at % every == every / 2).then(|| bins.label(at)),
            title: format!(
                "{}: {figures}{}",
                readable(&bins.at(at)),
                many(sum.alerts, "alert", "alerts")
            ),
            marked: whole.is_some() && sum.alerts > 0,
        }
    });
    let unit = format!(
        "{} in {}",
        whole.map_or_else(|| "alerts".to_owned(), |whole| in_text(rule, whole)),
        length(bins.width)
    );
    chart(html, name, &unit, &bars.collect::<Vec<_>>(), &[]);
}

fn caption(html: &mut Html, rule: &Rule, (whole, part): (Option<&str>, Option<&str>), bins: &Bins) {
    if let Some(whole) = whole {
        super::timeline::swatches(html, rule, whole, part);
        html.raw("<span class=\"swatch mark\"></span> with an alert. ");
    }
    html.text(&format!("A bar is {}; times are UTC.", length(bins.width)));
}

fn table(
    html: &mut Html,
    rule: &Rule,
    name: &str,
    (whole, part): (Option<&str>, Option<&str>),
    bins: &Bins,
    sums: &[Sum],
) {
    let drawn = [whole, part].into_iter().flatten();
    let names: Vec<String> = drawn.map(|name| in_text(rule, name)).collect();
    let mut heads = vec!["From (UTC)"];
    heads.extend(names.iter().map(String::as_str));
    heads.push("Alerts");
    let mut table = Table::new(html, name, &heads, false);
    for (at, sum) in sums.iter().enumerate() {
        if sum.alerts == 0 && sum.whole == 0.0 {
            continue;
        }
        table.row(|html| {
            html.text(&readable(&bins.at(at)));
        });
        if whole.is_some() {
            table.figure(&figure(sum.whole));
        }
        if part.is_some() {
            table.figure(&figure(sum.part));
        }
        table.figure(&grouped(sum.alerts));
    }
    table.end();
}
