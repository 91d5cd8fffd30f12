"""Rules of files, compiled, beside the hand-written rule: price of an event, of many rules, of compiling.

The rules are written for the tests (`tests/siblings`); a folder of others can be named. Prices are counted
instructions of WebAssembly, which are the same on every machine, and processor time beside DuckDB.
"""

import json
import re
import subprocess
import tempfile
import uuid
from collections import Counter
from pathlib import Path

import contestants
import measure
from report import count, megabytes, ratio, seconds

SIBLINGS = Path("tests/siblings")
OURS = (SIBLINGS, Path("examples/azure-rules/rules"))
# Rules in one component, users of the stream, and rules that an event of one of them concerns.
MANY, EACH = 100, 3
# Rules that are compiled in one go.
ALL = 900


def compiled(report, inputs, everyone, weir, options):
    """All tables of the part."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        time_to_compile(report, weir, options, folder)
        beside(report, inputs, weir, options, folder)
        engines(report, inputs, everyone, weir, options, folder)
        many(report, inputs, weir, options, folder)


def compile_rules(weir, rules, component):
    """What compiling took; rules that are left out are no failure."""
    return measure.run([weir, "compile", *rules, "--output", component], allowed=(0, 1))


def bench(weir, component, file, rounds):
    """The figures of `weir bench` for a component and for the shipped rule."""
    command = [weir, "bench", component, "--events", file, "--rounds", str(rounds), "--json"]
    # Compiling is not measured here, and takes its time on a machine that is busy.
    command += ["--limit", "compile_seconds=86400"]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(answer.stdout)


def beside(report, inputs, weir, options, folder):
    """The compiled rule and the hand-written one over the same documents."""
    component = folder / "high-4xx.wasm"
    compile_rules(weir, [SIBLINGS / "high-4xx.toml"], component)
    rows, raw = [], {}
    for name, file in (
        ("its own documents", inputs.file(options.events, "ecs")),
        ("95 % of another data set", inputs.file(options.events // 20, "ecs", others=95)),
    ):
        figures = raw[name] = bench(weir, component, file, options.rounds)
        ours, shipped = figures["detector"], figures["shipped"]
        if ours["alerts"] != shipped["alerts"] or not ours["alerts"]:
            raise SystemExit(f"{file}: {ours['alerts']} alerts, and {shipped['alerts']} of the hand-written rule")
        counted = [one["instructions_per_event"] for one in (ours, shipped)]
        memory = [one["memory_bytes"] for one in (ours, shipped)]
        cells = [*map(count, counted), ratio(counted[0] / counted[1]), *map(megabytes, memory)]
        rows.append([name, count(ours["alerts"]), *cells])
    report.keep("compiled beside", raw)
    documents = f"{count(options.events)} ECS documents"
    report.heading(f"The rule high-4xx compiled from a file, beside the hand-written one: {documents}")
    columns = ("", "alerts of both", "instructions an event, compiled", "hand-written", "ratio")
    report.table((*columns, "memory MB, compiled", "hand-written"), rows)


def engines(report, inputs, everyone, weir, options, folder):
    """The whole command with either component, and DuckDB where it is there: the rows are compared."""
    component = folder / "high-4xx.wasm"
    file = inputs.file(options.events, "ecs")
    one = next(c for c in everyone if c.name == "Weir" and c.threads == 1)
    ours = contestants.weir(weir, 1, component)
    peers = [c for c in everyone if c.name == "DuckDB" and c.threads == 1]
    # Once before, so that compiled code is kept.
    contestants.timed([one, ours], 1, file, "ecs")
    timed = contestants.timed([one, ours, *peers], options.rounds, file, "ecs")
    raw = {label: [t.as_json() for t in all_of] for label, all_of in timed.taken.items()}
    report.keep("compiled engines", raw)
    what = f"the same {timed.alerts} alerts from all; medians of {options.rounds} rounds"
    report.heading(f"The whole command over the same file; {what}")
    base = measure.median(timed.taken[one.label])
    rows = []
    for label, taken in timed.taken.items():
        middle = measure.median(taken)
        rows.append([label, seconds(middle.cpu), ratio(middle.cpu / base.cpu), megabytes(middle.rss)])
    report.table(["", "CPU s", "CPU to the hand-written rule's", "peak MB"], rows)


def many(report, inputs, weir, options, folder):
    """One rule beside a hundred in one component, on a stream of which an event concerns three."""
    file = inputs.file(options.events, "ecs", users=MANY)
    users = re.compile(rb'"user":\{"id":"([^"]*)"')
    with open(file, "rb") as lines:
        seen = Counter(found[1].decode() for line in lines if (found := users.search(line)))
    users = sorted(user for user, _ in seen.most_common(MANY))
    text = (SIBLINGS / "high-4xx.toml").read_text(encoding="utf-8")
    # A rule for three of the users each, so that each user has three rules.
    wide, narrow = folder / "one", folder / "many"
    for at in range(MANY):
        wanted = ", ".join(f'"{users[(at + next) % len(users)]}"' for next in range(EACH))
        rule = text.replace("| EVAL Esql.time_window", f"| WHERE user.id IN ({wanted})\n| EVAL Esql.time_window", 1)
        copy(rule, narrow, at)
    copy(text, wide, 0)
    figures = {}
    for name, rules in (("1", wide), (str(MANY), narrow)):
        component = folder / f"rules-{name}.wasm"
        compile_rules(weir, [rules], component)
        figures[name] = bench(weir, component, file, options.rounds)["detector"]
    report.keep("compiled many", figures)
    one = figures["1"]["instructions_per_event"]
    rows = []
    for name, figure in figures.items():
        counted = figure["instructions_per_event"]
        sizes = [megabytes(figure["memory_bytes"]), count(figure["size_bytes"] / 1000)]
        rows.append([name, count(counted), ratio(counted / one), *sizes])
    what = f"{count(options.events)} ECS documents, each of which concerns {EACH} of {MANY} rules"
    report.heading(f"Rules in one component: {what}")
    report.table(["rules", "instructions an event", "to one rule", "memory MB", "component KB"], rows)


def time_to_compile(report, weir, options, folder):
    """All rules of a folder, or many copies of our own, in one component."""
    if options.rules:
        name, rules = f"rules of {options.rules}", options.rules
    else:
        name, rules = f"{ALL} copies of the rules of tests and examples", folder / "all"
        texts = [path.read_text(encoding="utf-8") for ours in OURS for path in sorted(ours.glob("*.toml"))]
        for at in range(ALL):
            copy(texts[at % len(texts)], rules, at)
    component = folder / "all.wasm"
    taken = [compile_rules(weir, [rules], component) for _ in range(options.rounds)]
    middle = measure.median(taken)
    answer = subprocess.run([weir, "compile", "--check", "--json", rules], stdout=subprocess.PIPE)
    outcomes = [rule["compiled"] for rule in json.loads(answer.stdout)["rules"]]
    size = component.stat().st_size
    raw = {"rules": len(outcomes), "compiled": sum(outcomes), "bytes": size}
    report.keep("compiled all", raw | {"taken": [t.as_json() for t in taken]})
    report.heading(f"Compiling {name}; medians of {options.rounds} rounds")
    row = [count(len(outcomes)), count(sum(outcomes)), seconds(middle.wall), seconds(middle.cpu), f"{size / 1e6:.2f}"]
    report.table(["rules", "compiled", "wall", "CPU", "component MB"], [row])


def copy(text, folder, at):
    """A rule under another id and name."""
    folder.mkdir(exist_ok=True)
    number = uuid.UUID(int=at + 1)
    text = re.sub(r'(?m)^rule_id = ".*"$', f'rule_id = "{number}"', text, count=1)
    text = re.sub(r'(?m)^name = "', f'name = "{at} ', text, count=1)
    (folder / f"{at:03}.toml").write_text(text, encoding="utf-8")
