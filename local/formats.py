"""`make formats`: write the tables and the diagram of docs/ from the data of the code and the template."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from catalight.domain.catalogue.column_words import IMAGE_WORDS
from catalight.domain.catalogue.layouts import LAYOUTS, Layout
from catalight.domain.catalogue.share_links import FEEDS, IMAGES
from catalight.domain.image.presets import MB, PRESETS
from local import diagram, parameter_table

_NAMES = ("formats.md", "contract.md", "architecture.md", "deploy.md")
PAGES = tuple(Path(__file__).parents[1] / "docs" / name for name in _NAMES)
_TABLE = re.compile(r"(?<=<!-- (\w{5}) -->\n).*?(?=<!-- end -->\n)", re.DOTALL)


def document(page: Path) -> str:
    """Return a page with its tables as the data has them."""
    return _TABLE.sub(lambda found: f"\n{'\n'.join(TABLES[found[1]]())}\n\n", page.read_text())


def _programs() -> Iterator[str]:
    yield "| program | a header has | image columns | serial number | product name |"
    yield "|---|---|---|---|---|"
    for layout in LAYOUTS:
        cells = (layout.signature, layout.images, layout.serial, layout.name)
        yield f"| {_program(layout)} | {' | '.join(map(_names, cells))} |"


def _program(layout: Layout) -> str:
    return f"[{layout.program}]({layout.source})"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _words() -> Iterator[str]:
    yield "| language | an image | words beside it |"
    yield "|---|---|---|"
    for language, images, beside in IMAGE_WORDS:
        yield f"| {language} | {images} | {beside} |"


def _links() -> Iterator[str]:
    """Yield one line for each service and source."""
    yield "| service | hosts | source |"
    yield "|---|---|---|"
    shares = [*IMAGES, *(share for share in FEEDS if share not in IMAGES)]
    for service, source in dict.fromkeys((share.service, share.source) for share in shares):
        same = (share for share in shares if (share.service, share.source) == (service, source))
        hosts = dict.fromkeys(host for share in same for host in share.hosts)
        yield f"| {service} | {_names(tuple(hosts))} | <{source}> |"


def _presets() -> Iterator[str]:
    yield "| preset | for | rendition | at most | source |"
    yield "|---|---|---|---|---|"
    for name, preset in PRESETS.items():
        document = {**preset.rendition.to_document(), "name": None}
        fields = (f"`{field}` {value}" for field, value in document.items() if value is not None)
        most = f"{preset.max_bytes // MB} MB" if preset.max_bytes else ""
        yield f"| `{name}` | {preset.purpose} | {', '.join(fields)} | {most} | <{preset.source}> |"


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "shops": _programs,
    "words": _words,
    "links": _links,
    "looks": _presets,
    "drawn": diagram.lines,
    "param": parameter_table.lines,
}


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(document(page))
