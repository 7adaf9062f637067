"""Commands about what came out of a job: its result, its rows and what failed."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from catalight_cli import advice
from catalight_cli.answers import ENDED, Row
from catalight_cli.commands.writing import STDOUT, fetch
from catalight_cli.errors import CatalightError
from catalight_cli.options import RESULTS, AsJson, Context, RequestId
from catalight_cli.output import Output, count, lines, number
from catalight_cli.session import session

OutputFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="File or folder; - for stdout. Otherwise the current folder."),
]
States = Annotated[
    list[str] | None,
    typer.Option("--state", help="Only rows in this state: PENDING, DONE, PARTIAL, FAILED or EMPTY."),
]
SHOWN_ROWS = 5  # of one cause


def _form(text: str) -> Any:
    return typer.Option(help=text, show_default=False)


def install(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (download, failed, rows):
        app.command(rich_help_panel=RESULTS)(command)


def download(
    context: Context,
    request_id: RequestId,
    *,
    output: OutputFile = None,
    format: Annotated[str | None, _form("csv, xlsx, jsonl or zip (all images).")] = None,  # noqa: A002 (the option)
    result: Annotated[str | None, _form("append or replace.")] = None,
    failed: Annotated[str | None, _form("With replace: keep or empty.")] = None,
    result_encoding: Annotated[str | None, _form("Of a CSV: utf-8 or input.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the result of a job to a file; as it was written, or in another form."""
    form = {"format": format, "result": result, "failed": failed, "result_encoding": result_encoding}
    with session(context, as_json=as_json) as run:
        _refuse_stdout(output, as_json=as_json)
        path = fetch(run, request_id, output, **{name: value for name, value in form.items() if value})
        if as_json:
            run.output.json({"request_id": request_id, "file": str(path)})


def failed(
    context: Context,
    request_id: RequestId,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the failed rows to this file, to be corrected."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which images failed, why, and what to do; with -o write their rows to a file."""
    with session(context, as_json=as_json) as run:
        _refuse_stdout(output, as_json=as_json)
        if output == STDOUT:
            fetch(run, request_id, output, rows="failed")
            return
        causes = _causes(run.client.rows(request_id, "FAILED", "PARTIAL"))
        path = fetch(run, request_id, output, rows="failed") if output and causes else None
        if as_json:
            shown = [
                {"code": code, "advice": _advice(code), "images": found} for code, found in causes.items()
            ]
            run.output.json({"request_id": request_id, "causes": shown, "file": path and str(path)})
        else:
            if not causes:
                ended = run.client.status(request_id)["status"] in ENDED
                running = "No image has failed so far; the job is still running."
                run.output.line("No image failed." if ended else running)
            _say_causes(run.output, causes, request_id)


def rows(
    context: Context,
    request_id: RequestId,
    *,
    state: States = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 for all.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the rows of a job with their images."""
    with session(context, as_json=as_json) as run:
        found = islice(run.client.rows(request_id, *(state or ())), limit or None)
        if as_json:
            run.output.json(list(found))
            return
        titles = ("Row", "State", "Image", "Bytes in", "Bytes out", "Error or new URL")
        shown = [cells for row in found for cells in _lines_of(row)]
        run.output.table(titles, shown, right=("Row", "Bytes in", "Bytes out"))


def _lines_of(row: Row) -> Iterable[tuple[str, ...]]:
    place = number(row["row"])
    if not row["images"]:
        yield (place, row["state"], "(no image)", "", "", "")
    for image in row["images"]:
        outcome = image["error"] or image["output_url"] or ""
        sizes = (number(image["bytes_in"]), number(image["bytes_out"])) if image["output_url"] else ("", "")
        yield (place, row["state"], image["url"], *sizes, outcome)


def _causes(found: Iterable[Row]) -> dict[str, list[dict[str, Any]]]:
    """Return the images that failed by code, the most frequent first."""
    causes: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        for image in row["images"]:
            for one in image["renditions"]:
                if one["error"]:
                    told = {"row": row["row"], "url": image["url"], "detail": one["detail"]}
                    named = {"rendition": one["name"]} if one["name"] else {}
                    causes.setdefault(one["error"], []).append(told | named)
    return dict(sorted(causes.items(), key=lambda cause: -len(cause[1])))


def _say_causes(output: Output, causes: dict[str, list[dict[str, Any]]], request_id: str) -> None:
    for code, found in causes.items():
        numbers = [image["row"] for image in found]
        named = "row" if len(set(numbers)) == 1 else "rows"
        output.line(f"{code}: {count(len(found), 'image')}, {named} {lines(numbers)}", "bold")
        output.line(f"  {_advice(code)}")
        for image in found[:SHOWN_ROWS]:
            detail = f": {image['detail']}" if image["detail"] else ""
            output.line(f"  row {image['row']}  {image['url']}{detail}")
        if len(found) > SHOWN_ROWS:
            output.line(f"  and {len(found) - SHOWN_ROWS:,} more")
    if causes.keys() - {"invalid_url"}:
        output.note(f"To try them again: catalight retry {request_id}")


def _advice(code: str) -> str:
    return advice.IMAGES.get(code, "")


def _refuse_stdout(output: Path | None, *, as_json: bool) -> None:
    if as_json and output == STDOUT:
        raise CatalightError("--json and -o - would both write to stdout.")
