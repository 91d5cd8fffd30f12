"""What the job costs at 1, 2 and 4 tasks: the start, and an event after it.

usage: scale.py COMMANDS COMPONENT EVENTS OUT
"""
import pathlib, sys

import test
from cluster import Cluster

FEW = 20000  # events, for what a start costs


def main(commands, component, events, out):
    commands, component, out = (pathlib.Path(path).resolve() for path in (commands, component, out))
    few = test.generate(commands, FEW, out / "few")
    many = test.generate(commands, events, out / "many")
    cluster = Cluster(out / "cluster")
    try:
        for tasks in (1, 2, 4):
            took = [
                test.run(cluster, component, made, out, f"{tasks}-{made.lines}", tasks=tasks) for made in (few, many)
            ]
            more = many.lines - few.lines
            seconds, used = (1e6 * (after - before) / more for before, after in zip(*took))
            print(f"{tasks} tasks: start {took[0][0]:.1f} s ({took[0][1]:.1f} s of processor), then {seconds:.0f} µs an event "
                  f"({used:.0f} µs of processor)", flush=True)
    finally:
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
