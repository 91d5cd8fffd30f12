"""The law in Spark: a hunt over hourly blobs has the alerts of `weir run --final` over the same.

usage: test.py COMMANDS COMPONENT EVENTS OUT    (the folder of weir and weir-generate; how many events)
"""
import contextlib, ctypes, os, pathlib, re, resource, shutil, subprocess, sys, time
from datetime import datetime, timezone

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "python"))
import equal

HERE = pathlib.Path(__file__).resolve().parent
HOURS = 12  # of events, of which the middle two thirds are asked for
FOLDER = "insights-logs-azureadgraphactivitylogs/resourceId=/tenants/7d0c2d1e-52f4-4c07-9a3b-1f6f5e0a9b11"
ADOPT = 36  # PR_SET_CHILD_SUBREAPER: Spark's processes are waited for when Spark has left them
LATE = 50  # one line in so many lies in the next hour's blob, and one in so many is there twice
TIME = re.compile(rb'"timeGenerated":"([^"]{19})')


def shelve(events, folder):
    """Writes each line where Azure would put it, or an hour too late; answers how many there are."""
    files, lines = {}, 0
    for number, line in enumerate(open(events, "rb", 1 << 20)):
        came = datetime.fromisoformat(TIME.search(line)[1].decode()).replace(tzinfo=timezone.utc).timestamp()
        late = number % LATE == 0
        for hour in {int(came) // 3600 + late, int(came) // 3600 + (number % LATE == 1)}:
            if hour not in files:
                path = datetime.fromtimestamp(3600 * hour, timezone.utc).strftime("y=%Y/m=%m/d=%d/h=%H/m=00/PT1H.json")
                (folder / FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
                files[hour] = open(folder / FOLDER / path, "wb", 1 << 20)
            files[hour].write(line)
            lines += 1
    for file in files.values():
        file.close()
    return lines, sorted(files)


def timed(*command):
    """Runs it, and answers the seconds that it and all that it left behind take, by the clock and
    of the processor."""
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(list(map(str, command)), check=True)
    took = time.monotonic() - begun
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(commands, component, events, out):
    ctypes.CDLL(None).prctl(ADOPT, 1)
    commands, component, out = (pathlib.Path(path).resolve() for path in (commands, component, out))
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    asn_db, generated, store = out / "asn.mmdb", out / "generated.ndjson", out / "store"
    with open(generated, "wb") as file:
        generate = [commands / "weir-generate", "--events", events, "--seed", "7", "--hours", str(HOURS)]
        subprocess.run([*generate, "--asn-db", asn_db], stdout=file, check=True)
    lines, found = shelve(generated, store)
    generated.unlink()
    print(f"{lines} lines in blobs of {len(found)} hours")
    low, high = found[len(found) // 6], found[5 * len(found) // 6]
    sys.path.insert(0, str(HERE))
    import hunt
    moments = [datetime.fromtimestamp(3600 * hour, timezone.utc) for hour in (low, high)]
    asked = list(hunt.blobs(store, *moments, 1))
    read = sum(pathlib.Path(blob).stat().st_size for blob in asked)
    print(f"{len(asked)} of {len(found)} blobs lie in the asked hours and beside them: {read} bytes", flush=True)
    weir = [commands / "weir", "run", "--final", "--quiet", "--asn-db", asn_db]
    alone = timed(*weir, "--output", out / "expected.ndjson", *asked)
    begin, end = (moment.isoformat() for moment in moments)
    spark = timed(
        sys.executable, HERE / "hunt.py", "--component", component, "--blobs", store, "--from", begin, "--to", end,
        "--output", out / "alerts", "--asn-db", asn_db,
    )
    print(f"weir run: {alone[0]:.1f} s, {alone[1]:.1f} s of processor; Spark: {spark[0]:.1f} s, {spark[1]:.1f} s of processor")
    return equal.main(out / "expected.ndjson", out / "alerts", low * 3600000, high * 3600000)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
