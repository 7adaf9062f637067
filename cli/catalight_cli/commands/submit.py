"""`submit` and `check`: a file on its way to the service."""

import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from catalight_cli.answers import Accepted, DryRun, Status
from catalight_cli.commands.understood import say_notes, say_understood
from catalight_cli.commands.watching import follow, summary
from catalight_cli.commands.writing import fetch
from catalight_cli.errors import NoServiceError, ServiceError
from catalight_cli.options import SEND, AsJson, Context, takes_fields
from catalight_cli.output import Output, count
from catalight_cli.progress import Transfer, transfer
from catalight_cli.session import Exit, Session, ended, session

FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="CSV or workbook, or the URL of a feed.", show_default=False)
]
KEY = "Of a submission that was interrupted: the same key goes on with it, and submits it at most once."
GO_ON = "If it arrived, this goes on with it, and submits it only once: --idempotency-key {}"
YES = "Do not ask whether a large file was understood rightly."


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
    yes: Annotated[bool, typer.Option("--yes", "-y", help=YES)] = False,
    as_json: AsJson = False,
    fields: dict[str, str],
) -> None:
    """Send a file; with --wait, -o or --zip also wait for the result.

    A file above 4.4 MB is stored first; on a terminal, you then see what is in it, and are asked to go on.

    Exit code: 0, or 1 if some images failed.
    """
    with session(context, as_json=as_json) as run:
        accepted = _submitted(run, file, idempotency_key or str(uuid4()), fields, asks=not (yes or as_json))
        if not as_json:
            _say_accepted(run.output, accepted)
        if not (wait or output or images):
            if as_json:
                run.output.json(accepted)
            else:
                run.output.note(f"Go on with: catalight watch {accepted['request_id']}")
            return
        status = _wait(run, accepted, output, images, as_json=as_json)
        raise typer.Exit(ended(status))


def check(context: Context, file: FileArgument, *, as_json: AsJson = False, fields: dict[str, str]) -> None:
    """Say what a file would be understood as, and what is wrong with it. Nothing is kept.

    A file above 4.4 MB is sent to the service's storage, and removed once its first rows are understood.

    Exit code: 0 if it would be accepted, else 2.
    """
    with session(context, as_json=as_json) as run:
        with transfer(run.output) as shown:
            found = run.client.dry_run(file, on_progress=shown, **fields)
        if as_json:
            run.output.json(found)
        else:
            say_understood(run.output, found, is_part=shown.was_used)
            run.output.line("It would be accepted." if found["accepted"] else "It would be refused.")
        raise typer.Exit(Exit.WELL if found["accepted"] else Exit.REFUSED)


def _wait(
    run: Session, accepted: Accepted, output: Path | None, images: Path | None, *, as_json: bool
) -> Status:
    """Follow the job to its end, and write its files; return its status."""
    request_id = accepted["request_id"]
    then = f"catalight download {request_id}" if output or images else ""
    status = follow(run, request_id, then)
    written = _results(run, request_id, output, images)
    if as_json:
        files: dict[str, Any] = {name: str(path) for name, path in written.items()}
        run.output.json({"accepted": accepted, "status": status, "files": files})
    else:
        _say_ended(run, status)
    return status


def _submitted(run: Session, file: str, key: str, fields: dict[str, str], *, asks: bool) -> Accepted:
    with transfer(run.output) as shown:

        def confirm(found: DryRun) -> bool:
            return not asks or _is_confirmed(run.output, shown, found)

        try:
            return run.client.upload(file, idempotency_key=key, confirm=confirm, on_progress=shown, **fields)
        except (NoServiceError, ServiceError) as error:
            if error.attempts > 1 or shown.was_used or isinstance(error, ServiceError):
                run.output.note(GO_ON.format(key))
            raise
        except KeyboardInterrupt:
            run.output.note(GO_ON.format(key))
            raise


def _is_confirmed(output: Output, shown: Transfer, found: DryRun) -> bool:
    """Say what a large file was understood as; ask, if there is a terminal, whether to go on."""
    if not (sys.stdin.isatty() and output.err.is_terminal):
        return True
    shown.pause()
    say_understood(output, found, is_part=True)
    try:
        return typer.confirm("Submit it?", default=True, err=True)
    except typer.Abort:  # Ctrl-C and Ctrl-D
        raise KeyboardInterrupt from None


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
    say_notes(output, "Warnings", accepted["warnings"], accepted["warnings_total"])


def _say_ended(run: Session, status: Status) -> None:
    summary(run.output, status)
    if status["images"]["failed"]:
        run.output.note(f"What failed, and what to do: catalight failed {status['request_id']}")
