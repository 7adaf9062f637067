"""The names of the columns that Catalight has always required."""

import re

from catalight.domain.catalogue.invisible import INVISIBLE, bare

SERIAL, PRODUCT, IMAGES = "Serial Number", "Product Name", "Input Image Urls"
_MAX_NAME = 200  # characters; what is longer is not compared

# Normalised names. The variants on the right count only if no column has the exact name on the left.
REQUIRED = {
    SERIAL: ("serialnumber", {"serialno", "serial", "sno", "srno", "slno", "s/n", "sn", "no", "#"}),
    PRODUCT: ("productname", {"product", "name", "producttitle", "item", "itemname"}),
    IMAGES: ("inputimageurls", {"inputimageurl", "imageurls", "imageurl", "inputimages", "images"}),
}
_IGNORED = re.compile(rf"[\s._\-{INVISIBLE}]+")


def is_image_column(name: str) -> bool:
    """Return whether a column has the classic name of the image URLs, or one of its variants."""
    exact, variants = REQUIRED[IMAGES]
    plain = plain_classic(bare(name))
    return plain == exact or plain in variants


def plain_classic(name: str) -> str:
    """Return a name as REQUIRED has it; empty if it is too long."""
    return _IGNORED.sub("", name).casefold() if len(name) <= _MAX_NAME else ""
