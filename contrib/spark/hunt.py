"""A hunt over the hourly blobs of a storage account with Spark: alerts as one line of JSON each.

  the asked hours' PT1H.json ──> collect: lines become the ──> by window and key ──> decide: merge,
                                 states of their groups                              fire at the end

usage: hunt.py --component FILE --blobs FOLDER --from 2026-05-19T09:00Z --to 2026-05-19T12:00Z --output FOLDER
"""
import argparse, json, os, pathlib, secrets, sys
from datetime import datetime, timedelta, timezone

import pyarrow
from pyspark.sql import SparkSession

PYTHON = pathlib.Path(__file__).resolve().parent.parent / "python"
LINES = 10000  # in one call
HOUR = timedelta(hours=1)
STATES = "start long, key string, state binary"


def hours(low, high, margin):
    """The folders' names of the hours of a span. A blob may have events of the hours beside it:
    those before midnight that came after it, and those that were late."""
    hour = low.replace(minute=0, second=0, microsecond=0) - margin * HOUR
    while hour < high + margin * HOUR:
        yield hour.strftime("y=%Y/m=%m/d=%d/h=%H")
        hour += HOUR


def blobs(folder, low, high, margin):
    """The blobs of those hours, whatever resource they are of; other hours are not even listed."""
    for at, below, _ in os.walk(folder):
        below.sort()
        if any(name.startswith("y=") for name in below):
            below.clear()
            for hour in hours(low, high, margin):
                yield from map(str, sorted(pathlib.Path(at, hour).glob("m=*/PT1H.json")))


def collector(component, configuration, seed, asn_db):
    def collect(batches):
        from detector import Detector

        detector = Detector(component, {**configuration, "partial": True}, seed, asn_db)
        for batch in batches:
            detector.push(batch.column(0).to_pylist())
            states = [(start, key, state) for start, _, key, state in detector.groups()]
            if states:
                yield pyarrow.RecordBatch.from_arrays([pyarrow.array(part) for part in zip(*states)], ["start", "key", "state"])
    return collect


def decider(component, configuration, seed, low, high):
    def decide(batches):
        from detector import Detector, line

        detector, before, found = Detector(component, configuration, seed), None, []

        def judge():
            detector.flush()
            last = list(detector.alerts())[-1:]  # the last revision is what stands
            detector.take()
            found.extend(line(alert) for alert in last if alert["phase"] != "retracted")

        for batch in batches:
            for start, key, state in zip(*(column.to_pylist() for column in batch.columns)):
                if not low <= start < high:
                    continue
                if before not in (None, (start, key)):
                    judge()
                detector.merge(state)
                before = start, key
        if before:
            judge()
        yield pyarrow.RecordBatch.from_arrays([pyarrow.array(found, pyarrow.string())], ["alert"])
    return decide


def hunt(spark, options):
    """The alerts, a table of one column."""
    files = list(blobs(options.blobs, options.low, options.high, options.margin))
    if not files:
        sys.exit(f"{options.blobs}: no blobs from {options.low} to {options.high}")
    print(f"{len(files)} blobs")
    low, high = (int(moment.timestamp() * 1000) for moment in (options.low, options.high))
    configuration, seed = json.loads(options.configuration), (secrets.randbits(64), secrets.randbits(64))
    # As bytes, since what is not UTF-8 must not be mended; folders' names are no columns.
    lines = spark.read.option("recursiveFileLookup", "true").text(files).selectExpr("cast(value as binary)")
    states = lines.mapInArrow(collector(options.component, configuration, seed, options.asn_db), STATES)
    together = states.repartition("start", "key").sortWithinPartitions("start", "key")
    return together.mapInArrow(decider(options.component, configuration, seed, low, high), "alert string")


def session(master):
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the workers' too
    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": LINES,
        "spark.submit.pyFiles": f"{PYTHON}/detector.py,{PYTHON}/conversions.py",
    }
    builder = SparkSession.builder.appName("weir").master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def moment(text):
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--component", required=True, help="the detection, at the same path on all machines")
    add("--blobs", required=True, help="a folder that has insights-logs-.../resourceId=.../y=.../PT1H.json below it")
    add("--from", required=True, type=moment, dest="low", help="first window, RFC 3339")
    add("--to", required=True, type=moment, dest="high", help="the windows' end")
    add("--margin", type=int, default=1, help="hours of blobs that are read before and after (1)")
    add("--output", required=True, help="folder for alerts")
    add("--configuration", default="{}", help="the rule's parameters as JSON; {} is the rule as published")
    add("--asn-db", help="a GeoLite2-ASN-like database")
    add("--master", default="local[*]", help="where Spark works (local[*])")
    return parser.parse_args()


def main():
    options = arguments()
    spark = session(options.master)
    hunt(spark, options).write.mode("overwrite").text(options.output)
    spark.stop()


if __name__ == "__main__":
    main()
