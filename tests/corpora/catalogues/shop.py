"""An export of a shop: its header, with invented rows."""

from dataclasses import dataclass

from tests.corpora.catalogues.case import HOST

_TEXT = '<p>Green "Sencha", loose; 100 g</p>'


@dataclass(frozen=True, slots=True)
class Shop:
    """An export. The names of `header` are divided by "|"; `together` joins the images of one cell.

    `serial` and `name` are None if the header has none. `above` are lines above the header.
    """

    file: str
    program: str
    header: str
    images: tuple[str, ...]
    serial: str | None
    name: str | None
    together: str | None = None
    delimiter: str = ","
    above: tuple[tuple[str, ...], ...] = ()

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return self.header.split("|")

    def lines(self) -> list[list[str]]:
        """Return the export with two products, of which the second lacks its last image."""
        return [
            *map(list, self.above),
            self.names,
            *([self._cell(name, row) for name in self.names] for row in (1, 2)),
        ]

    def rows(self) -> list[str]:
        """Return the images of the products."""
        return [" | ".join(", ".join(self._urls(name, row)) for name in self.images) for row in (1, 2)]

    def _urls(self, column: str, row: int) -> list[str]:
        place = self.images.index(column)
        if row == 2 and place and place == len(self.images) - 1:
            return []
        urls = [f"{HOST}/{self.file}/{row}-{place}-{one}.jpg" for one in (1, 2)]
        return urls if self.together else urls[:1]

    def _cell(self, column: str, row: int) -> str:
        if column in self.images:
            return (self.together or "").join(self._urls(column, row))
        lower = column.lower()
        if column in (self.serial, self.name):
            return f"SKU-{row:03}" if column == self.serial else f"Tea no. {row}"
        if "desc" in lower or "body" in lower:
            return _TEXT
        if lower.endswith(("link", "url", "uri")) or lower == "product page":
            return f"https://shop.example/tea-{row}"
        return {"p": "9.90", "s": "", "a": "1", "c": "Tea > Green"}.get(lower[:1], "0")
