"""The number formats of an Office Open XML workbook, by the style of a cell."""

from catalight.adapters.tables.archive import Archive
from catalight.adapters.tables.number_format import BUILT_IN, NumberFormat, number_format
from catalight.adapters.tables.ooxml.parts import names
from catalight.adapters.tables.problems import corrupt
from catalight.adapters.tables.xml_stream import stream

_MAX_STYLES = 65_536  # Excel allows 65,490
_STYLES, _FORMATS = names("cellXfs"), names("numFmts")
_STYLE, _FORMAT = names("xf"), names("numFmt")
_CONTAINERS = _STYLES | _FORMATS | names("fonts", "fills", "borders", "cellStyleXfs", "cellStyles", "dxfs")


class Style:
    """What a style shows of a cell; `code` is the code of its number format."""

    __slots__ = ("code", "format")

    def __init__(self, code: str) -> None:
        self.code = code
        self.format: NumberFormat = number_format(code)


def read_styles(archive: Archive, part: str | None) -> dict[str, Style]:
    """Return the styles that do not show numbers in the general way, by their index as cells write it."""
    codes: dict[int, str] = dict(BUILT_IN)
    styles: list[int] = []
    if part is None or part not in archive:
        return {}
    within = ""
    for element in stream(archive.pieces(part), _CONTAINERS):
        if element.tag in _CONTAINERS:
            within = element.tag
        elif element.tag in _FORMAT:
            codes[_integer(element.get("numFmtId"))] = element.get("formatCode", "")
        elif element.tag in _STYLE and within in _STYLES:
            styles.append(_integer(element.get("numFmtId")))
        if len(styles) + len(codes) > 2 * _MAX_STYLES:
            raise corrupt("it has more styles than a workbook may have")
    made = {identifier: Style(codes.get(identifier, "")) for identifier in set(styles)}
    shown = {key for key, style in made.items() if not style.format.known or not _is_plain(style.format)}
    return {str(index): made[identifier] for index, identifier in enumerate(styles) if identifier in shown}


def _is_plain(form: NumberFormat) -> bool:
    return form.is_general and not form.changes_texts


def _integer(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
