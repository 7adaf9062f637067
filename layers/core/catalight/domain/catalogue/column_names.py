"""Compare names of columns, whatever their case, accents, punctuation and numbers."""

import re
import unicodedata
from collections.abc import Sequence

from catalight.domain.catalogue.invisible import bare

# Amazon's flat files qualify a name: item_name[marketplace_id=A1PA6795UKMFR9]#1.value
_QUALIFIER = re.compile(r"\[[^\[\]=]*=[^\[\]]*\]")
_NOT_ALPHANUMERIC = re.compile(r"[^\w]|_")
_NUMBER = re.compile(r"[0-9]+")
_WITHOUT_DECOMPOSITION = str.maketrans(
    {0x142: "l", 0xF8: "o", 0x111: "d", 0x131: "i", 0xE6: "ae", 0x153: "oe"}
)
MAX_NAME_CHARACTERS = 200  # longer texts are not names


def plain(name: str) -> str:
    """Return a name's letters and digits, in lower case and without accents.

    It is empty if the name is longer than MAX_NAME_CHARACTERS.
    """
    if len(name) > MAX_NAME_CHARACTERS:
        return ""
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name.casefold()).translate(_WITHOUT_DECOMPOSITION)
        name = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _NOT_ALPHANUMERIC.sub("", _QUALIFIER.sub("", name).casefold())


def numbered(plain_name: str) -> str:
    """Return a plain name with "#" in the place of each number, so that Image 1 and Image 12 are the same."""
    return _NUMBER.sub("#", plain_name)


def indexes(cells: Sequence[str], name: str) -> list[int]:
    """Return where a header has a column: by its exact name, or else by its plain one."""
    exact = [index for index, cell in enumerate(cells) if bare(cell) == bare(name)]
    return exact or [index for index, cell in enumerate(cells) if plain(cell) == plain(name) != ""]
