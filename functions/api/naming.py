"""The form fields that name images."""

from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Form

from catalight.domain.errors import OptionError
from catalight.domain.job import naming
from catalight.domain.job.naming import Naming

FILE_NAME = (
    "Names of the images, as a template over the row: `{column:SKU}-{n}`. Its fields are `{serial}`, "
    "`{name}`, `{column:…}`, `{n}` (which image of the row, from 1), `{source}` (the source's own name) and "
    "`{rendition}`; `/` makes folders in the ZIP. Empty: `{source}`"
)
FILE_NAMES = "Letters of these names; `ascii`: those without accents, which every shop takes"


class Letters(StrEnum):
    """The letters that names may have."""

    ASCII = "ascii"
    UNICODE = "unicode"


def _naming(
    file_name: Annotated[str, Form(max_length=naming.MAX_CHARACTERS, description=FILE_NAME)] = "",
    file_names: Annotated[Letters, Form(description=FILE_NAMES)] = Letters.ASCII,
) -> Naming | None:
    """Return what the form says of names. Raise OptionError if the template is wrong."""
    if file_name:
        return Naming.read(file_name, unicode=file_names is Letters.UNICODE)
    if file_names is not Letters.ASCII:
        raise OptionError("file_names", file_names.value, f"{Letters.ASCII}, unless file_name is sent too")
    return None


FormNaming = Annotated[Naming | None, Depends(_naming)]
"""The type of a parameter that receives what the form says of names."""
