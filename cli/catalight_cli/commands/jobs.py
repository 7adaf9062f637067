"""Commands about jobs: their state, and what can be done with them."""

import sys
import webbrowser
from typing import Annotated

import typer

from catalight_cli.answers import Status
from catalight_cli.commands.watching import follow, summary
from catalight_cli.errors import CatalightError
from catalight_cli.options import JOBS, AsJson, Context, RequestId, Yes
from catalight_cli.output import number, percent
from catalight_cli.session import Session, ended, session

States = Annotated[
    list[str] | None,
    typer.Option("--state", help="Only jobs in this state; may be given several times.", show_default=False),
]


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("list", rich_help_panel=JOBS)(list_jobs)
    for command in (status, watch, cancel, retry, delete, extend):
        app.command(rich_help_panel=JOBS)(command)
    app.command("open", rich_help_panel=JOBS)(open_job)


def status(context: Context, request_id: RequestId, *, as_json: AsJson = False) -> None:
    """Show the state of a job. Exit code: 0, or 1 if some images failed."""
    with session(context, as_json=as_json) as run:
        found = run.client.status(request_id)
        _show(run, found)
        raise typer.Exit(ended(found))


def watch(context: Context, request_id: RequestId, *, as_json: AsJson = False) -> None:
    """Follow a job until it has ended. Exit code: 0, or 1 if some images failed."""
    with session(context, as_json=as_json) as run:
        found = follow(run, request_id)
        _show(run, found)
        raise typer.Exit(ended(found))


def list_jobs(
    context: Context,
    *,
    state: States = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List your jobs, the newest first."""
    with session(context, as_json=as_json) as run:
        found = list(run.client.jobs(*(state or ()), limit=limit))
        if as_json:
            run.output.json(found)
            return
        titles = ("Id", "Created", "State", "Images", "Failed", "Saved", "File")
        rows = [
            (
                one["request_id"],
                one["created_at"][:16].replace("T", " "),
                one["status"],
                number(one["images"]["total"]),
                number(one["images"]["failed"]),
                percent(one["bytes"]["in"] - one["bytes"]["out"], one["bytes"]["in"]),
                one["file_name"],
            )
            for one in found
        ]
        run.output.table(titles, rows, right=("Images", "Failed", "Saved"))


def cancel(context: Context, request_id: RequestId, *, as_json: AsJson = False) -> None:
    """Stop a job. Images that are done stay, and the result has them."""
    with session(context, as_json=as_json) as run:
        _did(run, run.client.cancel(request_id), "is being cancelled")


def retry(context: Context, request_id: RequestId, *, as_json: AsJson = False) -> None:
    """Process the failed images of a job again."""
    with session(context, as_json=as_json) as run:
        _did(run, run.client.retry(request_id), "runs again")


def extend(
    context: Context,
    request_id: RequestId,
    *,
    days: Annotated[int, typer.Option(min=1, help="Days from now.", show_default=False)],
    shorten: Annotated[bool, typer.Option("--shorten", help="Also if that is earlier than before.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep a job, its images and its result for longer."""
    with session(context, as_json=as_json) as run:
        found = run.client.extend(request_id, days, shorten=shorten)
        _did(run, found, f"is kept until {found['expires_at'][:10]}")


def delete(context: Context, request_id: RequestId, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete a job, its images and its result."""
    with session(context, as_json=as_json) as run:
        if not yes:
            if not sys.stdin.isatty() or as_json:
                raise CatalightError("Nothing was deleted: give --yes where nobody can be asked.")
            typer.confirm(f"Delete job {request_id}, its images and its result?", abort=True, err=True)
        run.client.delete(request_id)
        if as_json:
            run.output.json({"request_id": request_id, "deleted": True})
        else:
            run.output.line(f"Job {request_id} is deleted.")


def open_job(context: Context, request_id: RequestId, *, as_json: AsJson = False) -> None:
    """Open the page of a job in the browser, and print its URL."""
    with session(context, as_json=as_json) as run:
        run.client.status(request_id)  # says what is wrong with the id or the key, better than the page can
        address = f"{run.settings.url}/#/jobs/{request_id}"
        opened = webbrowser.open(address)
        if as_json:
            run.output.json({"url": address, "opened": opened})
        else:
            run.output.line(address)


def _show(run: Session, found: Status) -> None:
    if run.output.as_json:
        run.output.json(found)
        return
    summary(run.output, found)
    if found["images"]["failed"]:
        run.output.note(f"What failed, and what to do: catalight failed {found['request_id']}")


def _did(run: Session, found: Status, said: str) -> None:
    if run.output.as_json:
        run.output.json(found)
    else:
        run.output.line(f"Job {found['request_id']} {said}.")
