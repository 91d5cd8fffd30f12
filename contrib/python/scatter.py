"""Deals generated events out to files as a careless shipper does: to any file, out of order by
minutes, some of them twice.

usage: scatter.py EVENTS FOLDER FILES
"""
import pathlib, random, sys

SPREAD = 2000  # lines within which they lose their order
AGAIN = 0.02  # of them, that come a second time


def main(events, folder, count):
    folder, chance = pathlib.Path(folder), random.Random(7)
    folder.mkdir(parents=True)
    files = [open(folder / f"events-{number}.ndjson", "wb", 1 << 20) for number in range(int(count))]
    held, lines, again = [], 0, 0

    def deal(line):
        chance.choice(files).write(line)

    for line in open(events, "rb", 1 << 20):
        lines += 1
        held.append(line)
        if chance.random() < AGAIN:
            held.append(line)
            again += 1
        while len(held) > SPREAD:
            at = chance.randrange(len(held))
            held[at], held[-1] = held[-1], held[at]
            deal(held.pop())
    chance.shuffle(held)
    for line in held:
        deal(line)
    for file in files:
        file.close()
    print(f"{lines} events, {again} of them twice, in {count} files")
    return lines + again


if __name__ == "__main__":
    main(*sys.argv[1:])
