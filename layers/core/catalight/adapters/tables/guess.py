"""Guess the encoding of a text that is neither UTF-8 nor UTF-16, from the letters that languages use.

Libraries for this weigh bytes by statistics of long texts, but the cells of a catalogue are short. Of 76
files with one word, charset-normalizer understood 45, and it took German for Windows-1250. Here a guess costs
something for each character that the alphabet of its language does not have, and the cheapest wins.
"""

import re
from collections.abc import Iterator

from catalight.adapters.tables.alphabets import COMMON_SIGNS, WITHIN_WORDS, Alphabet, alphabets

_HIGH = re.compile(rb"[\x80-\xff]")
_CELL_END = re.compile(rb'[,;\t\r\n"]')
_BEFORE = 24  # bytes of a cell before its first high byte
_CELL = 240
_CELLS = 300
_TRIED = 20_000
_STRANGE = 0.6  # mean cost of a character, above which this is no text


def guesses(data: bytes) -> list[str]:
    """Return the codecs that may have written a text, the best guess first; none if it is no text."""
    cells = list(_sample(data))
    costs = [
        (cost, place, alphabet.codec)
        for place, alphabet in enumerate(alphabets())
        if (cost := _cost(cells, alphabet)) <= _STRANGE
    ]
    return list(dict.fromkeys(codec for _, _, codec in sorted(costs)))


def _sample(data: bytes) -> Iterator[bytes]:
    """Yield distinct cells with high bytes, or their parts around these."""
    seen: set[bytes] = set()
    position = 0
    for _ in range(_TRIED):
        high = _HIGH.search(data, position)
        if high is None or len(seen) == _CELLS:
            return
        before = data[max(position, high.start() - _BEFORE) : high.start()]
        begin = high.start() - len(_CELL_END.split(before)[-1])
        end = _CELL_END.search(data, high.start(), begin + _CELL)
        cell = data[begin : end.start() if end else begin + _CELL]
        if cell not in seen:
            seen.add(cell)
            yield cell
        after = end or _CELL_END.search(data, begin + _CELL)
        position = after.end() if after else len(data)


def _cost(cells: list[bytes], alphabet: Alphabet) -> float:
    """Return the mean cost of the characters beyond ASCII; more than any limit if they cannot be decoded."""
    total, count = 0.0, 0
    for cell in cells:
        try:
            text = cell.decode(alphabet.codec)
        except UnicodeDecodeError as error:
            if error.end < len(cell) or len(cell) < _CELL:  # the last character may be cut off
                return 2 * _STRANGE
            text = cell[: error.start].decode(alphabet.codec)
        if alphabet.unlikely:
            total += len(re.findall(alphabet.unlikely, text, re.IGNORECASE | re.MULTILINE))
        for index, character in enumerate(text):
            if character > "\x7f":
                total += _one(text, index, alphabet)
                count += 1
    return total / max(count, 1) + alphabet.bias


def _one(text: str, index: int, alphabet: Alphabet) -> float:
    """Return the cost of one character among its neighbours."""
    character, before, after = text[index], text[index - 1 : index], text[index + 1 : index + 2]
    lower = character.lower() if character != "İ" else character
    if lower not in alphabet.letters:
        if character in COMMON_SIGNS:
            return 1.0 if before.isalpha() and after.isalpha() and character not in WITHIN_WORDS else 0.15
        return 3.0 if not character.isprintable() else 1.0
    cost = 0.0 if lower in alphabet.frequent else alphabet.rare
    if before.isdigit() or after.isdigit():
        cost += 0.3
    if character.isupper() and before.islower():
        cost += 1.0
    foreign = (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())
    if alphabet.alone:
        return cost + (0.5 if foreign else 0.0)
    run = text[max(index - 2, 0) : index]
    return cost + (
        0.5 if len(run) == 2 and run.isalpha() and not set(map(str.isascii, run)) & {True} else 0.0
    )
