"""One section of a number format: the digits, literals and signs that it shows for a number."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import NamedTuple

from catalight.adapters.tables.numbers import elapsed, general, iso_date

PLACES = ("0", "#", "?")
_MAX_DECIMALS = 30
_MAX_EXPONENT = 60
_EXACT = Context(prec=_MAX_DECIMALS + _MAX_EXPONENT + 10)


_SIMPLE = re.compile(r'(?P<before>"*)#*(?P<zeros>0+)(?:\.(?P<decimals>0+))?(?P<after>"*)')


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a format.

    `parts` are places for digits (`0`, `#`, `?`), `.`, `@`, `G` for the general format, and literals (`"` and
    the text). `shift` is the power of ten of its percent signs and scaling commas. `date` is whether it shows
    a year, month or day, `time` an hour, minute or second, and `elapsed` hours that may be more than 24.
    """

    parts: tuple[str, ...]
    grouped: bool = False
    shift: int = 0
    date: bool = False
    time: bool = False
    elapsed: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it is for texts."""
        return "@" in self.parts

    def number(self, value: Decimal, *, signed: bool, since_1904: bool) -> str | None:
        """Return the text of a number; None if it has none. A minus sign is shown only if `signed`."""
        if self.elapsed:
            return elapsed(value)
        if self.date or self.time:
            return iso_date(value, date=self.date, time=self.time, since_1904=since_1904)
        if "G" in self.parts:
            shown = general(str(value if signed else abs(value)))
            return "".join(shown if part == "G" else part[1:] for part in self.parts).strip()
        return self._digits(value.scaleb(self.shift), signed=signed)

    def text(self, text: str) -> str:
        """Return a text with the literals around it."""
        return "".join(text if part == "@" else part[1:] for part in self.parts).strip()

    def _digits(self, value: Decimal, *, signed: bool) -> str | None:
        if value.adjusted() > _MAX_EXPONENT:
            return None
        simple = _simple(self.parts)
        if simple is None or (self.grouped and simple.zeros > 1):
            return self._in_places(value, signed=signed)
        rounded = value.quantize(simple.unit, ROUND_HALF_UP, _EXACT)
        digits = f"{abs(rounded):,f}" if self.grouped else f"{abs(rounded):f}".zfill(simple.width)
        return f"{'-' if signed and rounded < 0 else ''}{(simple.before + digits + simple.after).strip()}"

    def _in_places(self, value: Decimal, *, signed: bool) -> str | None:
        point = self.parts.index(".") if "." in self.parts else len(self.parts)
        before, after = self.parts[:point], self.parts[point + 1 :]
        decimals = sum(part in PLACES for part in after)
        if decimals > _MAX_DECIMALS:
            return None
        rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _EXACT)
        whole, _, fraction = f"{abs(rounded):f}".partition(".")
        if point < len(self.parts) and not set(before) & set(PLACES):
            before += ("#",)  # the digits before a point are always shown
        shown = _integer(before, whole.lstrip("0"), grouped=self.grouped)
        if point < len(self.parts):
            shown += _fraction(after, fraction)
        return ("-" if signed and rounded < 0 else "") + shown.strip()


class _Simple(NamedTuple):
    """Literals around digits with a fixed number of decimals, which need no places: nearly all formats."""

    before: str
    zeros: int
    unit: Decimal
    width: int
    after: str


@lru_cache(1_000)
def _simple(parts: tuple[str, ...]) -> _Simple | None:
    """Return what the parts of a section are if they are simple."""
    signs = "".join(part if part in PLACES or part == "." else '"' for part in parts)
    match = _SIMPLE.fullmatch(signs)
    if match is None or len(match["decimals"] or "") > _MAX_DECIMALS:
        return None
    before, after = (
        "".join(part[1:] for part in parts[start:end])
        for start, end in (match.span("before"), match.span("after"))
    )
    zeros, decimals = len(match["zeros"]), len(match["decimals"] or "")
    return _Simple(before, zeros, Decimal(1).scaleb(-decimals), zeros + decimals + bool(decimals), after)


def _integer(parts: tuple[str, ...], digits: str, *, grouped: bool) -> str:
    """Return the digits in the places of `parts`, from the right; the first place takes what is left."""
    places = [index for index, part in enumerate(parts) if part in PLACES]
    if not places:
        return "".join(part[1:] for part in parts)
    shown: list[str] = []  # from right to left
    left, placed = list(digits), 0
    for index in reversed(range(len(parts))):
        part = parts[index]
        if part not in PLACES:
            shown.append(part[1:])
            continue
        for _ in range(max(len(left), 1) if index == places[0] else 1):
            if left or part == "0":
                if grouped and placed and placed % 3 == 0:
                    shown.append(",")
                shown.append(left.pop() if left else "0")
                placed += 1
    return "".join(reversed(shown))


def _fraction(parts: tuple[str, ...], digits: str) -> str:
    """Return the point and the decimals in their places; trailing zeros only where the format has a 0."""
    places = [part for part in parts if part in PLACES]
    while digits and places[len(digits) - 1] != "0" and digits.endswith("0"):
        digits = digits[:-1]
    left = iter(digits)
    return "." + "".join(next(left, "") if part in PLACES else part[1:] for part in parts)
