"""Weir beside its peers on the same files, and what any program would need for them."""

import json
import subprocess
import statistics

import contestants
import measure
from report import count, megabytes, ratio, seconds

SHAPES = ("event-hub", "ecs", "log-analytics")
# Of the mixed file: 95 % records of another data set.
OTHERS = 95

COLUMNS = (
    "",
    "wall s",
    "CPU s",
    "wall to Weir's on as many threads",
    "CPU to Weir's on as many threads",
    "events/s",
    "MB/s",
    "peak MB",
)


def shapes(report, inputs, everyone, bench, events, rounds):
    """The same number of events in each shape."""
    for shape in SHAPES:
        file = inputs.file(events, shape)
        one(report, everyone, bench, file, shape, shape, events, rounds)


def others(report, inputs, everyone, bench, events, rounds):
    """As many records, of which only a twentieth is the rule's."""
    file = inputs.file(events * (100 - OTHERS) // 100, "event-hub", others=OTHERS)
    name = f"event-hub, {OTHERS} % of another data set"
    one(report, everyone, bench, file, "event-hub", name, events, rounds)


def one(report, everyone, bench, file, shape, name, events, rounds):
    """One file: times of runs whose rows are equal."""
    size = file.stat().st_size
    timed = contestants.timed(everyone, rounds, file, shape)
    taken, alerts = timed.taken, timed.alerts
    taken |= measure.interleaved(rounds, [("newlines", lambda: measure.run([bench, "newline", file]))])
    copy = statistics.median(copied(bench, file) for _ in range(rounds))
    raw = {label: [t.as_json() for t in all_of] for label, all_of in taken.items()}
    report.keep(f"compare {name}", {"bytes": size, "events": events, "alerts": alerts, "copy": copy, "taken": raw})
    what = f"{name}: {count(events)} records, {megabytes(size)} MB"
    report.heading(f"{what}; the same {alerts} alerts from all; medians of {rounds} rounds")
    medians = {label: measure.median(all_of) for label, all_of in taken.items()}
    rows = []
    for contestant in everyone:
        base = medians[next(c.label for c in everyone if c.threads == contestant.threads)]
        rows.append(figures(contestant.label, medians[contestant.label], base, events, size))
    rows.append(figures("newlines counted", medians["newlines"], medians[everyone[0].label], events, size)[:-1] + [""])
    rows.append(["bytes copied in memory", seconds(copy), "", "", "", count(events / copy), megabytes(size / copy), ""])
    report.table(COLUMNS, rows)


def figures(label, taken, base, events, size):
    return [
        label,
        seconds(taken.wall),
        seconds(taken.cpu),
        ratio(taken.wall / base.wall),
        ratio(taken.cpu / base.cpu),
        count(events / taken.wall),
        megabytes(size / taken.wall),
        megabytes(taken.rss),
    ]


def copied(bench, file):
    """Seconds for one copy of the file's bytes."""
    answer = subprocess.run([bench, "copy", file], stdout=subprocess.PIPE, check=True)
    return json.loads(answer.stdout)["seconds"]
