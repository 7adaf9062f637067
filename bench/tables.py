"""The measurements as Markdown, for the terminal and for the documentation."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.candidates import PLAIN, ROOT
from bench.measure import Measurement

PAGE = ROOT / "docs/performance.md"
HEADER = (
    "way",
    "images/s",
    "speed",
    "user CPU, ms",
    "CPU speed",
    "bytes out/in",
    "SSIM",
    "peak MB",
)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose columns stand below each other; all but the first hold numbers."""
    lines = [header, *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(
        "| "
        + " | ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in (header, rule, *lines[1:])
    )


def measured(measurement: Measurement) -> str:
    """A mode's title and table, and what is not in it."""
    plain = measurement.result(PLAIN)
    rows = [
        (
            result.candidate.title,
            f"{result.images_a_second:.1f}",
            f"{result.speed_against(plain):.2f}",
            f"{result.user_milliseconds:.0f}",
            f"{result.cpu_speed_against(plain):.2f}",
            f"{result.output_share:.3f}",
            f"{result.likeness:.3f}",
            f"{result.peak_mb:.0f}",
        )
        for result in measurement.results
    ]
    title = f"{measurement.mode.title}. Pictures: {len(plain.seconds)}, rounds: {measurement.rounds}."
    told = [title, ""]
    told.append(table(HEADER, rows))
    for absent in measurement.absent:
        told += ["", f"Not installed: {absent.title} (install {absent.install})."]
    for path, reason in measurement.left_out.items():
        told += ["", f"Left out: {path.name} ({reason})."]
    return "\n".join(told)


def insert(page: Path, name: str, text: str) -> None:
    """Put `text` between the page's comments `<!-- name -->` and `<!-- end -->`."""
    begin, end = f"<!-- {name} -->\n", "<!-- end -->"
    place = re.compile(f"{re.escape(begin)}.*?{end}", re.DOTALL)
    written, places = place.subn(lambda _: f"{begin}\n{text}\n\n{end}", page.read_text())
    if places != 1:
        raise ValueError(f"{page} has {places} places for {name}")
    page.write_text(written)
