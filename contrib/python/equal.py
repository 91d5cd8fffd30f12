"""Holds an engine's alerts to those of `weir run --final` over the same files.

usage: equal.py EXPECTED FILE_OR_FOLDER [FROM TO]    (windows that start in that span alone, in ms)
"""
import json, pathlib, re, sys
from datetime import datetime

LEAST = 10  # alerts: of fewer, nothing is shown by their being equal
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def milliseconds(text):
    return round(datetime.fromisoformat(text[:-1] + "+00:00").timestamp() * 1000)


def plain(value):
    """One value stands alone, a time is in milliseconds."""
    if isinstance(value, list):
        return plain(value[0]) if len(value) == 1 else [plain(one) for one in value]
    return milliseconds(value) if isinstance(value, str) and TIME.fullmatch(value) else value


def expected(path):
    """By id: what `weir run` wrote, in its ECS documents."""
    documents = map(json.loads, open(path, encoding="utf-8"))
    return {document["weir.alert.id"]: {name: plain(value) for name, value in document.items()} for document in documents}


def stands(path):
    """By id: the last revisions in the engine's files, but for retracted ones; and how many there
    were of each phase, and how often one came twice."""
    path = pathlib.Path(path)
    files = [path] if path.is_file() else [file for file in sorted(path.rglob("part-*")) if file.is_file()]
    last, phases, seen, twice = {}, {}, set(), 0
    for file in files:
        for alert in map(json.loads, open(file, encoding="utf-8")):
            identity = alert["id"], alert["revision"]
            twice += identity in seen
            seen.add(identity)
            phases[alert["phase"]] = phases.get(alert["phase"], 0) + 1
            if alert["revision"] >= last.get(alert["id"], alert)["revision"]:
                last[alert["id"]] = alert
    return {id: alert for id, alert in last.items() if alert["phase"] != "retracted"}, phases, twice


def differences(wanted, found):
    for id in sorted(wanted.keys() | found.keys()):
        if id not in found or id not in wanted:
            yield f"{id}: {'missing' if id in wanted else 'too many'}"
            continue
        want, alert = wanted[id], found[id]
        figures = {column["name"]: plain(column["value"]) for column in alert["columns"]}
        figures |= {"weir.complete": alert["complete"], "event.start": alert["first-seen"], "event.end": alert["last-seen"]}
        figures |= {"message": alert["reason"]}
        for name in sorted(figures.keys() | {name for name in want if name.startswith("Esql.")}):
            if figures.get(name) != want.get(name):
                yield f"{id}: {name} is {figures.get(name)}, expected {want.get(name)}"


def main(wanted, found, *span):
    wanted, (found, phases, twice) = expected(wanted), stands(found)
    if span:
        low, high = map(int, span)
        wanted = {id: alert for id, alert in wanted.items() if low <= alert["weir.window.start"] < high}
    differ = list(differences(wanted, found))
    print(f"{len(wanted)} alerts expected, {len(found)} found, {len(differ)} differences; revisions: {phases}, {twice} of them twice")
    for line in differ[:20]:
        print(f"  {line}")
    if len(wanted) < LEAST:
        print(f"too few alerts to compare, {LEAST} are wanted: give it more EVENTS")
    return 1 if differ or len(wanted) < LEAST or twice else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
