"""The command `catalight`."""

from importlib.metadata import version
from typing import Annotated

import typer

from catalight_cli import config, options
from catalight_cli.commands import jobs, keys, results, submit, webhooks

HELP = "\n\n".join(
    (
        "Compress the images in a product catalogue: send a CSV or Excel file, get the same table with new "
        "URLs.",
        "Begin with `catalight check FILE`, then `catalight submit FILE -o result.csv`.",
        f"The service's URL is --url, {config.URL}, that of the config file, or {config.DEFAULT_URL}, "
        f"whichever is there first. The API key is {config.KEY} or that of the config file (`catalight key "
        "set`); a local system needs none.",
        "Exit codes:\n0 all well;\n1 some images failed;\n2 refused: the request, the file (by the "
        "service, or by you), or an output that cannot be written;\n3 no service: it does not answer, or "
        "failed;\n"
        "130 stopped by Ctrl-C.",
    )
)

app = typer.Typer(
    name="catalight", help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich"
)
submit.install(app)
jobs.install(app)
results.install(app)
webhooks.install(app)
app.add_typer(keys.app, name="key", rich_help_panel=options.SET_UP)


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        typer.echo(f"catalight_cli {version('catalight_cli')}")
        raise typer.Exit


@app.callback()
def of_all(
    url: Annotated[
        str | None, typer.Option(envvar=config.URL, help="URL of the service.", show_default=False)
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options of all commands (`session` reads them)."""


def main() -> None:
    """Run the command line."""
    app()
