"""Throughput against the size of the input, as an SVG for the documentation.

`plot.py BENCH.JSON OUT.SVG`, under the Python that has matplotlib.
"""

import json
import sys

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot  # noqa: E402
from matplotlib.ticker import FuncFormatter  # noqa: E402

# Colours that the colour-blind can tell apart (Okabe and Ito), Weir's the strongest;
# a marker each besides, for print.
STYLES = {
    "Weir": {"color": "#D55E00", "marker": "o", "linewidth": 2.5},
    "DuckDB": {"color": "#0072B2", "marker": "s"},
    "Polars": {"color": "#009E73", "marker": "^"},
    "ClickHouse": {"color": "#CC79A7", "marker": "D"},
    "Python, orjson": {"color": "#555555", "marker": "v"},
}


def throughput(points, path):
    """`points`: by name, dicts of events, wall (seconds)."""
    # Text as text: small, and set in the reader's font. The rest for the same bytes each time.
    settings = {"svg.fonttype": "none", "svg.hashsalt": "weir", "font.family": "sans-serif", "font.size": 11}
    with pyplot.rc_context(settings):
        figure, axes = pyplot.subplots(figsize=(7.2, 4.3))
        for name, series in points.items():
            events = [point["events"] for point in series]
            rates = [point["events"] / point["wall"] / 1000 for point in series]
            axes.plot(events, rates, label=name, markersize=6, **STYLES.get(name, {}))
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_xlabel("events in the file (log scale)")
        axes.set_ylabel("throughput, thousand events/s")
        axes.set_title("The whole rule over Event Hub records, one thread, start included", fontsize=11)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,.0f}"))
        axes.grid(True, which="major", color="#dddddd", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
        figure.tight_layout()
        figure.patch.set_facecolor("white")  # readable on a dark page too
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


with open(sys.argv[1], encoding="utf-8") as raw:
    throughput(json.load(raw)["sizes"], sys.argv[2])
