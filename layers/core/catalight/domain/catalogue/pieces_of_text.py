"""A text file in pieces: where its records end in bytes, and how the bytes of each piece are decoded."""

import codecs
import io
from itertools import islice

from catalight.domain.catalogue.encodings import ENCODINGS
from catalight.domain.catalogue.lines import line_ends

_UTF16 = ("utf-16-le", "utf-16-be")
_OWN_NAMES = ("utf-8", *_UTF16)


def codec_of_pieces(encoding: str, start: bytes) -> str:
    """Return Python's codec for any piece of a file; `encoding` is that of a TextFile, `start` its bytes."""
    if encoding in _OWN_NAMES:
        return encoding
    if encoding == "utf-16":
        return _UTF16[start.startswith(codecs.BOM_UTF16_BE)]
    return "utf-8" if encoding == "utf-8-sig" else ENCODINGS[encoding]


def decode_piece(data: bytes, codec: str, *, is_last: bool) -> str:
    """Return the text of a piece that begins with a whole character.

    A character that the piece cuts off at its end is left out, unless it `is_last`. Raise UnicodeDecodeError
    for other bytes that are no text.
    """
    return codecs.getincrementaldecoder(codec)().decode(data, is_last)


def bytes_of_lines(data: bytes, codec: str, lines: int) -> int:
    """Return how many bytes the first lines of a piece have. Its end may cut off a character."""
    if codec in _UTF16:
        text = data.decode(codec, errors="ignore")
        return len(
            "".join(islice(io.StringIO(text, newline=""), lines)).encode(codec, errors="surrogatepass")
        )
    # In all other encodings, the bytes of line ends occur in no other character.
    position = 0
    for line in data.splitlines(keepends=True)[:lines]:
        position += len(line)
    return position


def up_to_line_end(data: bytes, codec: str) -> bytes:
    """Return the beginning of a piece up to its last line end; all of it if it has none."""
    lines = line_ends(data.decode(codec, errors="ignore"))
    return data[: bytes_of_lines(data, codec, lines)] if lines else data
