"""The law in a cluster: the job's alerts are those of `weir run --final`, also when a task manager
is killed midway.

usage: test.py COMMANDS COMPONENT EVENTS OUT    (the folder of weir and weir-generate; how many events)
"""
import pathlib, resource, shutil, subprocess, sys, time
from typing import NamedTuple

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "python"))
import equal, scatter
from cluster import Cluster

PARALLELISM = 4


class Made(NamedTuple):
    folder: pathlib.Path
    lines: int
    asn_db: pathlib.Path


def generate(commands, events, out):
    """Events as they come: in four files, without regard to keys, out of order, some twice."""
    out.mkdir(parents=True)
    whole, asn_db = out / "generated.ndjson", out / "asn.mmdb"
    with open(whole, "wb") as generated:
        command = [commands / "weir-generate", "--events", str(events), "--seed", "7", "--asn-db", asn_db]
        subprocess.run(command, stdout=generated, check=True)
    lines = scatter.main(whole, out / "events", PARALLELISM)
    whole.unlink()
    return Made(out / "events", lines, asn_db)


def weir(command, made, output):
    """Seconds that `weir run` takes, by the clock and of the processor."""
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([command, "run", "--final", "--quiet", "--asn-db", made.asn_db, "--output", output, made.folder], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.monotonic() - begun, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def killed(cluster, job, made):
    """Kills a task manager that has work when a third of the events are read, and says what came of it."""
    def over():
        return cluster.get(f"/jobs/{job}")["state"] == "FINISHED"

    def midway():
        read = cluster.get(f"/jobs/{job}")["vertices"][0]["metrics"]["read-records"]
        checkpoints = cluster.get(f"/jobs/{job}/checkpoints")["counts"]["completed"]
        return over() or (read > made.lines / 3 and checkpoints)

    cluster.wait("a third of the events", midway)
    busy = [manager for manager in cluster.get("/taskmanagers")["taskmanagers"] if manager["freeSlots"] < 2]
    if over() or not busy:
        raise RuntimeError("the job was over before it could be killed: use more EVENTS")
    name = busy[0]["id"]
    at = time.time()
    cluster.kill(int(name.split("-")[1]))
    restored = cluster.wait("a restored checkpoint", lambda: cluster.get(f"/jobs/{job}/checkpoints")["latest"]["restored"])
    def working():
        vertices = cluster.get(f"/jobs/{job}")["vertices"]
        return all(vertex["status"] in ("RUNNING", "FINISHED") for vertex in vertices)
    cluster.wait("all tasks at work again", working)
    print(f"killed {name} with -9; restored checkpoint {restored['id']} after "
          f"{restored['restore_timestamp'] / 1000 - at:.1f} s, all tasks at work after {time.time() - at:.1f} s")


def run(cluster, component, made, out, name, kill=False, tasks=PARALLELISM):
    """Seconds that the job takes, by the clock and of the processor."""
    before = cluster.processor_seconds()
    output, checkpoints = out / f"alerts-{name}", out / f"checkpoints-{name}"
    job = cluster.submit(
        tasks, "--component", component, "--input", made.folder, "--output", output, "--asn-db", made.asn_db,
        "--checkpoints", f"file://{checkpoints}", "--checkpoint-interval", "2 s",
    )
    if kill:
        killed(cluster, job, made)
    seconds = cluster.end(job)
    counts = cluster.get(f"/jobs/{job}/checkpoints")["counts"]
    used = cluster.processor_seconds() - before
    shuffled = cluster.get(f"/jobs/{job}")["vertices"][0]["metrics"]["write-bytes"]
    if not kill:
        size = sum(file.stat().st_size for file in made.folder.iterdir())
        print(f"{size} bytes of events, {shuffled} bytes shuffled: {size / shuffled:.1f} times smaller")
    print(f"{name}: {seconds:.1f} s, {counts['completed']} checkpoints, {counts['restored']} restored")
    return seconds, used


def main(commands, component, events, out):
    commands, component, out = (pathlib.Path(path).resolve() for path in (commands, component, out))
    shutil.rmtree(out, ignore_errors=True)
    made, expected = generate(commands, events, out), out / "expected.ndjson"
    alone, used_alone = min(weir(commands / "weir", made, expected) for _ in range(2))
    print(f"weir run: {alone:.1f} s, {used_alone:.1f} s of processor, {made.lines} lines")
    cluster, failed = Cluster(out / "cluster"), 0
    try:
        seconds, used = run(cluster, component, made, out, "undisturbed")
        print(f"{made.lines / seconds:.0f} events a second; {seconds / alone:.1f} times the time of weir run "
              f"on one thread, {used / used_alone:.1f} times the processor's ({used:.1f} s)")
        failed += equal.main(expected, out / "alerts-undisturbed")
        run(cluster, component, made, out, "killed", kill=True)
        failed += equal.main(expected, out / "alerts-killed")
    finally:
        cluster.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
