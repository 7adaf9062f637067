"""The plot of speed against size, as SVG."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

from bench.candidates import CANDIDATES, PLAIN
from bench.measure import Measurement

MARKERS = "sDPoXv^<>*"


def write(measurements: Sequence[Measurement], path: Path) -> None:
    """A panel for each mode: to the left is smaller, up is faster."""
    mpl.use("svg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "catalight", "font.size": 9})
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(measurements), figsize=(3.1 * len(measurements), 3.4))
    seen = {}
    for panel, measurement in zip(panels, measurements, strict=True):
        plain = measurement.result(PLAIN)
        for result in measurement.results:
            number = CANDIDATES.index(result.candidate)
            seen[result.candidate.title] = panel.scatter(
                result.output_share,
                result.speed_against(plain),
                marker=MARKERS[number],
                color=f"C{number}",
                s=45,
                alpha=0.8,
            )
        panel.set_title(measurement.mode.title.replace(", ", "\n", 1), fontsize=9)
        panel.set_xlabel("bytes out / bytes in")
        panel.set_yscale("log")
        panel.yaxis.set_major_formatter("{x:g}")
        panel.yaxis.set_minor_formatter("{x:g}")
        panel.grid(which="both", alpha=0.25)
    panels[0].set_ylabel("speed, plain Pillow = 1")
    figure.legend(seen.values(), seen.keys(), loc="lower center", ncols=5, frameon=False)
    figure.tight_layout(rect=(0, 0.14, 1, 1))
    figure.savefig(path, metadata={"Date": None})
