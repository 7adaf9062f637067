"""The measurements as Markdown, for the terminal and docs/performance.md."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.candidates import PLAIN, ROOT
from bench.measure import Measurement

PAGE = ROOT / "docs/performance.md"
HEADER = (
    "candidate",
    "images/s",
    "speed",
    "user CPU, ms",
    "CPU speed",
    "bytes out/in",
    "SSIM",
    "peak MB",
)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns; all but the first are right-aligned."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(
        "| "
        + " | ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in (header, rule, *lines[1:])
    )


def measured(measurement: Measurement) -> str:
    """Return the title and table of a mode, and what is missing from it."""
    plain = measurement.result(PLAIN)
    rows = [
        (
            result.candidate.title,
            f"{result.images_a_second:.1f}",
            f"{result.speed_against(plain):.2f}",
            f"{result.user_milliseconds:.0f}",
            f"{result.cpu_speed_against(plain):.2f}",
            f"{result.output_share:.3f}",
            f"{result.similarity:.3f}",
            f"{result.peak_mb:.0f}",
        )
        for result in measurement.results
    ]
    title = f"{measurement.mode.title}. Images: {len(plain.seconds)}, rounds: {measurement.rounds}."
    lines = [title, "", table(HEADER, rows)]
    for absent in measurement.absent:
        lines += ["", f"Not installed: {absent.title} (install {absent.install})."]
    for path, reason in measurement.left_out.items():
        lines += ["", f"Left out: {path.name} ({reason})."]
    return "\n".join(lines)


def insert(page: Path, name: str, text: str) -> None:
    """Write `text` between `<!-- name -->` and `<!-- end -->`; raise ValueError if not found exactly once."""
    begin, end = f"<!-- {name} -->\n", "<!-- end -->"
    section = re.compile(f"{re.escape(begin)}.*?{end}", re.DOTALL)
    written, count = section.subn(lambda _: f"{begin}\n{text}\n\n{end}", page.read_text())
    if count != 1:
        raise ValueError(f"{page} has {count} places for {name}")
    page.write_text(written)
