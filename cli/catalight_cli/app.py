"""The command `catalight`."""

from typing import Annotated

import typer

from catalight_cli import config
from catalight_cli.commands import jobs, keys, results, submit, webhooks

HELP = f"""Compress the images in a product catalogue: from a CSV or Excel file to the same table with new URLs.

Begin with `catalight check FILE`, then `catalight submit FILE --wait -o result.csv`.

The service's address comes from --url, {config.URL} or the config file, in this order, and is {config.DEFAULT_URL}
otherwise. The API key comes from {config.KEY} or the config file (see `catalight key`); a local system needs none.

Exit codes: 0 all well; 1 some images failed; 2 refused (the request, the file, or an output that cannot be written);
3 no service (it does not answer, or failed); 130 stopped by Ctrl-C.
"""

app = typer.Typer(
    name="catalight", help=HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None
)
submit.install(app)
jobs.install(app)
results.install(app)
webhooks.install(app)
app.add_typer(keys.app, name="key")


@app.callback()
def options(
    url: Annotated[
        str | None, typer.Option(envvar=config.URL, help="Address of the service.", show_default=False)
    ] = None,
) -> None:
    """Take the options of all commands (`session` reads them)."""


def main() -> None:
    """Run the command line."""
    app()
