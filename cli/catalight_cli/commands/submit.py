"""`submit` and `check`: a file on its way to the service."""

from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from catalight_cli.answers import Accepted, DryRun, Note, Status
from catalight_cli.commands.watching import follow, summary
from catalight_cli.commands.writing import fetch
from catalight_cli.errors import NoServiceError, ServiceError
from catalight_cli.options import SEND, AsJson, Context, takes_fields
from catalight_cli.output import Output, count, number
from catalight_cli.session import Exit, Session, ended, grouped, session

FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="CSV or workbook, or the URL of a feed.", show_default=False)
]
REASONS = {
    "classic": "the three classic columns",
    "requested": "as you named them",
    "remembered": "as you named them before",
    "layout": "of a known program",
    "names": "found by their names",
    "content": "guessed from their cells",
}
KEY = "Of a submission that may have arrived: the same key submits it at most once."


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(rich_help_panel=SEND)(takes_fields(submit))
    app.command(rich_help_panel=SEND)(takes_fields(check))


def submit(
    context: Context,
    file: FileArgument,
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until the job has ended.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Wait, and write the result to this file.")
    ] = None,
    images: Annotated[
        Path | None, typer.Option("--zip", help="Wait, and write a ZIP of all images to this file.")
    ] = None,
    idempotency_key: Annotated[str | None, typer.Option(help=KEY, show_default=False)] = None,
    as_json: AsJson = False,
    fields: dict[str, str],
) -> None:
    """Send a file; with --wait, -o or --zip also wait for the result.

    Exit code: 0, or 1 if some images failed.
    """
    with session(context, as_json=as_json) as run:
        accepted = _submitted(run, file, idempotency_key or str(uuid4()), fields)
        request_id = accepted["request_id"]
        if not as_json:
            _say_accepted(run.output, accepted)
        if not (wait or output or images):
            if as_json:
                run.output.json(accepted)
            else:
                run.output.note(f"Go on with: catalight watch {request_id}")
            return
        then = f"catalight download {request_id}" if output or images else ""
        status = follow(run, request_id, then)
        written = _results(run, request_id, output, images)
        if as_json:
            files: dict[str, Any] = {name: str(path) for name, path in written.items()}
            run.output.json({"accepted": accepted, "status": status, "files": files})
        else:
            _say_ended(run, status)
        raise typer.Exit(ended(status))


def check(context: Context, file: FileArgument, *, as_json: AsJson = False, fields: dict[str, str]) -> None:
    """Say what a file would be understood as, and what is wrong with it. Nothing is stored.

    Exit code: 0 if it would be accepted, else 2.
    """
    with session(context, as_json=as_json) as run:
        found = run.client.dry_run(file, **fields)
        if as_json:
            run.output.json(found)
        else:
            _say_understood(run.output, found)
        raise typer.Exit(Exit.WELL if found["accepted"] else Exit.REFUSED)


def _submitted(run: Session, file: str, key: str, fields: dict[str, str]) -> Accepted:
    try:
        return run.client.upload(file, idempotency_key=key, **fields)
    except (NoServiceError, ServiceError) as error:
        if error.attempts > 1 or isinstance(error, ServiceError):
            run.output.note(f"If it arrived, this submits it only once: --idempotency-key {key}")
        raise
    except KeyboardInterrupt:
        run.output.note(f"If it arrived, this submits it only once: --idempotency-key {key}")
        raise


def _results(run: Session, request_id: str, output: Path | None, images: Path | None) -> dict[str, Path]:
    written = {}
    if output:
        written["result"] = fetch(run, request_id, output)
    if images:
        written["zip"] = fetch(run, request_id, images, format="zip")
    return {name: path for name, path in written.items() if path}


def _say_accepted(output: Output, accepted: Accepted) -> None:
    rows, images = count(accepted["rows"], "row"), count(accepted["images"], "image")
    output.line(f"Job {accepted['request_id']}: {rows}, {images}")
    _say_notes(output, "Warnings", accepted["warnings"], accepted["warnings_total"])


def _say_ended(run: Session, status: Status) -> None:
    summary(run.output, status)
    if status["images"]["failed"]:
        run.output.note(f"What failed, and what to do: catalight failed {status['request_id']}")


def _say_understood(output: Output, found: DryRun) -> None:
    understood = found["understood"]
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
    urls = count(found["distinct_urls"], "different URL")
    outputs = f", {count(found['outputs'], 'output')}" if found["outputs"] != found["images"] else ""
    output.line(
        f"Contents  {count(found['rows'], 'row')}, {count(found['images'], 'image')}{outputs}, {urls} at "
        f"{count(found['hosts_total'], 'host')}"
    )
    _say_rows(output, found)
    _say_notes(output, "Problems", found["problems"], found["problems_total"])
    _say_notes(output, "Warnings", found["warnings"], found["warnings_total"])
    output.line("It would be accepted." if found["accepted"] else "It would be refused.")


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


def _say_notes(output: Output, title: str, notes: list[Note], total: int) -> None:
    if total:
        output.line()
        output.line(f"{title}: {total:,}")
        for line in grouped(notes, total):
            output.line(line)
        output.line()
