"""Draw docs/scale_rows.svg, the cost of a row against the rows of its job, from docs/scale_rows.json."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

ROOT = Path(__file__).parents[1]
DATA, PLOT = ROOT / "docs/scale_rows.json", ROOT / "docs/scale_rows.svg"
STAGES = (
    ("submit", "s", "C0"),
    ("workbook", "^", "C4"),
    ("ingest", "v", "C3"),
    ("process", "D", "C1"),
    ("aggregate", "o", "C2"),
)


def main() -> None:
    """Draw CPU per row by stage on the left, peak memory of each process on the right."""
    mpl.use("svg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "catalight", "font.size": 9})
    from matplotlib import pyplot

    sizes: list[dict[str, Any]] = json.loads(DATA.read_text())
    figure, (costs, memory) = pyplot.subplots(1, 2, figsize=(9, 3.4))
    for stage, marker, colour in STAGES:
        style = {"marker": marker, "color": colour, "label": stage, "alpha": 0.8}
        measured = [size for size in sizes if stage in size["stages"]]
        rows = [size["rows"] for size in measured]
        cpu = [
            1e6 * (size["stages"][stage]["cpu"] + size["mongod_cpu"][stage]) / size["rows"]
            for size in measured
        ]
        costs.plot(rows, cpu, **style)
        memory.plot(rows, [size["stages"][stage]["peak_mb"] for size in measured], **style)
    costs.set_ylabel("CPU per row, with mongod's, µs")
    memory.set_ylabel("peak memory of the process, MB")
    for panel in (costs, memory):
        panel.set_xscale("log")
        panel.set_xlabel("rows of the job")
        panel.set_ylim(bottom=0)
        panel.grid(alpha=0.25)
    costs.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(PLOT, metadata={"Date": None})


if __name__ == "__main__":
    main()
