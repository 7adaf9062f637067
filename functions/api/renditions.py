"""The form fields of /upload that say what is made of each image."""

from typing import Annotated, Literal

from fastapi import Depends, Form, Request
from pydantic import Field

from catalight.domain.catalogue.urls import shown
from catalight.domain.errors import OptionError
from catalight.domain.image.formats import Target
from catalight.domain.image.look import Look
from catalight.domain.image.presets import PRESETS
from catalight.domain.image.rendition import COLOUR, MAX_RENDITIONS, MAX_SIDE, WHITE, Rendition
from catalight.domain.image.rendition_requests import FORM, read_renditions

RENDITIONS = (
    f"What is made of each image, as JSON: up to {MAX_RENDITIONS} renditions, such as `{FORM}`. Presets: "
    f"{', '.join(f'`{name}`' for name in PRESETS)}. Without it, each image has one, from the fields "
    "`quality`, `look`, `format`, `max_width`, `max_height` and `background`, which are refused beside it"
)
FORMAT = "`keep`: the format of each source (BMP and TIFF become PNG); `auto`: the one with the smallest file"
BACKGROUND = "Colour behind the transparent parts of an image that becomes a JPEG; empty: white"
QUALITY = "1 to 100, or `auto`: the lowest one with which an image has the `look`, each image its own"
LOOK = "With `quality=auto`: how near an output is to its source, whatever quality that takes. Empty: `good`"
OF_ONE = ("quality", "look", "format", "max_width", "max_height", "background")


async def _renditions(
    request: Request,
    renditions: Annotated[str, Form(description=RENDITIONS)] = "",
    quality: Annotated[Annotated[int, Field(ge=1, le=100)] | Literal["auto"], Form(description=QUALITY)] = 50,
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
