"""Read XML in pieces, without entities, and forget each element as soon as it was used.

The C parts of ElementTree build the elements. In Python, a handler for each event of expat would take twice
as long, and the whole tree of a sheet would take ten times its size.
"""

from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.parsers import expat

from catalight.adapters.tables.problems import corrupt, refusal

MAX_HELD = 4_000_000  # bytes of XML without a complete element; a row of 16,384 cells has 800,000
MAX_DEPTH = 20  # of containers in containers
_NOT_WELL_FORMED = "its XML is not well-formed"


def stream(pieces: Iterator[bytes], containers: Collection[str]) -> Iterator[Element]:
    """Yield the root, then its children when they are complete, in the order of the document.

    Of the root, and of a child whose tag is one of `containers`, only the attributes are there when it is
    yielded. A container's children follow it in the same way.

    Raises CatalogueError if the XML is not well-formed, has a document type, or one of its elements is
    larger than any that a workbook may have.
    """
    builder, prolog = TreeBuilder(), _Prolog()
    document = builder.start("document", {})  # what the parser builds is found in it
    parser = XMLParser(target=builder)  # noqa: S314 - without a document type it has no entities
    path: list[Element] = []
    held = 0
    for piece in pieces:
        prolog.feed(piece)
        _feed(parser, piece)
        if not path and len(document):
            path.append(document[0])
            yield document[0]
        taken = _take(document[0], containers, path, 1, ended=False) if path else []
        held = 0 if taken else held + len(piece)
        if held > MAX_HELD:
            raise corrupt("one of its rows or texts is far larger than a sheet allows")
        yield from taken
    _close(parser)
    if path:
        yield from _take(document[0], containers, path, 1, ended=True)


def _feed(parser: "XMLParser[Element]", piece: bytes) -> None:
    try:
        parser.feed(piece)
    except ParseError as error:
        if error.code == _NO_MEMORY:
            raise MemoryError from error
        raise corrupt(_NOT_WELL_FORMED) from error


def _close(parser: "XMLParser[Element]") -> None:
    try:
        parser.close()
    except ParseError as error:
        raise corrupt("the end of its XML is missing") from error


def _take(
    parent: Element, containers: Collection[str], path: list[Element], depth: int, *, ended: bool
) -> list[Element]:
    """Remove the complete elements from `parent` and return them.

    `path` has the root and the containers that were returned and are still open. The last child is complete
    if `ended`.
    """
    if depth > MAX_DEPTH:
        raise corrupt(_NOT_WELL_FORMED)
    taken: list[Element] = []
    complete = len(parent) if ended else len(parent) - 1
    for index, child in enumerate(list(parent)):
        if child.tag in containers:
            if len(path) == depth:
                path.append(child)
                taken.append(child)
            taken += _take(child, containers, path, depth + 1, ended=index < complete)
            if index < complete:
                del path[depth:]
        elif index < complete:
            taken.append(child)
    del parent[: max(complete, 0)]
    return taken


class _Prolog:
    """Refuses a document type, which could declare entities. It can only stand before the root."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._end
        self._open = True

    def feed(self, piece: bytes) -> None:
        """Read on, until the root was seen."""
        if self._open:
            try:
                self._parser.Parse(piece)
            except expat.ExpatError as error:
                raise corrupt(_NOT_WELL_FORMED) from error

    def _end(self, *_: object) -> None:
        self._open = False
        self._parser.StartElementHandler = None

    def _refuse(self, *_: object) -> None:
        message = (
            "The workbook's XML has a document type, which no spreadsheet program writes and which could "
            "declare entities. Save it in your spreadsheet program and send the new file."
        )
        raise refusal("unsafe_workbook", message)


_NO_MEMORY = expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]
