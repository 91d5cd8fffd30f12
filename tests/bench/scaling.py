"""How the throughput goes with the size of the input and with the number of groups."""

import contestants
import measure
from report import count, megabytes, seconds

USERS = (100, 1_000, 10_000, 100_000, 1_000_000)


def sizes(report, inputs, everyone, largest, rounds):
    """10^4, 10^5, ... events up to `largest`, one thread each; the points of the plot."""
    everyone = [c for c in everyone if c.threads == 1]
    points, rows = {c.name: [] for c in everyone}, []
    events = 10_000
    while events <= largest:
        file = inputs.file(events)
        size = file.stat().st_size
        taken = contestants.timed(everyone, rounds, file, "event-hub").taken
        row = [count(events), megabytes(size)]
        for contestant in everyone:
            middle = measure.median(taken[contestant.label])
            points[contestant.name].append({"events": events, "bytes": size, **middle.as_json()})
            row.append(f"{count(events / middle.wall)} ({megabytes(middle.rss)} MB)")
        rows.append(row)
        if events > 1_000_000:
            file.unlink()  # 13 GB and more
        events *= 10
    report.keep("sizes", points)
    report.heading(
        f"Input size: Event Hub records, one thread, events/s (peak memory); medians of {rounds} rounds"
    )
    report.table(["events", "MB", *(c.name for c in everyone)], rows)


def groups(report, inputs, everyone, events, rounds):
    """The same number of calls by ever more users: Weir on one thread and on two."""
    ours = [c for c in everyone if c.name == "Weir"]
    rows, raw = [], []
    for users in USERS:
        file = inputs.file(events, users=users)
        taken = contestants.timed(ours, rounds, file, "event-hub").taken
        row = [count(users)]
        for contestant in ours:
            middle = measure.median(taken[contestant.label])
            raw.append({"users": users, "threads": contestant.threads, **middle.as_json()})
            row += [count(events / middle.wall), seconds(middle.cpu), megabytes(middle.rss)]
        rows.append(row)
        file.unlink()
    report.keep("groups", raw)
    report.heading(
        f"Groups: {count(events)} Event Hub records of one hour by ever more users; medians of {rounds} rounds"
    )
    columns = ["users"]
    for contestant in ours:
        columns += [f"{what}, {contestant.threads} T" for what in ("events/s", "CPU s", "peak MB")]
    report.table(columns, rows)
