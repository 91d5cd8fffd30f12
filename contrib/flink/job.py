"""Weir's component in Flink: events in any partitioning, alerts as one line of JSON each.

  lines ──> Collect: a batch becomes partial states, one ──> by window and ──> Decide: merge, fire
            for each group; nothing is held in between       bucket of keys    by event time

usage: flink run --python job.py --pyFiles ../python/detector.py,../python/conversions.py --component FILE ...
"""
import argparse, json, pickle, secrets, struct, zlib

import pandas
from pyflink.common import Configuration, Duration, Encoder, Types, WatermarkStrategy
from pyflink.common.watermark_strategy import TimestampAssigner
from pyflink.datastream import KeyedProcessFunction, StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import FileSink, RollingPolicy
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor
from pyflink.table import DataTypes, StreamTableEnvironment
from pyflink.table.expressions import col
from pyflink.table.udf import ScalarFunction, udf

SEED = "weir.seed"  # in the job's parameters, so that all its tasks have it after any restart
TIME = ">q"
UNKNOWN = -(2**63)  # an event time that says nothing


def octets():
    return Types.PRIMITIVE_ARRAY(Types.BYTE())


def opened(options, context, partial):
    from detector import Detector  # on the workers

    seed = context.get_job_parameter(SEED, "")
    seed = int(seed[:16], 16), int(seed[16:], 16)
    configuration = {**json.loads(options.configuration), "partial": partial}
    return Detector(options.component, configuration, seed, options.asn_db if partial else None)


class Collect(ScalarFunction):
    """Phase one: a batch of lines becomes the states of its groups. Flink ends a batch before each
    checkpoint, so what the detector holds is empty whenever one is made."""

    def __init__(self, options):
        self.options = options

    def open(self, context):
        self.detector = opened(self.options, context, partial=True)
        group = context.get_metric_group().add_group("weir")
        names = ["counted", "duplicate", "excluded", "other-data-set", "malformed", "refused-future"]
        self.counts = {name: group.counter(name) for name in names}

    def is_deterministic(self):
        return False  # or Flink might ask twice, and the second answer is empty

    def eval(self, lines):
        outcome = vars(self.detector.push(lines))
        for name, counter in self.counts.items():
            counter.inc(outcome[name])
        buckets = {}
        for _, end, key, state in self.detector.groups():
            bucket = zlib.crc32(key.encode()) % self.options.buckets
            buckets.setdefault(f"{end} {bucket}", []).append(state)
        states = [(key, pickle.dumps(together)) for key, together in buckets.items()]
        watermark = self.detector.counters()["watermark"]
        batch = struct.pack(TIME, UNKNOWN if watermark is None else watermark) + pickle.dumps(states)
        # A row for each line is what Flink asks for: the first one has it all.
        return pandas.Series([batch if states else None] + [None] * (len(lines) - 1))


class Told(TimestampAssigner):
    """A batch is as old as its collector's watermark, which lies behind all its states."""

    def extract_timestamp(self, row, record_timestamp):
        return struct.unpack_from(TIME, row[0])[0]


def spread(row):
    yield from pickle.loads(row[0][struct.calcsize(TIME) :])


class Decide(KeyedProcessFunction):
    """Phase two: the states of one bucket of groups in one window, merged and judged when event time
    passes the window's end, and again whenever there is more, until the allowed lateness is over."""

    def __init__(self, options):
        self.options = options

    def open(self, context):
        self.detector = opened(self.options, context, partial=False)
        self.lateness = 1000 * self.detector.setting("allowed_lateness_seconds")
        self.judged = context.get_state(ValueStateDescriptor("judged", octets()))
        self.waiting = context.get_list_state(ListStateDescriptor("waiting", octets()))
        self.dropped = context.get_metrics_group().add_group("weir").counter("states-dropped-late")

    def process_element(self, value, context):
        key, states = value
        end, timers = int(key.split()[0]), context.timer_service()
        if timers.current_watermark() >= end + self.lateness:
            self.dropped.inc(len(pickle.loads(states)))
            return
        self.waiting.add(states)
        timers.register_event_time_timer(end)  # one in the past fires when event time next goes on

    def on_timer(self, timestamp, context):
        end = int(context.get_current_key().split()[0])
        if timestamp >= end + self.lateness:
            self.judged.clear()
            self.waiting.clear()
            return
        detector = self.detector
        if before := self.judged.value():
            detector.merge(before)
        for states in self.waiting.get():
            for state in pickle.loads(states):
                detector.merge(state)
        detector.advance(timestamp)
        from detector import line

        yield from map(line, list(detector.alerts()))
        self.waiting.clear()
        self.judged.update(detector.take())
        context.timer_service().register_event_time_timer(end + self.lateness)


