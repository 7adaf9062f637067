"""The plot of speed against size, as SVG."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import ticker

from bench.candidates import CANDIDATES, PLAIN
from bench.measure import Measurement

STYLES = [("s", "black"), *zip("DPoXv^<>*p", (f"C{number}" for number in range(10)), strict=True)]
COLUMNS = 4


def write(measurements: Sequence[Measurement], path: Path) -> None:
    """Draw a panel for each mode and one for the legend: left is smaller, up is faster."""
    mpl.use("svg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "catalight", "font.size": 9})
    from matplotlib import pyplot

    rows = -(-(len(measurements) + 1) // COLUMNS)
    figure, grid = pyplot.subplots(rows, COLUMNS, figsize=(3.6 * COLUMNS, 3.1 * rows), squeeze=False)
    seen: dict[str, Any] = {}
    for panel, measurement in zip(grid.flat, measurements, strict=False):
        seen |= _draw(panel, measurement)
    for panel in grid.flat[len(measurements) :]:
        panel.axis("off")
    grid.flat[-1].legend(seen.values(), seen.keys(), loc="center", frameon=False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def _draw(panel: Any, measurement: Measurement) -> dict[str, Any]:
    """Draw a point for each candidate; return the points by title."""
    plain = measurement.result(PLAIN)
    seen = {}
    for result in measurement.results:
        marker, colour = STYLES[CANDIDATES.index(result.candidate)]
        position = result.output_share, result.speed_against(plain)
        seen[result.candidate.title] = panel.scatter(*position, marker=marker, color=colour, s=45, alpha=0.8)
    panel.set_title(measurement.mode.title.replace(", quality", "\nquality"), fontsize=9)
    panel.set_xlabel("bytes out / bytes in")
    panel.set_ylabel("speed, plain Pillow = 1")
    panel.locator_params(axis="x", nbins=5)
    panel.set_yscale("log")
    panel.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 1.2, 1.5, 2, 3, 5, 7)))
    panel.yaxis.set_major_formatter("{x:.2g}")
    panel.yaxis.set_minor_locator(ticker.NullLocator())
    panel.grid(alpha=0.25)
    return seen
