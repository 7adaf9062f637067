"""What every command shares: the client, the output, and what an error becomes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import urlsplit

import typer

from catalight_cli import advice, config
from catalight_cli.answers import Note, Status
from catalight_cli.client import Client
from catalight_cli.config import DEFAULT_URL, Settings
from catalight_cli.errors import (
    CatalightError,
    CatalogueError,
    NoServiceError,
    NotCatalightError,
    NotConfirmedError,
    ProblemError,
    ServiceError,
    UnauthorizedError,
)
from catalight_cli.output import Output, count, lines
from catalight_cli.transport import Pause

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Exit(IntEnum):
    """The exit codes."""

    WELL = 0
    SOME_FAILED = 1
    REFUSED = 2
    NO_SERVICE = 3
    INTERRUPTED = 130


@dataclass
class Session:
    """One command at work."""

    output: Output
    settings: Settings
    client: Client


@contextmanager
def session(context: typer.Context, *, as_json: bool) -> Iterator[Session]:
    """Yield what a command works with; print its errors and end it with their exit code."""
    output = Output(as_json=as_json)
    with reported(output):
        settings = config.settings(context.find_root().params.get("url"))
        if settings.api_key and _is_open(settings.url):
            output.note(f"Warning: the API key goes unencrypted to {settings.url}. Use https.", "yellow")

        def on_pause(pause: Pause) -> None:
            output.note(f"{pause.reason} Trying again in {pause.seconds:.0f} s.", "yellow")

        with Client(settings.url, settings.api_key, on_pause=on_pause) as client:
            yield Session(output, settings, client)


@contextmanager
def reported(output: Output) -> Iterator[None]:
    """Print a CatalightError of the block, and end the command with its exit code."""
    try:
        yield
    except KeyboardInterrupt:
        output.note("Stopped.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except CatalightError as error:
        code = exit_code(error)
        if output.as_json:
            output.json({"error": _document(error), "exit_code": code})
        output.note(words(error), "red")
        if isinstance(error, CatalogueError):
            for line in grouped(error.problems, error.problems_total):
                output.note(line)
        raise typer.Exit(code) from error


def exit_code(error: CatalightError) -> Exit:
    """Return the exit code that an error means."""
    return Exit.NO_SERVICE if isinstance(error, NoServiceError | ServiceError) else Exit.REFUSED


def ended(status: Status) -> Exit:
    """Return the exit code that the state of a job means."""
    if status["status"] == "FAILED":
        return Exit.REFUSED
    return Exit.SOME_FAILED if status["images"]["failed"] else Exit.WELL


def words(error: CatalightError) -> str:
    """Return what people are told of an error, with what to do about it."""
    if isinstance(error, UnauthorizedError):
        return f"{error.title}: {error.detail} Store it with `catalight key set`, or set {config.KEY}."
    if isinstance(error, NoServiceError) and not isinstance(error, NotCatalightError):
        start = " Start it with `make run`," if error.url == DEFAULT_URL else ""
        check = f" or set {config.URL}." if start else f" Check {config.URL} and the network."
        return f"{str(error).rstrip('.')}. Is it running?{start}{check}"
    if isinstance(error, NotConfirmedError):
        return f"{error} If these were the wrong columns, name them with --columns or --header-row."
    return str(error)


def grouped(problems: list[Note] | list[dict[str, object]], total: int) -> Iterator[str]:
    """Yield the lines that tell the problems of a file: each cause once, with its lines and what to do."""
    causes: dict[str, list[Note]] = {}
    for problem in problems:
        causes.setdefault(str(problem["code"]), []).append(problem)  # type: ignore[arg-type]
    for code, notes in causes.items():
        at = lines([note["line"] for note in notes if note["line"]])
        where = f", line {at}" if at else ""
        yield f"  {code}: {count(len(notes), 'time')}{where}" if len(notes) > 1 else f"  {code}{where}"
        yield f"    {notes[0]['message']}"
        if found := notes[0]["found"]:
            column = f" in the column {notes[0]['column']}" if notes[0]["column"] else ""
            yield f"    Found{column}: {found}"
        if code in advice.FILES:
            yield f"    {advice.FILES[code]}"
    if total > len(problems):
        yield f"  and {count(total - len(problems), 'more problem')}"


def _document(error: CatalightError) -> dict[str, object]:
    if isinstance(error, ProblemError):
        return error.problem | {"status": error.status}
    return {"title": str(error)}


def _is_open(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in LOOPBACK
