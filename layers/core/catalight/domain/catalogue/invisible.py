"""Invisible characters: byte order marks, zero-width spaces and marks that are left by copying from pages."""

import re

# The format characters (Unicode's category Cf) that have no glyph, as the inside of a character class.
INVISIBLE = (
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
_CHARACTERS = re.sub(
    "(.)-(.)", lambda ends: "".join(map(chr, range(ord(ends[1]), ord(ends[2]) + 1))), INVISIBLE
)
_WHITE_SPACE = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
)
_EDGES = _CHARACTERS + _WHITE_SPACE + "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def bare(text: str) -> str:
    """Return `text` without the white space and the invisible characters at its ends."""
    return text.strip() if text.isascii() else text.strip(_EDGES)
