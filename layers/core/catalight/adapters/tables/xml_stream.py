"""Read XML in pieces, without entities, and forget each element as soon as it was used.

The C parts of ElementTree build the elements, so a row is read as a whole; handlers of expat's events take as
long. The whole tree of a sheet would take nine times the memory of its text.
"""

from collections.abc import Collection, Iterator
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.parsers import expat

from catalight.adapters.tables.problems import corrupt, refusal

MAX_HELD = 4_000_000  # bytes of XML without a complete element; a row of 16,384 cells has 800,000
MAX_TAKEN = 3_000_000  # elements; a sheet has a million rows, and a workbook two million texts
MAX_CONTAINERS = 100_000  # groups of rows, for example
MAX_DEPTH = 20  # of containers in containers
MAX_NESTED = 100  # elements in elements; each open one takes more memory than the parser's text
_NOT_WELL_FORMED = "its XML is not well-formed"


def stream(pieces: Iterator[bytes], containers: Collection[str], most: int = MAX_TAKEN) -> Iterator[Element]:
    """Yield the children of the root when they are complete, in the order of the document.

    Of a child whose tag is one of `containers`, only the attributes count; its own children follow it in the
    same way.

    Raises CatalogueError if the XML is not well-formed, has a document type, more than `most` elements, or
    one that is larger than any that a workbook may have.
    """
    builder, prolog = TreeBuilder(), _Prolog()
    document = builder.start("document", {})  # what the parser builds is found in it
    parser = XMLParser(target=builder)  # noqa: S314 - without a document type it has no entities
    taker = _Taker(containers)
    held = total = 0
    for piece in pieces:
        prolog.feed(piece)
        _feed(parser, piece)
        taken = taker.take(document[0], 0, ended=False) if len(document) else []
        total += len(taken)
        held = 0 if taken else held + len(piece)
        if held > MAX_HELD or total > most or _is_deep(document):
            raise corrupt("one of its parts is far larger than a spreadsheet program writes it")
        yield from taken
    _close(parser)
    if len(document):
        yield from taker.take(document[0], 0, ended=True)


def _is_deep(element: Element) -> bool:
    """Return whether the elements that are open are nested deeper than in any workbook."""
    for _ in range(MAX_NESTED):
        if not len(element):
            return False
        element = element[-1]
    return True


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


class _Taker:
    """Takes the complete elements out of the tree. `_open` has the containers that are not complete."""

    def __init__(self, containers: Collection[str]) -> None:
        self._containers = containers
        self._open: list[Element] = []
        self._opened = 0

    def take(self, parent: Element, depth: int, *, ended: bool) -> list[Element]:
        """Remove the complete elements from `parent` and return them; the last one is complete if `ended`."""
        if depth > MAX_DEPTH or self._opened > MAX_CONTAINERS:
            raise corrupt("its parts are nested as no spreadsheet program does it")
        taken: list[Element] = []
        complete = len(parent) if ended else len(parent) - 1
        for index, child in enumerate(list(parent)):
            if child.tag in self._containers:
                if len(self._open) == depth:
                    self._open.append(child)
                    self._opened += 1
                    taken.append(child)
                taken += self.take(child, depth + 1, ended=index < complete)
                if index < complete:
                    del self._open[depth:]
            elif index < complete:
                taken.append(child)
        del parent[: max(complete, 0)]
        return taken


class _Prolog:
    """Refuses a document type, which could declare entities. It can only stand before the root."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.SetReparseDeferralEnabled(False)  # noqa: FBT003 - to see the root before the other parser
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._end
        self._open = True

    def feed(self, piece: bytes) -> None:
        """Read on, until the root was seen."""
        if self._open:
            try:
                self._parser.Parse(piece)
            except (expat.ExpatError, ValueError, LookupError) as error:  # the others: of its encoding
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
