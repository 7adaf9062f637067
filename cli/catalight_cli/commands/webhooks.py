"""`verify-webhook` and `redeliver`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from catalight_cli.files import cannot_read
from catalight_cli.options import SET_UP, AsJson, Context, RequestId
from catalight_cli.output import Output
from catalight_cli.session import reported, session
from catalight_cli.webhooks import HEADERS, verify_webhook

SECRET = "CATALIGHT_WEBHOOK_SECRET"  # noqa: S105 (the name of a variable)


def _header(name: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(help=f"The header {name}.", show_default=False)
    return option


def install(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("verify-webhook", rich_help_panel=SET_UP)(verify)
    app.command(rich_help_panel=SET_UP)(redeliver)


def verify(
    body: Annotated[str, typer.Argument(metavar="BODY", help="File with the body as it came; - for stdin.")],
    *,
    id: Annotated[str, _header(HEADERS[0])],  # noqa: A002 (the option)
    timestamp: Annotated[str, _header(HEADERS[1])],
    signature: Annotated[str, _header(HEADERS[2])],
    secret_file: Annotated[
        Path | None, typer.Option(help=f"File with the secret; otherwise {SECRET}.", show_default=False)
    ] = None,
    any_age: Annotated[bool, typer.Option("--any-age", help="Also if it is older than 5 minutes.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check that a webhook was signed with your secret. Exit code: 0 if it was, else 2."""
    output = Output(as_json=as_json)
    with reported(output):
        secret = _read(secret_file).decode() if secret_file else os.environ.get(SECRET, "")
        content = sys.stdin.buffer.read() if body == "-" else _read(Path(body))
        headers = dict(zip(HEADERS, (id, timestamp, signature), strict=True))
        event = verify_webhook(content, headers, secret.split(), any_age=any_age)
        if as_json:
            output.json({"valid": True, "event": event})
        else:
            output.line(f"The webhook is valid: {event.get('type', 'an event')}.")


def redeliver(context: Context, request_id: RequestId, *, as_json: AsJson = False) -> None:
    """Deliver the webhook of a job that has ended again."""
    with session(context, as_json=as_json) as run:
        found = run.client.redeliver(request_id)
        if as_json:
            run.output.json(found)
        else:
            run.output.line(f"The webhook of job {request_id} is being delivered again.")


def _read(path: Path) -> bytes:
    with cannot_read(path):
        return path.read_bytes()
