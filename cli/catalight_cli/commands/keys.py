"""`key`: the API key of this machine. The API has no calls that make keys: its operators make them."""

import sys
from typing import Annotated

import typer

from catalight_cli import config
from catalight_cli.client import Client
from catalight_cli.errors import CatalightError
from catalight_cli.options import AsJson, Context
from catalight_cli.output import Output
from catalight_cli.session import reported

app = typer.Typer(
    no_args_is_help=True,
    help="Store the API key of a service on this machine.\n\n"
    "Keys are made by whoever runs the service, not over the API. In Catalight's folder `make key NAME=…` "
    "makes one, `make keys` lists them, `make limits KEY=… ROWS_A_DAY=…` changes limits of one, "
    "`make revoke KEY=…` revokes one, and `make webhook-secret KEY=… "
    "ROTATE=1` rotates the secret that signs its webhooks; with STACK=… on AWS.",
)


@app.command("set")
def store(
    context: Context,
    *,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Do not try the key first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Store a key and the service's URL, in a file that only you can read.

    The key is asked for, or read from stdin: an option would stay in the shell's history.
    """
    output = Output(as_json=as_json)
    with reported(output):
        settings = config.settings(context.find_root().params.get("url"))
        is_asked = sys.stdin.isatty()
        key = (
            typer.prompt("API key", hide_input=True, err=True) if is_asked else sys.stdin.readline()
        ).strip()
        if not key.isascii() or not key.isprintable() or not key:
            raise CatalightError(
                "This is no API key: it begins with catalight_ and has only letters and digits."
            )
        if not unchecked:
            with Client(settings.url, key) as client:
                list(client.jobs(limit=1))
        path = config.write({"url": settings.url, "api_key": key})
        if as_json:
            output.json({"url": settings.url, "file": str(path)})
        else:
            output.line(f"The key for {settings.url} is stored in {path}.")


@app.command()
def show(context: Context, *, as_json: AsJson = False) -> None:
    """Say which URL and key are used, and where they come from. The key is not shown."""
    output = Output(as_json=as_json)
    with reported(output):
        settings = config.settings(context.find_root().params.get("url"))
        if as_json:
            output.json({"url": settings.url, "key_from": settings.key_from, "config": str(config.path())})
            return
        output.line(f"Service  {settings.url}")
        output.line(f"Key      {f'from {settings.key_from}' if settings.api_key else 'none'}")
        output.line(f"Config   {config.path()}")


@app.command()
def forget(*, as_json: AsJson = False) -> None:
    """Remove the stored key; the URL stays."""
    output = Output(as_json=as_json)
    with reported(output):
        stored = config.read()
        had = stored.pop("api_key", None) is not None
        if had:
            config.write(stored)
        if as_json:
            output.json({"forgotten": had})
        else:
            output.line("The key is removed." if had else "No key was stored.")
