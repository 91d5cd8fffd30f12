"""What the two phases cost in plain Python, without an engine, at several lengths of a batch: time,
and what is shuffled in place of events.

usage: measure.py COMPONENT EVENTS ASN_DB [LINES...]
"""
import sys, time
from detector import Detector

SEED = (1, 2)


def phases(component, lines, asn_db, length):
    collector = Detector(component, {"partial": True}, SEED, asn_db)
    waiting, states, octets = {}, 0, 0
    took = {"push": 0.0, "take groups": 0.0, "merge": 0.0, "judge": 0.0}

    def timed(name, work):
        begun = time.process_time()
        result = work()
        took[name] += time.process_time() - begun
        return result

    for at in range(0, len(lines), length):
        batch = lines[at : at + length]
        timed("push", lambda: collector.push(batch))
        for start, end, key, state in timed("take groups", lambda: list(collector.groups())):
            waiting.setdefault((end, key), []).append(state)
            states, octets = states + 1, octets + len(state)
    decider, alerts, kept = Detector(component, {}, SEED), 0, 0

    def judge(end):
        decider.advance(end)
        return len(list(decider.alerts())), len(decider.take())

    for (end, _), group in sorted(waiting.items(), key=lambda item: item[0]):
        timed("merge", lambda: [decider.merge(state) for state in group])
        made, size = timed("judge", lambda: judge(end))
        alerts, kept = alerts + made, kept + size
    return len(waiting), states, octets, kept, alerts, took


def main(component, events, asn_db, *lengths):
    with open(events, "rb") as file:
        lines = file.read().splitlines()
    size = sum(map(len, lines))
    print(f"{len(lines)} lines, {size} bytes")
    print("| lines a batch | groups | states | bytes of states | smaller | kept | alerts | push | take groups | merge | judge | µs an event |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for length in map(int, lengths or (1000, 10000, 100000)):
        groups, states, octets, kept, alerts, took = phases(component, lines, asn_db, length)
        each = " | ".join(f"{seconds:.2f} s" for seconds in took.values())
        print(f"| {length} | {groups} | {states} | {octets} | {size / octets:.1f} x | {kept} | {alerts} | {each} "
              f"| {1e6 * sum(took.values()) / len(lines):.1f} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
