"""Following a job until it has ended."""

from datetime import datetime

import typer

from catalight_cli import progress
from catalight_cli.answers import Status
from catalight_cli.output import Output, duration, number, percent, size
from catalight_cli.session import Exit, Session


def follow(run: Session, request_id: str, then: str = "") -> Status:
    """Show the progress until the job has ended; return its status.

    Ctrl-C says how to go on: how to watch the job, and what to do `then`.
    """
    try:
        with progress.shown(run.output) as show:
            for status in run.client.watch(request_id):
                show(status)
    except KeyboardInterrupt:
        run.output.note(f"Stopped watching; the job goes on. Watch it again: catalight watch {request_id}")
        if then:
            run.output.note(f"Then: {then}")
        if run.output.as_json:
            run.output.json({"request_id": request_id, "interrupted": True})
        raise typer.Exit(Exit.INTERRUPTED) from None
    return status


def summary(output: Output, status: Status) -> None:
    """Print what became of a job."""
    images, before, after = status["images"], status["bytes"]["in"], status["bytes"]["out"]
    rows = [
        ("State", status["status"]),
        ("File", status["file_name"]),
        ("Rows", number(status["rows"])),
        ("Images", number(images["total"])),
        ("Done", number(images["done"])),
        ("Failed", number(images["failed"])),
    ]
    if before:
        rows.append(("Size", f"{size(before)} became {size(after)}, {percent(before - after, before)} saved"))
    if took := _took(status):
        rows.append(("Time", took))
    rows.append(("Kept until", status["expires_at"][:10]))
    for name, value in rows:
        output.line(f"{name:<10}  {value}")
    for code, failed in status["errors"].items():
        output.line(f"  {code:<20}  {failed:>8,}")


def _took(status: Status) -> str:
    if not status["finished_at"]:
        return ""
    begin, end = (datetime.fromisoformat(str(status[name])) for name in ("created_at", "finished_at"))
    seconds = (end - begin).total_seconds()
    return duration(seconds) if seconds >= 1 else "under a second"
