"""The options that commands share. Those of `submit` and `check` are the fields of /upload, one for each."""

import inspect
import json
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from catalight_cli.errors import CatalightError
from catalight_cli.output import Output
from catalight_cli.session import reported

SEND, JOBS, RESULTS, SET_UP = "Send a file", "Jobs", "Results", "Keys and webhooks"  # panels of commands
IMAGES, FILE, RESULT, JOB = "Images", "Reading the file", "Result", "Job"  # panels of options

FIELDS: dict[str, tuple[str, str]] = {
    "quality": (IMAGES, "1 to 100, or auto: as light as the look allows; 50 if it is not given."),
    "look": (IMAGES, "With quality=auto: high, good or small."),
    "format": (IMAGES, "jpeg, webp, avif, png, keep (the source's) or auto (the smallest)."),
    "max_width": (IMAGES, "Pixels; images are never enlarged."),
    "max_height": (IMAGES, "Pixels."),
    "background": (IMAGES, "#rrggbb: behind transparent images that become JPEGs."),
    "renditions": (
        IMAGES,
        "Several sizes of each image, as JSON or names of presets: amazon-main,thumbnail.",
    ),
    "file_name": (IMAGES, "Names of the images, as a template over the row: {column:SKU}-{n}."),
    "file_names": (IMAGES, "ascii or unicode: the letters of these names."),
    "user_agent": (IMAGES, "Sent when images are downloaded, for hosts that refuse others."),
    "referer": (IMAGES, "Sent when images are downloaded; origin: the image's own host."),
    "columns": (FILE, "The columns of images: Front,Back, or JSON with images, serial and name."),
    "header_row": (FILE, "Line of the header, from 1."),
    "sheet": (FILE, "Sheet of a workbook, by name or number."),
    "encoding": (FILE, "Encoding of a CSV, such as windows-1252."),
    "strict": (FILE, "true: refuse the file for problems that are otherwise warnings."),
    "result_format": (RESULT, "csv, xlsx or jsonl; that of the file if it is not given."),
    "result": (RESULT, "append: the new URLs get columns of their own; replace: they replace the old ones."),
    "failed": (RESULT, "With replace, what is left of a failed image: keep (its old URL) or empty."),
    "result_encoding": (RESULT, "Of a CSV: utf-8, or input (that of the file)."),
    "fresh": (JOB, "true: download and compress everything, also what has not changed since an earlier job."),
    "max_age": (JOB, "Hours for which a host is not asked again whether an image has changed."),
    "webhook_url": (JOB, "https URL to call when the job has ended."),
    "reference": (JOB, "Text of your own, such as an order number; shown in status, list and webhook."),
    "keep_days": (JOB, "Days for which the job, its images and its result are kept."),
}
"""The fields of /upload by name: the panel of the help, and the help. A field that is not here: --option."""


type Command = Callable[..., None]

Context = typer.Context
RequestId = Annotated[str, typer.Argument(metavar="ID", help="Request id of the job.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document to stdout, and nothing else.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Generic = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=VALUE",
        help="Any field of /upload, also one that this version does not know.",
    ),
]


def takes_fields(command: Command) -> Command:
    """Give a command an option for each field of /upload; it gets those that were set as `fields`."""
    own = inspect.signature(command)
    wanted = [p for p in own.parameters.values() if p.name != "fields"]
    added = [_parameter(name, *described) for name, described in FIELDS.items()]
    generic = inspect.Parameter("option", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Generic)

    def with_fields(*arguments: Any, option: list[str] | None = None, **given: Any) -> None:
        named = {name: given.pop(name) for name in FIELDS}
        fields = {name: read(name, value) for name, value in named.items() if value is not None}
        with reported(Output(as_json=given["as_json"])):
            fields |= _generic(option or ())
        command(*arguments, fields=fields, **given)

    parameters = [*wanted, *added, generic]
    with_fields.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_fields.__annotations__ = {p.name: p.annotation for p in parameters}
    with_fields.__name__, with_fields.__doc__ = command.__name__, command.__doc__
    return with_fields


def read(name: str, value: str) -> str:
    """Return the value of a field: lists of names stand for the JSON that the API wants."""
    if name == "columns" and not value.lstrip().startswith("{"):
        return json.dumps({"images": _names(value)})
    if name == "renditions" and not value.lstrip().startswith("["):
        return json.dumps(_names(value))
    return value


def _names(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]


def _parameter(name: str, panel: str, text: str) -> inspect.Parameter:
    option = typer.Option(
        f"--{name.replace('_', '-')}", help=text, metavar="VALUE", rich_help_panel=panel, show_default=False
    )
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, option]
    )


def _generic(options: Iterable[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in options]
    if wrong := [text for text, (name, sign, _) in zip(options, pairs, strict=True) if not (name and sign)]:
        raise CatalightError(f"--option {wrong[0]!r} must be NAME=VALUE.")
    return {name: value for name, _, value in pairs}
