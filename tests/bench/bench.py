"""The benchmark of the whole command, beside peers that compute the same rule.

Called by `make bench`; `python3 tests/bench/bench.py --help` lists what it can do alone.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import compare
import compiled
import contestants
import latency
import memory
import scaling
import start
from inputs import Inputs
from report import Report

HERE = Path(__file__).parent
PARTS = ("shapes", "others", "sizes", "groups", "start", "live", "memory", "compiled")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=Path, default=Path("target/release"), help="folder of weir and its helpers")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for inputs and bench.json")
    parser.add_argument("--python", help="Python that has the peers; without it, Weir alone")
    parser.add_argument("--events", type=int, default=1_000_000, help="events in a file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--largest", type=int, help="events in the largest file of the sizes; --events without it")
    parser.add_argument("--rates", default="100000,20000", help="events a second of the live part, by commas")
    parser.add_argument("--alerts", type=int, default=60, help="alerts of the live part")
    parser.add_argument("--large", action="store_true", help="also 10 GB through a pipe, for the memory")
    parser.add_argument("--rules", type=Path, help="folder of rule files to compile; copies of our own without it")
    parser.add_argument("--plot", type=Path, help="SVG of the sizes to write")
    parser.add_argument("--parts", default=",".join(PARTS), help="some of these, by commas (all)")
    options = parser.parse_args()
    options.parts = options.parts.split(",")
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return options


def main():
    options = arguments()
    weir, bench = (str(options.programs / name) for name in ("weir", "weir-bench"))
    inputs = Inputs(str(options.programs / "weir-generate"), options.out / "bench")
    everyone = contestants.all_of(weir, options.python)
    report = Report(options.out / "bench.json")
    report.keep("options", {k: str(v) for k, v in vars(options).items()})
    report.keep("versions", versions(weir, options.python))
    if not options.python:
        print("bench: no peers (see above): Weir alone", file=sys.stderr)
    parts = {
        "shapes": lambda: compare.shapes(report, inputs, everyone, bench, options.events, options.rounds),
        "others": lambda: compare.others(report, inputs, everyone, bench, options.events, options.rounds),
        "sizes": lambda: sizes(report, inputs, everyone, options),
        "groups": lambda: scaling.groups(report, inputs, everyone, options.events, options.rounds),
        "start": lambda: start.cold_and_warm(report, inputs, everyone),
        "live": lambda: latency.live(report, weir, map(int, options.rates.split(",")), options.alerts),
        "memory": lambda: memory.peak(report, inputs, weir, (1, 100) if options.large else (1,)),
        "compiled": lambda: compiled.compiled(report, inputs, everyone, weir, options),
    }
    for part in PARTS:
        if part in options.parts:
            parts[part]()


def sizes(report, inputs, everyone, options):
    """The table and, where there is a matplotlib to draw it with, the plot."""
    scaling.sizes(report, inputs, everyone, options.largest or options.events, options.rounds)
    if options.plot and options.python:
        subprocess.run([options.python, HERE / "plot.py", report.path, options.plot], check=True)
        print(f"bench: wrote {options.plot}", file=sys.stderr)


def versions(weir, python):
    """Of Weir, and of what requirements.txt pins."""
    ours = subprocess.run([weir, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    pins = (HERE / "requirements.txt").read_text(encoding="utf-8").split() if python else []
    return [ours, *(pin for pin in pins if "==" in pin)]


main()
