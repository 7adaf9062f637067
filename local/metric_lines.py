"""The metrics in a log line, as CloudWatch reads them (Embedded Metric Format)."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMBER = "_aws"


@dataclass(frozen=True, slots=True)
class Metric:
    """The values of a metric with these dimensions."""

    name: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str
    values: tuple[float, ...]


def metrics(entry: Mapping[str, Any]) -> Iterator[Metric]:
    """Yield the metrics of a line, once for each set of dimensions."""
    for directive in entry.get(MEMBER, {}).get("CloudWatchMetrics", []):
        for names in directive["Dimensions"]:
            dimensions = tuple((name, entry[name]) for name in names)
            for metric in directive["Metrics"]:
                found = entry[metric["Name"]]
                values = tuple(found) if isinstance(found, list) else (found,)
                yield Metric(metric["Name"], dimensions, metric["Unit"], values)


def lines(logs: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """Yield the lines of logs that are JSON objects."""
    for log in logs:
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict):
                yield entry
