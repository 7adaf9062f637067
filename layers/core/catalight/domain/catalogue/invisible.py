"""Invisible characters: byte order marks, zero-width spaces and marks that are left by copying from pages."""

import re

# The format characters (Unicode's category Cf) that have no glyph, as the inside of a character class.
INVISIBLE = (
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
# With white space: what `bare` removes.
EDGES = f"\t-\r\x1c-\x1f \x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000{INVISIBLE}"
_EDGES = re.sub("(.)-(.)", lambda ends: "".join(map(chr, range(ord(ends[1]), ord(ends[2]) + 1))), EDGES)


def bare(text: str) -> str:
    """Return `text` without the white space and the invisible characters at its ends."""
    return text.strip() if text.isascii() else text.strip(_EDGES)
