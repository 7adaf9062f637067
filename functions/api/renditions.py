"""The form fields of /upload that say what is made of each image."""

from typing import Annotated, Any, Literal

from fastapi import Depends, Form, Request
from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from catalight.domain.errors import OptionError
from catalight.domain.image.formats import Target
from catalight.domain.image.look import Look
from catalight.domain.image.presets import PRESETS
from catalight.domain.image.rendition import AUTO, COLOUR, MAX_RENDITIONS, MAX_SIDE, WHITE, Rendition
from catalight.domain.image.rendition_requests import FORM, read_renditions
from catalight.domain.texts import shown
from functions.api.problems import IN_OUR_WORDS

RENDITIONS = (
    f"What is made of each image, as JSON: up to {MAX_RENDITIONS} renditions, such as `{FORM}`. Presets: "
    f"{', '.join(f'`{name}`' for name in PRESETS)}. Without it, each image has one, from the fields "
    "`quality`, `look`, `format`, `max_width`, `max_height` and `background`, which are refused beside it"
)
FORMAT = "`keep`: the format of each source (BMP and TIFF become PNG); `auto`: the one with the smallest file"
BACKGROUND = "Colour behind the transparent parts of an image that becomes a JPEG; empty: white"
QUALITY = "1 to 100, or `auto`: the lowest one with which an image has the `look`, each image its own"
NO_QUALITY = "Input should be a whole number from 1 to 100, or auto"
QUALITY_SCHEMA: dict[str, Any] = {
    "oneOf": [{"type": "integer", "minimum": 1, "maximum": 100}, {"type": "string", "const": "auto"}]
}
LOOK = "With `quality=auto`: how near an output is to its source, whatever quality that takes. Empty: `good`"
OF_ONE = ("quality", "look", "format", "max_width", "max_height", "background")


def _quality(value: object) -> int | Literal["auto"]:
    """Return the quality that a form names."""
    if value == AUTO:
        return AUTO
    text = str(value)
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= 100):
        raise PydanticCustomError(IN_OUR_WORDS, NO_QUALITY)
    return int(text)


Quality = Annotated[int | Literal["auto"], PlainValidator(_quality), WithJsonSchema(QUALITY_SCHEMA)]


async def _renditions(
    request: Request,
    renditions: Annotated[str, Form(description=RENDITIONS)] = "",
    quality: Annotated[Quality, Form(description=QUALITY)] = 50,
    format: Annotated[Target, Form(description=FORMAT)] = Target.JPEG,  # noqa: A002 (the field's name)
    max_width: Annotated[int | None, Form(ge=1, le=MAX_SIDE, description="Pixels")] = None,
    max_height: Annotated[int | None, Form(ge=1, le=MAX_SIDE, description="Pixels")] = None,
    look: Annotated[Look | None, Form(description=LOOK)] = None,
    background: Annotated[str, Form(pattern=f"{COLOUR}|^$", description=BACKGROUND)] = WHITE,
) -> tuple[Rendition, ...]:
    """Return the renditions that a form requests. Raise OptionError if it requests them in two ways."""
    requested = read_renditions(renditions)
    if not requested:
        return (Rendition(quality, format, max_width, max_height, background, look=look),)
    form = await request.form()  # parsed before
    for field in OF_ONE:
        if value := form.get(field):
            raise OptionError(field, shown(str(value)), "nothing beside renditions; name it in each of them")
    return requested


Renditions = Annotated[tuple[Rendition, ...], Depends(_renditions)]
"""The type of a parameter that receives the renditions of a form."""
