"""What a file was understood as, in words."""

from catalight_cli.answers import DryRun, Note
from catalight_cli.output import Output, count, number
from catalight_cli.session import grouped

REASONS = {
    "classic": "the three classic columns",
    "requested": "as you named them",
    "remembered": "as you named them before",
    "layout": "of a known program",
    "names": "found by their names",
    "content": "guessed from their cells",
}


def say_understood(output: Output, found: DryRun, *, is_part: bool = False) -> None:
    """Print what a file was understood as; `is_part`: the counts are of its first rows."""
    understood = found["understood"]
    if understood["format"] is None and found["problems"]:
        say_notes(output, "Problems", found["problems"], found["problems_total"])
        return
    about = [understood["format"] or "unknown format", understood["encoding"], understood["delimiter"]]
    read = [part for part in about[:2] if part]
    if understood["delimiter"]:
        read.append(f"delimiter {understood['delimiter']!r}")
    if understood["sheet"]:
        read.append(f"sheet {understood['sheet']}")
    if understood["header_row"]:
        read.append(f"header in line {understood['header_row']}")
    output.line(f"File      {', '.join(read)}")
    if columns := understood["columns"]:
        why = REASONS.get(columns["reason"], columns["reason"])
        program = f"; the header is that of {columns['program']}" if columns["program"] else ""
        output.line(f"Images    {', '.join(columns['images'])} ({why}{program})")
        output.line(f"Serial    {columns['serial'] or '(none)'}")
        output.line(f"Name      {columns['name'] or '(none)'}")
    output.line(f"{'Beginning' if is_part else 'Contents':<9} {_contents(found)}")
    _say_rows(output, found)
    say_notes(output, "Problems", found["problems"], found["problems_total"])
    say_notes(output, "Warnings", found["warnings"], found["warnings_total"])


def _contents(found: DryRun) -> str:
    counts = [count(found["rows"], "row"), count(found["images"], "image")]
    if found["outputs"] != found["images"]:
        counts.append(count(found["outputs"], "output"))
    counts.append(count(found["distinct_urls"], "different URL"))
    return f"{', '.join(counts)} at {count(found['hosts_total'], 'host')}"


def _say_rows(output: Output, found: DryRun) -> None:
    if not found["first_rows"]:
        return
    output.line()
    columns = found["understood"]["columns"]
    places = [
        (name, found["header"].index(name))
        for name in ((columns["serial"], columns["name"]) if columns else ())
        if name in found["header"]
    ]
    rows = []
    for row in found["first_rows"]:
        cells = [row["cells"][index] if index < len(row["cells"]) else "" for _, index in places]
        urls = [f"{one['url']} ({one['fault']})" if one["fault"] else one["url"] for one in row["images"]]
        rows.append([number(row["line"]), *cells, "  ".join(urls) or "(no image)"])
    output.table(["Line", *(name or "" for name, _ in places), "Images"], rows, right=["Line"])


def say_notes(output: Output, title: str, notes: list[Note], total: int) -> None:
    """Print problems or warnings, each cause once."""
    if total:
        output.line()
        output.line(f"{title}: {total:,}")
        for line in grouped(notes, total):
            output.line(line)
        output.line()
