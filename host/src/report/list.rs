//! All alerts: when they were, and a row for each.

use super::alerts::{Alerts, Found};
use super::chart::{Bar, chart};
use super::html::Html;
use super::overview::{more, severity};
use super::page::{readable, time};
use super::table::Table;
use super::text::{Short, grouped, many, words};
use crate::contract::{KeyPart, Phase, Rule};
use crate::output::iso;

/// Widths of a bar in milliseconds: minutes, hours, days.
const WIDTHS: [i128; 19] = [
    60_000,
    120_000,
    300_000,
    600_000,
    900_000,
    1_800_000,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
    3650 * DAY,
];
const HOUR: i128 = 3_600_000;
const DAY: i128 = 24 * HOUR;
/// Most and fewest bars.
const MOST: i128 = 48;
const FEWEST: i128 = 12;
/// Labels under them.
const LABELS: i128 = 6;

/// The list, and a chart over time.
pub(super) fn alerts(html: &mut Html, rule: &Rule, alerts: &Alerts) {
    html.raw("<section aria-labelledby=\"alerts\"><h2 id=\"alerts\" tabindex=\"-1\">Alerts</h2>");
    if alerts.count() == 0 {
        html.raw("<p>There are none.</p></section>\n");
        return;
    }
    html.raw("<p>All of them are of severity <strong>");
    html.text(severity(rule.severity))
        .raw("</strong>, risk score ");
    html.text(&rule.risk_score.to_string()).raw(".</p>");
    over_time(html, rule, alerts);
    rows(html, rule, alerts);
    more(
        html,
        alerts.count(),
        alerts.listed().len(),
        "alerts, which are not listed",
    );
    html.raw("</section>\n");
}

/// How many alerts there are in each stretch of time.
#[derive(Debug, PartialEq, Eq)]
struct Bins {
    start: i128,
    width: i128,
    counts: Vec<u64>,
}

impl Bins {
    /// Of moments in ascending order, none narrower than so many milliseconds; times are the
    /// component's word and may be anything.
    fn of(starts: &[i64], least: i64) -> Self {
        let ends = [starts.first(), starts.last()];
        let [first, last] = ends.map(|end| end.map_or(0, |at| i128::from(*at)));
        let fits = |width: &i128| {
            *width >= least.into() && last.div_euclid(*width) - first.div_euclid(*width) < MOST
        };
        let width = WIDTHS.into_iter().find(fits);
        let width = width.unwrap_or((last - first) / (MOST - 1) + 1);
        let (mut from, to) = (first.div_euclid(width), last.div_euclid(width));
        let bars = (to - from + 1).clamp(FEWEST, MOST + 1);
        from -= (bars - (to - from + 1)) / 2;
        let mut counts = vec![0; usize::try_from(bars).unwrap_or(0)];
        for start in starts {
            let at = i128::from(*start).div_euclid(width) - from;
            if let Some(count) = usize::try_from(at).ok().and_then(|at| counts.get_mut(at)) {
                *count += 1;
            }
        }
        Self {
            start: from * width,
            width,
            counts,
        }
    }

    fn at(&self, bar: usize) -> String {
        let at = self.start + self.width * bar as i128;
        i64::try_from(at).map_or_else(|_| at.to_string(), iso)
    }

    /// A moment as it stands under a bar.
    fn label(&self, bar: usize) -> String {
        let iso = self.at(bar);
        let (day, clock) = (iso.get(5..10), iso.get(11..16));
        match (self.width < DAY, day, clock) {
            (true, Some(day), Some(clock)) => format!("{day} {clock}"),
            (false, Some(_), Some(_)) => iso.get(..10).unwrap_or(&iso).to_owned(),
            _ => iso,
        }
    }
}

