"""`make metrics`: sums the metrics in the logs of a running local system, as CloudWatch would."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from local import metric_lines, running
from local.log_lines import API_LOG, FUNCTION_LOGS

TITLE = ("metric", "dimensions", "samples", "sum", "average", "maximum", "unit")


def table(folder: Path) -> list[Sequence[str]]:
    """Return the rows of the table: a title, then a row for each metric and its dimensions."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for entry in metric_lines.lines([folder / API_LOG, *sorted(folder.glob(FUNCTION_LOGS))]):
        for metric in metric_lines.metrics(entry):
            dimensions = ", ".join(f"{name}={value}" for name, value in metric.dimensions)
            found.setdefault((metric.name, dimensions, metric.unit), []).extend(metric.values)
    return [TITLE, *(_row(*key, values) for key, values in sorted(found.items()))]


def _row(name: str, dimensions: str, unit: str, values: Sequence[float]) -> Sequence[str]:
    total = sum(values)
    numbers = (
        f"{number:,.3f}".rstrip("0").rstrip(".") for number in (total, total / len(values), max(values))
    )
    return (name, dimensions, str(len(values)), *numbers, unit)


def aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows as lines, with numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        cells[2:6] = [cell.rjust(width) for cell, width in zip(row[2:6], widths[2:6], strict=True)]
        yield "  ".join(cells).rstrip()


def main() -> int:
    """Print the table of the system on the port that is the argument."""
    folder = running.folder(int(sys.argv[1]))
    if not (folder / API_LOG).exists():
        print(f"No system has run on port {sys.argv[1]}.", file=sys.stderr)
        return 1
    print("\n".join(aligned(table(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
