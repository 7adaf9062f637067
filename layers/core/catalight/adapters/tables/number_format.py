"""Number formats of OOXML (ECMA-376 part 1, 18.8.31): the text that a sheet shows for a number.

Digits, leading zeros, decimals, grouping, percentages, scaling commas, literals, currencies and the sections
for positive, negative and zero are applied, in the English (US) way. Dates and times become ISO 8601. A
format with an exponent counts as general, because an exponent spoils an EAN. What is not known (fractions,
conditions) is shown as general, and `known` is false.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from catalight.adapters.tables.format_section import PLACES, Section
from catalight.adapters.tables.numbers import general, number

MAX_CODE = 255  # Excel's limit

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|(?P<space>_.)|(?P<fill>\*.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General)|(?P<noon>AM/PM|A/P)|(?P<exponent>E[+-])|(?P<letter>[ymdhsegb])"
    r"|(?P<place>[0#?])|(?P<end>;)|(?P<sign>[.,%/@])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CURRENCY = re.compile(r"\$([^-]*)(?:-.*)?", re.DOTALL)
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_WITHOUT_EFFECT = re.compile(  # colours, and the digits of other scripts
    r"(?:black|blue|cyan|green|magenta|red|white|yellow|color\s*\d+|DBNum\d|NatNum\d+)", re.IGNORECASE
)

# ECMA-376 part 1, 18.8.30, in the English (US) version; 27 to 36 and 50 to 58 are dates of East Asia.
BUILT_IN = {
    0: "General",
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: "$#,##0_);($#,##0)",
    6: "$#,##0_);($#,##0)",
    7: "$#,##0.00_);($#,##0.00)",
    8: "$#,##0.00_);($#,##0.00)",
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), *range(34, 37), *range(50, 59)), "yyyy-mm-dd"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33), "hh:mm:ss"),
    22: "yyyy-mm-dd hh:mm:ss",
    37: "#,##0_);(#,##0)",
    38: "#,##0_);(#,##0)",
    39: "#,##0.00_);(#,##0.00)",
    40: "#,##0.00_);(#,##0.00)",
    41: '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)',
    42: '_($* #,##0_);_($* (#,##0);_($* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* (#,##0.00);_(* "-"??_);_(@_)',
    44: '_($* #,##0.00_);_($* (#,##0.00);_($* "-"??_);_(@_)',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss",
    48: "##0.0E+0",
    49: "@",
}


@dataclass(frozen=True)
class NumberFormat:
    """A number format. `known` is whether all of it is understood."""

    sections: tuple[Section, ...]
    known: bool = True

    @cached_property
    def is_general(self) -> bool:
        """Whether it shows numbers as if they had no format."""
        return not self.known or not self._numeric or [one.parts for one in self._numeric] == [("G",)]

    @cached_property
    def changes_texts(self) -> bool:
        """Whether it adds literals to texts."""
        return self.known and any(one.is_text and one.parts != ("@",) for one in self.sections)

    @cached_property
    def _numeric(self) -> list[Section]:
        return [one for one in self.sections if not one.is_text][:3]

    def number(self, text: str, *, since_1904: bool = False) -> str:
        """Return a number, as the file has it, as the sheet shows it."""
        value = None if self.is_general else number(text)
        if value is None:
            return general(text)
        index = 1 if value < 0 else 0 if value else 2
        own = index < len(self._numeric)  # a section for negative numbers shows no sign of its own
        section = self._numeric[index if own else 0]
        shown = section.number(value, signed=index == 1 and not own, since_1904=since_1904)
        return general(text) if shown is None else shown

    def text(self, text: str) -> str:
        """Return a text as the sheet shows it."""
        return next((one.text(text) for one in self.sections if one.is_text), text)


@lru_cache(1_000)
def number_format(code: str) -> NumberFormat:
    """Return the format of a code."""
    if len(code) > MAX_CODE:
        return NumberFormat((), known=False)
    builders = [_Builder()]
    for token in _TOKEN.finditer(code or "General"):
        if token["end"]:
            builders.append(_Builder())
        else:
            builders[-1].add(token)
    sections = tuple(builder.section() for builder in builders)
    return NumberFormat(sections, len(builders) <= 4 and all(builder.known for builder in builders))


class _Builder:
    """Collects the tokens of one section."""

    def __init__(self) -> None:
        self.known = True
        self._parts: list[str] = []
        self._letters = ""
        self._elapsed = False
        self._exponent = False
        self._slash = False

    def add(self, token: "re.Match[str]") -> None:
        """Add a token."""
        kind, text = str(token.lastgroup), token[str(token.lastgroup)]
        match kind:
            case "quoted" | "escaped" | "other":
                self._parts.append(f'"{text}')
            case "space":
                self._parts.append('" ')
            case "place":
                self._parts.append(text)
            case "general":
                self._parts.append("G")
            case "letter" | "noon":
                self._letters += text.lower() if kind == "letter" else "h"
            case "exponent":
                self._exponent = True
            case "bracket":
                self._bracket(text)
            case "sign":
                self._sign(text)

    def _bracket(self, text: str) -> None:
        if currency := _CURRENCY.fullmatch(text):
            self._parts.append(f'"{currency[1]}')
        elif _ELAPSED.fullmatch(text):
            self._elapsed = True
        elif not _WITHOUT_EFFECT.fullmatch(text):
            self.known = False  # a condition

    def _sign(self, text: str) -> None:
        self._slash = self._slash or text == "/"
        if text == "." and "." in self._parts:
            text = '".'
        self._parts.append(text)

    def section(self) -> Section:
        """Return the section."""
        if self._letters or self._elapsed:
            date = any(letter in "ydegb" for letter in self._letters) or "mmm" in self._letters
            time = any(letter in "hs" for letter in self._letters)
            return Section((), date=date or not time, time=time, elapsed=self._elapsed)
        if self._exponent:
            return Section(("G",))
        if self._slash:
            self.known = False  # a fraction
        percent = self._parts.count("%")
        places = [index for index, part in enumerate(self._parts) if part in PLACES]
        commas = [index for index, part in enumerate(self._parts) if part == ","]
        last = places[-1] if places else len(self._parts)
        scaling = sum(index > last for index in commas) if places else 0
        grouped = any(places[0] < index < last for index in commas) if places else False
        return Section(tuple(_plain(self._parts)), grouped=grouped, shift=2 * percent - 3 * scaling)


def _plain(parts: list[str]) -> Iterator[str]:
    """Yield the parts without commas, and with percent signs and slashes as literals."""
    for part in parts:
        if part in ("%", "/"):
            yield f'"{part}'
        elif part != ",":
            yield part