fn over_time(html: &mut Html, rule: &Rule, alerts: &Alerts) {
    let window = alerts.listed().next().map(|alert| alert.window);
    let window = window.map_or(0, |window| window.end.saturating_sub(window.start));
    let bins = Bins::of(&alerts.starts(), window);
    let every = (bins.counts.len() as i128 / LABELS).max(1);
    let bars: Vec<Bar> = bins
        .counts
        .iter()
        .enumerate()
        .map(|(at, count)| Bar {
            whole: *count as f64,
            part: 0.0,
            label: (at as i128 % every == every / 2).then(|| bins.label(at)),
            title: format!(
                "{}: {}",
                readable(&bins.at(at)),
                many(*count, "alert", "alerts")
            ),
            marked: false,
        })
        .collect();
    let name = format!("Alerts of severity {} over time", severity(rule.severity));
    html.raw("<figure>");
    chart(html, &name, &bars, &[]);
    html.raw("<figcaption>");
    html.text(&format!(
        "{name}: a bar is {}, times are UTC",
        length(bins.width)
    ));
    html.raw("</figcaption><details><summary>The figures of this chart</summary>");
    let mut table = Table::new(html, &name, &["From", "Alerts"], false);
    for (at, count) in bins
        .counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
    {
        table.row(|html| {
            html.text(&readable(&bins.at(at)));
        });
        table.number(*count);
    }
    table.end();
    html.raw("</details></figure>");
}

/// A stretch of time in its largest whole unit.
fn length(ms: i128) -> String {
    let (number, one, several) = match ms {
        ms if ms % DAY == 0 => (ms / DAY, "day", "days"),
        ms if ms % HOUR == 0 => (ms / HOUR, "hour", "hours"),
        ms => (ms / 60_000, "minute", "minutes"),
    };
    many(u64::try_from(number).unwrap_or(u64::MAX), one, several)
}

fn rows(html: &mut Html, rule: &Rule, alerts: &Alerts) {
    let detailed = alerts.detailed().len();
    let figures: Vec<String> = rule.conditions.iter().map(|c| words(&c.column)).collect();
    let mut heads = vec!["Window", "Group"];
    heads.extend(figures.iter().map(String::as_str));
    heads.push("State");
    let mut table = Table::new(
        html,
        "All alerts, in the order of their windows",
        &heads,
        true,
    );
    for (at, alert) in alerts.listed().enumerate() {
        table.row(|html| {
            if at < detailed {
                html.open("a", &[("href", &format!("#{}", anchor(alert)))]);
                time(html, alert.window.start);
                html.raw("</a>");
            } else {
                time(html, alert.window.start);
            }
        });
        table.cell(|html| key(html, &alert.key));
        for condition in &rule.conditions {
            let mut columns = alert.columns.iter();
            let column = columns.find(|column| column.name == condition.column);
            let value = column.and_then(|column| column.values.first());
            table.figure(value.map_or("–", |value| value.text.as_str()));
        }
        table.cell(|html| {
            html.text(state(alert));
        });
    }
    table.end();
    if detailed < alerts.listed().len() {
        html.raw("<p class=\"note\">The first ");
        html.text(&grouped(detailed as u64));
        html.raw(" are shown in detail below; <code>--max-alerts</code> asks for more.</p>");
    }
}

/// The name of an alert's part of the page.
pub(super) fn anchor(alert: &Found) -> String {
    // The id was checked to be hexadecimal.
    format!("alert-{}", alert.id)
}

/// Whether a late event changed it, and whether its figures may fall short.
pub(super) fn state(alert: &Found) -> &'static str {
    match (alert.phase, alert.complete) {
        (Phase::Late, true) => "changed by late events",
        (Phase::Late, false) => "changed by late events, incomplete",
        (_, true) => "on time",
        (_, false) => "incomplete",
    }
}

/// A group.
pub(super) fn key(html: &mut Html, key: &[KeyPart]) {
    for (at, part) in key.iter().enumerate() {
        if at > 0 {
            html.raw(", ");
        }
        html.element("span", &[("class", "name")], &Short::value(&part.name).text);
        html.raw(" ");
        match &part.value {
            Some(value) => {
                let text = super::alerts::texts(value).join(", ");
                html.raw("<strong>")
                    .value(&Short::value(&text))
                    .raw("</strong>")
            }
            None => html.raw("<em>none</em>"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alert_is_in_one_bar_whatever_the_times() {
        for starts in [
            vec![0],
            vec![-1, 0],
            vec![0, 3_600_000, 7_200_000 * 20],
            vec![i64::MIN, 0, i64::MAX],
        ] {
            let bins = Bins::of(&starts, 120_000);
            assert_eq!(
                bins.counts.iter().sum::<u64>(),
                starts.len() as u64,
                "{bins:?}"
            );
            let bars = bins.counts.len() as i128;
            assert!((FEWEST..=MOST + 1).contains(&bars), "{bins:?}");
            bins.at(0);
            bins.label(bins.counts.len() - 1);
        }
    }
}