def source(options):
    """The table of events, one in a row: raw bytes, since what is not UTF-8 must not be mended."""
    if options.kafka:
        return {"connector": "kafka", "format": "raw", **dict(option.split("=", 1) for option in options.kafka)}
    return {"connector": "filesystem", "format": "raw", "path": options.input}


def main():
    options = arguments()
    settings = Configuration()
    # A batch ends after so many lines, so much time, or when a checkpoint is due.
    settings.set_string("python.fn-execution.bundle.size", str(options.batch))
    settings.set_string("python.fn-execution.arrow.batch.size", str(options.batch))
    settings.set_string("python.fn-execution.bundle.time", "1000")
    settings.set_string("execution.checkpointing.interval", options.checkpoint_interval)
    settings.set_string("execution.checkpointing.dir", options.checkpoints)
    environment = StreamExecutionEnvironment.get_execution_environment(settings)
    environment.get_config().set_global_job_parameters({SEED: options.seed})
    for jar in options.jar:
        environment.add_jars(jar)
    tables = StreamTableEnvironment.create(environment)
    described = ", ".join(f"'{name}' = '{value}'" for name, value in source(options).items())
    tables.execute_sql(f"CREATE TABLE events (line BYTES) WITH ({described})")
    collect = udf(Collect(options), result_type=DataTypes.BYTES(), func_type="pandas")
    batches = tables.from_path("events").select(collect(col("line")).alias("states"))
    batches = batches.where(col("states").is_not_null)
    time = WatermarkStrategy.for_monotonous_timestamps().with_timestamp_assigner(Told())
    if options.idle:
        time = time.with_idleness(Duration.of_seconds(options.idle))
    alerts = (
        tables.to_data_stream(batches)
        .assign_timestamps_and_watermarks(time)
        .flat_map(spread, output_type=Types.TUPLE([Types.STRING(), octets()]))
        .key_by(lambda value: value[0], key_type=Types.STRING())
        .process(Decide(options), output_type=Types.STRING())
    )
    sink = FileSink.for_row_format(options.output, Encoder.simple_string_encoder("UTF-8"))
    sink = sink.with_rolling_policy(RollingPolicy.on_checkpoint_rolling_policy())
    alerts.sink_to(sink.build()).name("alerts")
    print(f"seed {options.seed}: a start from this job's checkpoints or savepoints needs --seed with it")
    environment.execute("weir")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--component", required=True, help="the detection, at the same path on all machines")
    add("--input", help="a file or folder of events, one JSON value a line")
    add("--kafka", nargs="*", metavar="OPTION=VALUE", help="options of Flink's Kafka table connector, in place of --input")
    add("--jar", nargs="*", default=[], help="the connector's jar, as file:///...")
    add("--output", required=True, help="folder for alerts")
    add("--checkpoints", required=True, help="folder for checkpoints, as file:///...")
    add("--checkpoint-interval", default="10 s")
    add("--configuration", default="{}", help="the rule's parameters as JSON; {} is the rule as published")
    add("--asn-db", help="a GeoLite2-ASN-like database")
    add("--batch", type=int, default=10000, help="most lines in a batch (10000)")
    add("--buckets", type=int, default=64, help="of groups in a window; the same as long as the job lives (64)")
    add("--idle", type=int, help="seconds of silence after which a task does not hold event time back")
    add("--seed", default=secrets.token_hex(16), help="hash seed, 32 hexadecimal digits (random)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
